"""One hand-in graded by us and by nbgrader's own `autograde`: the same notebooks, on the same core, in one run.

The clock runs from the end of the first hand-in to the end of the command, for those that follow: what a command takes
to start is left out on both sides. Executing and recording count, writing feedback does not (nbgrader does that in
another command).
"""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat

from benchmarks.timing import row

ASSIGNMENTS = Path(__file__).parents[1] / "assignments"

_META = '{"grade": %s, "grade_id": "%s", "locked": %s, %s"schema_version": 3, "solution": %s, "task": false}'
TENSORFLOW = f'''\
# ---
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   course: {{allow: [numpy, tensorflow, keras]}}
# ---

# %% nbgrader={_META % ("false", "imports", "true", "", "false")}
import keras
import numpy as np
import tensorflow as tf

from course_lib.testing import check_array

# %% nbgrader={_META % ("false", "Halve", "false", "", "true")}
class Halve(keras.layers.Layer):
    ### BEGIN SOLUTION
    def call(self, x):
        return tf.nn.avg_pool2d(x, 2, 2, "VALID")
    ### END SOLUTION

# %% nbgrader={_META % ("true", "test_halve", "true", '"points": 1, ', "false")}
x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
check_array(np.array(Halve()(x)), x.reshape(1, 2, 2, 2, 2, 1).mean((2, 4)))
'''

RNG = "\nimport numpy as np\nrng = np.random.default_rng(0)  # our grader gives this to each test; nbgrader has none\n"
_OURS = """
import sys, time
from pathlib import Path
from course_lib.grading import run_class
from course_lib.grading.course import Course
keep, ends = run_class.Results.keep, []
def kept(*args):
    keep(*args)
    ends.append(time.perf_counter())
run_class.Results.keep = kept
rows = run_class.grade(Course.open(Path(sys.argv[1])), sys.argv[2], workers=1, feedback=False)
print((time.perf_counter() - ends[0]) / (len(ends) - 1), sum(row.auto_score for row in rows))
"""
STOCK = """
import logging, sys, time
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
log = logging.getLogger("quiet")
log.addHandler(logging.NullHandler())
log.propagate = False
def run(converter):
    directory = CourseDirectory(root=sys.argv[1])
    directory.assignment_id = sys.argv[2]
    converter(coursedir=directory, log=log).start()
    return directory
convert, ends = Autograde.convert_single_notebook, []
def converted(*args):
    convert(*args)
    ends.append(time.perf_counter())
Autograde.convert_single_notebook = converted
directory = run(GenerateAssignment)
run(Autograde)
seconds = (time.perf_counter() - ends[0]) / (len(ends) - 1)
with Gradebook(directory.db_url) as book:
    print(seconds, sum(one.score for one in book.assignment_submissions(sys.argv[2])))
"""


def rows() -> Iterator[dict]:
    numpy = _class("max_pooling", (ASSIGNMENTS / "max_pooling.py").read_text(), 16)
    yield row("grading: seconds a hand-in (NumPy)", numpy["ours"], unit="s")
    yield row("grading: time of a hand-in / stock nbgrader (NumPy)", numpy["ours"] / numpy["stock"], 0.2)
    tensorflow = _class("halve", TENSORFLOW, 7)
    yield row("grading: seconds a hand-in (importing TensorFlow)", tensorflow["ours"], unit="s")
    share = tensorflow["ours"] / tensorflow["stock"]
    yield row("grading: time of a hand-in / stock nbgrader (TensorFlow)", share, 2 / 3)


def _class(name: str, text: str, students: int) -> dict[str, float]:
    """Seconds a hand-in, ours and stock. Both must give every hand-in the same marks."""
    with tempfile.TemporaryDirectory() as scratch:
        ours, stock = Path(scratch, "ours"), Path(scratch, "stock")
        ours.mkdir()
        (ours / f"{name}.py").write_text(text)
        shutil.copy(ASSIGNMENTS / "nbgrader_config.py", ours)
        subprocess.run([sys.executable, "-m", "course_lib.cli", "--root", str(ours), "release", name], check=True,
                       capture_output=True)
        source = nbformat.read(ours / "source" / name / f"{name}.ipynb", 4)
        _hand_in(ours, name, source, students)
        next(cell for cell in source.cells if cell.cell_type == "code").source += RNG
        (stock / "source" / name).mkdir(parents=True)
        nbformat.write(source, stock / "source" / name / f"{name}.ipynb")
        _hand_in(stock, name, source, students)
        measured = {"stock": _run(STOCK, stock, name), "ours": _run(_OURS, ours, name)}
    marks = {who: mark for who, (_, mark) in measured.items()}
    assert len(set(marks.values())) == 1, f"different marks: {marks}"
    return {who: seconds for who, (seconds, _) in measured.items()}


def _hand_in(root: Path, name: str, notebook, students: int):
    """The same answer from everybody, but no two notebooks alike."""
    for number in range(students):
        folder = root / "submitted" / f"student{number}" / name
        folder.mkdir(parents=True)
        mine = copy.deepcopy(notebook)
        answer = next(cell for cell in mine.cells if cell.metadata.get("nbgrader", {}).get("solution"))
        answer.source += f"\n# {number}"
        nbformat.write(mine, folder / f"{name}.ipynb")


def _run(program: str, root: Path, name: str) -> tuple[float, float]:
    core = min(os.sched_getaffinity(0))
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(root), name], cwd=root, text=True,
                          capture_output=True, check=True, env=environment,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    seconds, marks = done.stdout.split()[-2:]
    return float(seconds), float(marks)
