"""The playground in Chromium: its arithmetic, and everything that hands can do to it."""

import re
import time
from urllib.parse import unquote

import numpy as np
import pytest

from course_lib.figures.golden import VARIANTS
from course_lib.figures.playground import pool, read

pytestmark = pytest.mark.site


def numbers(page, label):
    """The grid of that name as a matrix."""
    rows = page.get_by_role("grid", name=label, exact=True).first.get_by_role("row").all()
    return np.array([
        [float(cell.replace("−", "-")) for cell in row.locator(".pp-cell").evaluate_all(
            "cells => cells.map(cell => cell.value || cell.textContent)")]
        for row in rows if row.locator(".pp-cell").count()
    ])


def cell(page, label, row, column):
    return page.get_by_role("grid", name=label, exact=True).first.get_by_label(
        re.compile(rf"^row {row}, column {column}\b"))


def state(page):
    """The situation in the address."""
    return unquote(page.evaluate("location.hash.slice(1)"))


def soon(condition):
    """Whether the condition comes to hold; the playground writes the address a moment after a change."""
    deadline = time.monotonic() + 5
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def shown(page):
    """Whether output and gradient on the page are those of the reference for the page's own address."""
    def equal():
        try:
            y, dx = pool(read(state(page)))
        except ValueError:
            return False
        # Grids round to two decimals.
        return all(
            ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=0, atol=0.00501)
            for ours, theirs in [(numbers(page, "Output"), y), (numbers(page, "Gradient of the input, dx"), dx)])

    return soon(equal)


def test_the_arithmetic_is_that_of_the_reference(visit):
    page = visit("_static/playground/selftest.html")
    result = page.locator("[data-result]")
    result.wait_for()
    rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
    assert result.get_attribute("data-result") == "passed", [row for row in rows if row[-1] != "equal"]
    assert len(rows) == len(VARIANTS)
    assert all(int(row[1]) > 5 and float(row[2]) <= 1e-12 for row in rows)


def test_the_check_notices_a_wrong_digit(visit, site):
    page = visit("_static/playground/selftest.html")
    found = page.evaluate("""async () => {
        const { check } = await import("./selftest.js");
        const golden = await (await fetch("golden.json")).json();
        const right = golden.cases.find(({ y }) => y);
        const y = structuredClone(right.y), dx = structuredClone(right.dx);
        y[0][0] += 1e-9; dx[0][0] -= 1e-9;
        return [right, { ...right, y }, { ...right, dx }, { ...right, error: "ValueError" }].map(check);
    }""")
    assert found[0] <= 1e-12 < min(found[1:])


SIGNS = {"·": "*", "−": "-", "^": "**", "²": "**2", "³": "**3"}


def worked_out(text):
    """The value of a calculation as the page writes it."""
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    named = {"max": max, "min": min, "mean": lambda cells: sum(cells) / len(cells)}
    return eval(text, {"abs": abs} | {name: lambda *a, of=of: of(a) for name, of in named.items()})


@pytest.mark.parametrize("name", VARIANTS)
def test_every_pooling_shows_and_tells_the_truth(visit, name):
    page = visit("playground.html#x=1,3,2;3,0,4;2,5,0.5&strides=1")
    page.get_by_label("Pooling", exact=True).select_option(name)
    assert shown(page)
    y, dx = pool(read(state(page)))
    told, result = re.split("[=≈]", page.locator(".pp-sum").inner_text())
    # The weights in it are rounded to three decimals.
    assert worked_out(told.strip()) == pytest.approx(float(result), abs=0.01)
    assert float(result) == pytest.approx(y[0, 0], abs=1e-4)
    names = {}
    exec(page.locator("pre code").text_content(), names)
    np.testing.assert_array_equal(np.ravel(names["y"]), y.ravel())
    np.testing.assert_array_equal(np.ravel(names["dx"]), dx.ravel())


def test_the_program_has_the_windows_too(visit):
    page = visit("playground.html#pooling=average_pool&pool_size=3,2&strides=1,2&padding=same&dilation=1,2"
                 "&count_include_pad=true&dy=1,2;3,-4;5,6;7,8")
    assert shown(page)
    names = {}
    exec(page.locator("pre code").text_content(), names)
    y, dx = pool(read(state(page)))
    np.testing.assert_array_equal(names["y"][0, :, :, 0], y)
    np.testing.assert_array_equal(names["dx"][0, :, :, 0], dx)


def test_typing_moves_everything(visit):
    page = visit("playground.html")
    cell(page, "Input", 0, 0).click()
    page.keyboard.type("-7.5")
    page.keyboard.press("Enter")
    page.keyboard.type("9")
    assert numbers(page, "Input")[:2, 0].tolist() == [-7.5, 9]
    assert numbers(page, "Output")[0, 0] == 9
    assert shown(page)
    page.keyboard.press("Escape")
    assert numbers(page, "Input")[1, 0] == 3


def test_half_typed_numbers_wait(visit):
    page = visit("playground.html")
    cell(page, "Input", 0, 1).click()
    page.keyboard.type("-")
    assert numbers(page, "Output").tolist() == [[3, 4], [6, 1]]
    page.keyboard.press("Tab")
    assert numbers(page, "Input")[0, 1] == 3


def test_arrows_walk_and_pages_count(visit):
    page = visit("playground.html")
    cell(page, "Input", 0, 0).focus()
    for key in ("Right", "Down", "Down", "Left"):
        page.keyboard.press(f"Arrow{key}")
    for key in ("End", "Home", "ArrowLeft", "PageUp", "PageUp", "PageDown"):
        page.keyboard.press(key)
    assert numbers(page, "Input")[2].tolist() == [-1, 5, 0, 1]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "row 2, column 0"


def test_one_tab_stop_a_grid(visit):
    page = visit("playground.html")
    for name in ("Input", "Output", "Gradient of the output, dy"):
        grid = page.get_by_role("grid", name=name, exact=True)
        assert grid.locator("[tabindex='0']").count() == 1


def test_dragging_copies(visit):
    page = visit("playground.html")
    places = [cell(page, "Input", *place).bounding_box() for place in ((3, 0), (3, 1), (2, 1))]
    middles = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in places]
    page.mouse.move(*middles[0])
    page.mouse.down()
    for middle in middles[1:]:
        page.mouse.move(*middle, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    assert numbers(page, "Input")[2:, :2].tolist() == [[-2, 6], [6, 6]]
    assert shown(page)


@pytest.mark.parametrize("text", [
    "1\t2\t3\n4\t5\t6", "[[1, 2, 3],\n [4, 5, 6]]", "1,2,3;4,5,6", "array([[1., 2., 3.],\n       [4., 5., 6.]])",
])
def test_pasting_a_matrix(visit, text):
    page = visit("playground.html")
    cell(page, "Input", 1, 1).focus()
    page.evaluate("""text => {
        const data = new DataTransfer();
        data.setData("text", text);
        const options = { clipboardData: data, bubbles: true, cancelable: true };
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
    }""", text)
    assert numbers(page, "Input").tolist() == [[1, 2, 3], [4, 5, 6]]


def test_the_map_as_text(visit):
    page = visit("playground.html")
    page.get_by_text("The map as text").click()
    area = page.get_by_label("Rows, as from NumPy or a spreadsheet")
    assert area.input_value().splitlines()[0] == "1, 3, 2, -1"
    area.fill("1 2\n3")
    assert page.get_by_text("Its rows differ in length.").first.is_visible()
    area.fill("1 2\n3 4")
    assert numbers(page, "Input").tolist() == [[1, 2], [3, 4]]


def test_a_gradient_placed_on_the_output_flows_back(visit):
    page = visit("playground.html#strides=1")
    page.get_by_role("button", name="1 here only").click()
    assert numbers(page, "Gradient of the input, dx").sum() == 1
    cell(page, "Gradient of the output, dy", 2, 1).click()
    page.keyboard.type("-2")
    assert soon(lambda: "dy=" in state(page))
    assert shown(page)
    page.get_by_role("button", name="1 everywhere").click()
    assert numbers(page, "Gradient of the input, dx").sum() == 9


def test_the_window_under_the_pointer(visit):
    page = visit("playground.html")
    cell(page, "Output", 1, 0).hover()
    assert page.locator(".pp-sum").inner_text() == "max(−2, 5, 6, 2) = 6"
    assert page.locator(".pp-within").count() == 4
    page.mouse.move(2, 2)
    assert page.locator(".pp-sum").inner_text() == "max(1, 3, 3, 0) = 3"
    cell(page, "Output", 1, 0).click()
    page.mouse.move(2, 2)
    assert page.locator(".pp-sum").inner_text() == "max(−2, 5, 6, 2) = 6"
    assert soon(lambda: "at=1,0" in state(page))


def test_the_window_slides(visit):
    page = visit("playground.html")
    page.clock.install()
    page.get_by_role("button", name="Slide the window").click()
    page.clock.run_for(2000)
    assert cell(page, "Output", 1, 0).get_attribute("aria-current") == "true"
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Next window").click()
    assert cell(page, "Output", 1, 1).get_attribute("aria-current") == "true"


def test_windows_settings(visit):
    page = visit("playground.html")
    page.get_by_label("Window, rows").fill("3")
    assert page.get_by_label("Stride, rows").input_value() == "3"
    page.get_by_label("Stride, columns").fill("1")
    page.get_by_label("Padding", exact=True).select_option("same_lower")
    page.get_by_label("Dilation, columns").fill("2")
    assert soon(lambda: state(page) == "pool_size=3,2&strides=3,1&padding=same_lower&dilation=1,2")
    assert shown(page)


def test_a_link_opens_its_situation(visit):
    link = "pooling=lp_pool&x=1,-2;0.5,4&pool_size=2,1&strides=1&at=0,1&p=3&dy=1,2"
    page = visit(f"playground.html#{link}")
    assert page.get_by_label("Power p").input_value() == "3"
    assert shown(page)
    page.evaluate("location.hash = 'pooling=min_pool&pool_size=1'")
    assert soon(lambda: page.get_by_label("Pooling", exact=True).input_value() == "min_pool")
    assert numbers(page, "Output").tolist() == [[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]]


def test_the_name_of_a_section_is_no_situation(visit):
    page = visit("playground.html#things-to-try")
    assert numbers(page, "Output").tolist() == [[3, 4], [6, 1]]
    assert page.url.endswith("#things-to-try")


def test_nonsense_in_a_link_is_told(visit):
    page = visit("playground.html#pooling=max_pool&pool_size=0&colour=red&x=1,2;3&strides=%E0%A4%A")
    alert = page.get_by_role("alert").filter(has_text="Not all of the link")
    for word in ("pool_size", "colour", "x:", "strides"):
        assert word in alert.inner_text()
    assert numbers(page, "Output").tolist() == [[3, 4], [6, 1]]


def test_the_way_back_leads_to_the_start(visit):
    page = visit("playground.html")
    page.evaluate("location.hash = 'pooling=min_pool'")
    assert soon(lambda: numbers(page, "Output").tolist() == [[0, -1], [-2, 0]])
    page.go_back()
    assert soon(lambda: numbers(page, "Output").tolist() == [[3, 4], [6, 1]])


PASTE = """([cell, text]) => {
    const data = new DataTransfer();
    data.setData("text", text);
    cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize("grid, text, words", [
    ("Input", "two, three", "Only numbers"),
    ("Input", "1 2\n3", "differ in length"),
    ("Input", "\n".join(["1\t2"] * 13), "At most 12"),
    ("Gradient of the output, dy", "1 2 3", "2 rows of 2"),
])
def test_what_cannot_be_pasted_is_told(visit, grid, text, words):
    page = visit("playground.html")
    page.evaluate(PASTE, [cell(page, grid, 0, 0).element_handle(), text])
    alert = page.get_by_role("alert").filter(has_text="not taken")
    assert words in alert.inner_text()
    assert numbers(page, "Output").tolist() == [[3, 4], [6, 1]]
    page.get_by_role("button", name="One row more").click()
    assert not alert.is_visible()


def test_a_stride_of_zero_is_marked_and_taken_back(visit):
    page = visit("playground.html")
    field = page.get_by_label("Stride, rows")
    field.fill("0")
    assert field.get_attribute("aria-invalid") == "true" and numbers(page, "Output").shape == (2, 2)
    field.blur()
    assert field.input_value() == "2" and field.get_attribute("aria-invalid") is None


def test_a_window_too_wide_to_show(visit):
    page = visit("playground.html#pool_size=12&dilation=12&padding=same")
    assert page.get_by_role("alert").filter(has_text="covers 133 cells").is_visible()
    page.get_by_label("Dilation, rows").fill("2")
    page.get_by_label("Dilation, columns").fill("2")
    assert shown(page)


def test_markup_in_a_link_stays_text(visit):
    page = visit("playground.html#pooling=%3Cimg%20src=x%20onerror=alert(1)%3E&x=1")
    assert page.locator(".pooling-playground img").count() == 0


def test_a_window_that_does_not_fit(visit):
    page = visit("playground.html#pool_size=5")
    assert page.get_by_role("alert").filter(has_text="covers 5 cells").is_visible()
    assert not page.get_by_role("grid", name="Output", exact=True).is_visible()
    page.get_by_label("Padding", exact=True).select_option("same")
    assert shown(page)


def test_negative_cells_for_a_probability(visit):
    page = visit("playground.html#pooling=stochastic_pool")
    assert not page.get_by_role("grid", name="Output", exact=True).is_visible()
    page.get_by_role("button", name=re.compile("ReLU")).click()
    assert numbers(page, "Input").min() == 0
    assert shown(page)


def test_typing_goes_on_where_a_pooling_stops(visit):
    page = visit("playground.html#pooling=stochastic_pool&padding=same&pool_size=3&x=1,2;3,4")
    cell(page, "Input", 0, 0).click()
    page.keyboard.type("-12")
    assert numbers(page, "Input")[0, 0] == -12


def test_a_dilated_window_shows_its_cells(visit):
    page = visit("playground.html#dilation=2")
    marked = page.locator(".pp-dilated .pp-within .pp-cell")
    assert [c.get_attribute("aria-label") for c in marked.all()] == [
        f"row {row}, column {column}" for row in (0, 2) for column in (0, 2)]


def test_size_and_presets(visit):
    page = visit("playground.html")
    page.get_by_role("button", name="One column more").click()
    page.get_by_role("button", name="One row less").click()
    assert numbers(page, "Input").shape == (3, 5)
    names = page.get_by_label("Map", exact=True).locator("option").all_inner_texts()[1:]
    for name in names:
        page.get_by_label("Map", exact=True).select_option(label=name)
        x = numbers(page, "Input")
        if name.startswith("Random"):
            assert (x < 0).any() and len(np.unique(x)) < x.size
    assert len(names) == 6


def test_moving_the_input_by_a_pixel(visit):
    # A line two pixels wide, and where it went: hand-worked for both poolings.
    page = visit("playground.html#x=0,0,3,3,0,0;0,0,3,3,0,0")
    page.get_by_label("Move right").fill("1")
    assert numbers(page, "Input, moved").tolist() == [[0, 0, 0, 3, 3, 0]] * 2
    assert numbers(page, "Max pooling of the moved input").tolist() == [[0, 3, 3]]
    assert numbers(page, "Average pooling of the moved input").tolist() == [[0, 1.5, 1.5]]
    # From (0, 3, 0): the maxima move by 3, the averages by (1.5, 1.5), of 3.
    words = page.locator(".pp-words").inner_text()
    assert "Max pooling by 100 %" in words and "Average pooling by 71 %" in words
    page.get_by_label("At the border").select_option("wrap")
    page.get_by_label("Move right").fill("3")
    assert numbers(page, "Input, moved").tolist() == [[3, 0, 0, 0, 0, 3]] * 2
    assert soon(lambda: "shift=0,3&fill=wrap" in state(page))


def test_fingers(visit):
    page = visit("playground.html", width=360, has_touch=True, is_mobile=True)
    assert not page.get_by_label("Window, rows").is_visible()
    page.get_by_text("Window, stride, padding").tap()
    assert page.get_by_label("Window, rows").is_visible()
    cell(page, "Output", 0, 1).tap()
    assert page.locator(".pp-sum").inner_text() == "max(2, −1, 4, 4) = 4"
    cell(page, "Input", 0, 2).tap()
    page.keyboard.type("8")
    assert numbers(page, "Output")[0, 1] == 8


WIDE = "#padding=same&pool_size=3&x=" + ";".join(["-1.25,12345.678" + ",3" * 10] * 12)


@pytest.mark.parametrize("path", [
    "playground.html", f"playground.html{WIDE}", "chapter.html", "_static/playground/selftest.html",
])
def test_narrow_screens_do_not_scroll_sideways(visit, path):
    page = visit(path, width=360)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_pooling_leads_to_its_chapter(visit, site):
    page = visit("playground.html")
    link = page.get_by_role("link", name="The chapter on Max pooling")
    assert link.get_attribute("href") == f"{site}/pooling/max.html"


def test_small_ones_lead_to_the_whole(visit, site):
    page = visit("chapter.html")
    small = page.locator(".pooling-playground").first
    cell(page, "Input", 0, 0).fill("5")
    assert page.url == f"{site}/chapter.html"
    small.get_by_role("link", name="Open in the playground").click()
    assert page.url.startswith(f"{site}/playground.html#pooling=average_pool&x=5,3")
    assert shown(page)


def test_without_scripts_a_figure_stands_there(visit):
    page = visit("playground.html", java_script_enabled=False)
    assert page.locator("figure table").count() == 4
    assert page.get_by_text("With scripts switched on").is_visible()


def test_scripts_take_the_place_of_the_figure(visit):
    page = visit("playground.html")
    assert page.locator("figure").count() == 0


def test_paper_shows_the_maps_and_no_buttons(visit):
    page = visit("playground.html")
    page.emulate_media(media="print")
    assert page.get_by_role("grid", name="Input", exact=True).is_visible()
    assert not page.get_by_role("button", name="Slide the window").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [
    "playground.html#pooling=soft_pool&pool_size=3&strides=1&dy=1,-2;3,-4",
    "playground.html#pooling=stochastic_pool",
    "playground.html#pooling=blur_pool&x=" + ";".join(["1,2,3,4,5,6,7,8,9,10,11"] * 11),
    "chapter.html",
    "_static/playground/selftest.html",
])
def test_accessibility(visit, path, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(path, color_scheme=theme)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true })")
    page.wait_for_timeout(300)
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


def test_results_are_announced(visit):
    page = visit("playground.html")
    cell(page, "Output", 0, 1).click()
    told = "Max pooling, output row 0, column 1 of 2 by 2: max(2, −1, 4, 4) = 4."
    page.get_by_role("status").filter(has_text=told).wait_for(state="attached")


def test_the_field_in_use_keeps_the_focus(visit):
    page = visit("playground.html#pooling=avg_topk_pool")
    page.get_by_label("Window, rows").focus()
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    assert page.get_by_label("Window, rows").input_value() == "4"
    assert page.get_by_label("Cells kept, k").get_attribute("max") == "8"
    page.get_by_label("Padding", exact=True).focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Padding", exact=True).evaluate("e => e === document.activeElement && e.value") == "same"
    assert not page.get_by_label("ceil mode").is_visible()
