"""The extensions that the build loads."""

import sys

import pytest
from book_pages import BOOK
from docutils import nodes
from pybtex.database import parse_string

sys.path.append(str(BOOK / "_ext"))

import execution
import icons
import mathml
import styles
from references import AuthorYear


@pytest.fixture
def read(tmp_path):
    """A file of the library, one of its grader, one of results."""
    places = "course_lib/windows.py", "course_lib/grading/run.py", "book/results/a.json"
    files = [tmp_path / place for place in places]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
    return files


def test_a_change_in_library_or_results_asks_for_new_outputs(read, tmp_path):
    source, apart, results = read
    before = execution.digest_of_what_is_read(tmp_path)
    apart.write_text("2")
    assert execution.digest_of_what_is_read(tmp_path) == before, "no page runs the grader"
    source.write_text("2")
    assert execution.digest_of_what_is_read(tmp_path) != before
    source.write_text("1")
    results.write_text("2")
    assert execution.digest_of_what_is_read(tmp_path) != before


def test_a_renamed_module_counts_as_a_change(read, tmp_path):
    before = execution.digest_of_what_is_read(tmp_path)
    read[0].rename(tmp_path / "course_lib" / "b.py")
    assert execution.digest_of_what_is_read(tmp_path) != before


def test_formulas_become_mathml():
    text = mathml.to_mathml(nodes.math("", r"\frac{a}{b} \le \max_i x_i"), display=True)
    assert text.startswith('<math display="block">')
    assert "<mfrac>" in text and "\\" not in text


def test_a_formula_that_does_not_parse_is_reported(monkeypatch):
    said = []
    monkeypatch.setattr(mathml.logger, "warning", lambda *args, **kwargs: said.append(args))
    assert mathml.to_mathml(nodes.math("", r"\frac{a}{"), display=False) == ""
    assert said


@pytest.mark.parametrize(
    "authors, label",
    [
        ("Lin, Min", "Lin 2014"),
        ("Zeiler, Matthew D. and Fergus, Rob", "Zeiler and Fergus 2014"),
        ("Lin, Min and Chen, Qiang and Yan, Shuicheng", "Lin et al. 2014"),
    ],
)
def test_labels_read_as_the_text_cites(authors, label):
    entry = f"@misc{{KEY, author = {{{authors}}}, title = {{T}}, year = {{2014}}}}"
    one = list(parse_string(entry.replace("KEY", "one"), "bibtex").entries.values())
    two = parse_string(entry.replace("KEY", "one") + entry.replace("KEY", "two"), "bibtex").entries.values()
    assert list(AuthorYear().format_labels(one)) == [label]
    assert list(AuthorYear().format_labels(list(two))) == [f"{label}a", f"{label}b"]


@pytest.mark.parametrize(
    "css, kept",
    [
        ("a{x:1}", "a{x:1}"),
        (".used{x:1}.spare{x:1}", ".used{x:1}"),
        (".used,.spare .used,a{x:1}", ".used,a{x:1}"),
        (".used.spare{x:1}", ""),
        (".used:not(.spare){x:1}", ".used:not(.spare){x:1}"),
        (".used:is(.spare,.used){x:1}", ".used:is(.spare,.used){x:1}"),
        ("@media print{.spare{x:1}.used{x:1}}", "@media print{.used{x:1}}"),
        ("@media print{.spare{x:1}}", ""),
        ("@font-face{src:url(spare.woff2)}", "@font-face{src:url(spare.woff2)}"),
        ("@keyframes spare{from{x:1}}", "@keyframes spare{from{x:1}}"),
        ('a[href=".spare,.b"]{x:1}', 'a[href=".spare,.b"]{x:1}'),
    ],
)
def test_only_rules_without_use_are_purged(css, kept):
    assert styles.purge(css, {"used"}) == kept


def test_a_class_that_a_script_sets_is_in_use(tmp_path):
    (tmp_path / "page.html").write_text('<p class="plain sd-card">')
    (tmp_path / "own.js").write_text("element.classList.add('later')")
    (tmp_path / "fontawesome.js").write_text("'fa-never'")
    words = styles.words_of(tmp_path)
    assert {"plain", "sd-card", "later"} <= words and "fa-never" not in words


def test_sheets_are_bundled_with_addresses_that_still_lead_there(tmp_path):
    sheets = {"_static/a.css": "a{b:url(x.png)}", "_static/deep/b.css": "c{d:url('../y.png')}e{f:url(\"data:z\")}"}
    for name, css in sheets.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(css)
    assert styles.bundle(tmp_path, list(sheets)) == (
        "a{b:url(../x.png)}\nc{d:url('../deep/../y.png')}e{f:url(\"data:z\")}")


def test_icons_are_cut_after_the_style_sheet_is_written():
    """An earlier build's sheet would hide the wrong order."""
    found = {}

    class App:
        def connect(self, event, handler, priority=500):
            found[handler.__name__] = priority

        def __getattr__(self, name):
            return lambda *args, **kwargs: None

    styles.setup(App())
    icons.setup(App())
    assert found["write_sheet"] < found["write_icons"]
