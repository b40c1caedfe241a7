"""Every answer against every assignment: right ones get everything, wrong ones lose what they should and no more."""

import ast
import doctest
import re
from pathlib import Path

import pytest
from sheet import HIDDEN, NAMES, Sheet


def test_every_assignment_is_here():
    assert NAMES, "no assignment found"
    assert sorted(path.name for path in Path(__file__).parent.iterdir() if (path / "right").is_dir()) == NAMES


@pytest.fixture(scope="module", params=NAMES)
def sheet(request):
    sheet = Sheet(request.param)
    if any("import tensorflow" in source for source in sheet.locked):
        import tensorflow as tf

        tf.config.run_functions_eagerly(True)  # a few small steps: tracing them would take most of the time
        yield sheet
        tf.config.run_functions_eagerly(False)
    else:
        yield sheet


def test_the_solution_gets_full_marks(sheet):
    assert sheet.lost(sheet.solution) == {}


def test_the_blank_gets_nothing(sheet):
    assert set(sheet.lost(sheet.blank)) == set(sheet.tests)


def test_the_worked_values_hold(sheet):
    space = sheet.namespace()
    exec(sheet.solution, space)
    runner = doctest.DocTestRunner(verbose=False)
    for name in sheet.asked:
        example = doctest.DocTestParser().get_doctest(space[name].__doc__, space, name, sheet.name, 0)
        worked = re.findall(r"-?\d+\.?\d*|True|False|None", "".join(one.want for one in example.examples))
        assert len(worked) >= 2, f"{name} has fewer than two worked values"
        assert runner.run(example).failed == 0, name


def test_the_cells_are_what_they_should_be(sheet):
    for grade_id, source in sheet.tests.items():
        assert re.match(r"# Behaviour: \S", source), grade_id
        assert sheet.points[grade_id] > 0, grade_id
        visible = HIDDEN.sub("", source)
        assert visible != source, f"{grade_id} has no hidden cases"
        assert "from course_lib import" not in visible, grade_id
        assert "rng" not in {node.id for node in ast.walk(ast.parse(visible)) if isinstance(node, ast.Name)}, grade_id
        assert re.search(r"^ *(check_|assert )", visible, re.MULTILINE), f"{grade_id} shows the student nothing"


def test_tasks_have_hints_in_three_steps_and_a_figure(sheet):
    hints = [text.partition("**Hints.**")[2] for _, text in sheet.markdown if "**Hints.**" in text]
    assert hints and all("(1)" in one and "(2)" in one and "(3)" in one for one in hints)
    assert all("def " not in one and not re.search("`[^`]* = [^`]*`", one) for one in hints)
    assert any("matplotlib" in source or "show_maps" in source for source in sheet.locked)


def test_the_question_in_words_has_points_and_a_rubric(sheet):
    (meta, text), = [(meta, text) for meta, text in sheet.markdown if meta["grade"]]
    scheme = text.partition("### BEGIN MARK SCHEME")[2].partition("### END MARK SCHEME")[0]
    assert scheme.count("1 point:") == meta["points"]


def test_right_answers_get_full_marks(sheet):
    lost = {name: sheet.lost(source) for name, source in sheet.right().items()}
    assert {name: failures for name, failures in lost.items() if failures} == {}
    assert len(lost) >= (5 if sheet.name == "cifar10_cnn" else 8)


def test_wrong_answers_lose_what_they_should(sheet):
    found = sheet.wrong()
    lost = {name: set(sheet.lost(one.source, one.base)) for name, one in found.items()}
    assert {name: lost[name] - one.sometimes for name, one in found.items()} == {
        name: one.loses for name, one in found.items()
    }
    assert all(lost.values())


def test_there_are_enough_wrong_answers_to_each_function(sheet):
    lost = [sheet.functions_of(one.loses) for one in sheet.wrong().values()]
    counts = {name: sum(name in functions for functions in lost) for name in sheet.asked}
    least = 10 if sheet.name == "cifar10_cnn" else 20
    assert {name: count for name, count in counts.items() if count < least} == {}
