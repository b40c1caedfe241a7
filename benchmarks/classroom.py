"""A class of hundreds: its rate against stock nbgrader, its memory, its growth, and what kills do to its gradebook.

The class is `course sample`'s: mixed, with known marks. Stock nbgrader grades twenty of the same hand-ins, in the same
run and on the same two cores, `autograde` alone; ours runs, keeps and records, without feedback, as a command does.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil

from benchmarks.grading import ASSIGNMENTS, RNG, STOCK, TENSORFLOW
from benchmarks.timing import row
from course_lib.grading import sample
from course_lib.grading.course import Course
from course_lib.grading.release import release

ANSWERS = Path(__file__).parents[1] / "tests" / "assignments"
STOCK_HAND_INS = 20
_HALVES = {
    "right/pool": "class Halve(keras.layers.Layer):\n    def call(self, x):\n"
                  "        return tf.nn.avg_pool2d(x, 2, 2, 'VALID')",
    "right/layer": "class Halve(keras.layers.AveragePooling2D):\n    def __init__(self):\n        super().__init__(2)",
    "wrong/largest": "# loses: test_halve\nclass Halve(keras.layers.MaxPooling2D):\n    pass",
}
_CORES = set(sorted(os.sched_getaffinity(0))[:2])


def rows() -> Iterator[dict]:
    pooling = (ASSIGNMENTS / "max_pooling.py").read_text()
    yield from rate("NumPy", "max_pooling", pooling, ANSWERS / "max_pooling", 300, 20)
    with tempfile.TemporaryDirectory() as scratch:
        for name, source in _HALVES.items():
            path = Path(scratch, f"{name}.py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(source)
        yield from rate("importing TensorFlow", "halve", TENSORFLOW, Path(scratch), 40, 2.5)
    yield from growth(100, 1000)
    yield from by_hand(1000)
    yield from kills(60, 50)


def rate(kind: str, name: str, text: str, answers: Path, students: int, bar: float) -> Iterator[dict]:
    """How many times as fast as stock, with the marks that each hand-in should get."""
    with tempfile.TemporaryDirectory() as scratch:
        course, expected = a_class(Path(scratch, "ours"), name, text, answers, students)
        seconds, memory = timed(course, name)
        ours = marks(course.root)
        wrong = {one for one, points in expected.items() if ours[one] != points}
        assert not wrong, f"other marks than foreseen: {sorted(wrong)[:5]}"
        whole = [one for one in sorted(expected) if _readable(course, name, one)][:STOCK_HAND_INS]
        stock, took = _stock(course, name, whole, Path(scratch, "stock"))
        yield row(f"classroom: seconds a hand-in, of {students} ({kind})", seconds / students, unit="s")
        yield row(f"classroom: rate / stock nbgrader's ({kind})", took / (seconds / students), bar,
                  at_least=True)
        # Stock takes points for a warning on standard error.
        yield row(f"classroom: hand-ins of {len(whole)} that stock marks otherwise ({kind})",
                  sum(stock.get(one) != ours[one] for one in whole), unit="")
        yield row(f"classroom: memory at most, of {students} ({kind})", memory / (1 << 30), 2.0, unit="GiB")


def growth(few: int, many: int) -> Iterator[dict]:
    """Seconds a hand-in in a large class over those in a small one."""
    each = {}
    for students in (few, many):
        with tempfile.TemporaryDirectory() as scratch:
            course, _ = a_pooling_class(Path(scratch, "class"), students)
            each[students] = timed(course, "max_pooling")[0] / students
    yield row(f"classroom: time a hand-in, of {many} / of {few}", each[many] / each[few], 1.2)


def by_hand(students: int) -> Iterator[dict]:
    """Marks that differ when a scheduler and two workers are started by hand and a worker is killed half-way."""
    with tempfile.TemporaryDirectory() as scratch:
        course, expected = a_pooling_class(Path(scratch, "class"), students)
        address = f"tcp://127.0.0.1:{random.SystemRandom().randrange(20000, 60000)}"
        started = [_dask("scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]),
                   *(_dask("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(2))]
        try:
            running = command(course, "max_pooling", "--scheduler", address)
            while running.poll() is None and kept(course) < students // 2:
                time.sleep(0.1)
            started[1].kill()
            assert running.wait() == 0
        finally:
            for process in started:
                process.kill()
        yield row(f"classroom: marks of {students} that differ, one of two workers killed",
                  _differing(course, expected), 0, unit="")


def kills(students: int, times: int) -> Iterator[dict]:
    """Marks lost, doubled or differing after that many kills of the command or of a process of its own."""
    chance, differing, done = random.Random(0), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        course, expected = a_pooling_class(Path(scratch, "class"), students)
        start = time.monotonic()
        assert command(course, "max_pooling").wait() == 0
        whole = time.monotonic() - start
        while done < times:
            shutil.rmtree(course.private / "results")
            forget(course.root)
            for _ in range(5):
                running = command(course, "max_pooling")
                time.sleep(chance.uniform(0, whole))
                family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
                with_whom = chance.choice(family[:1] * len(family) + family)
                try:
                    with_whom.send_signal(signal.SIGKILL)
                    done += 1
                except psutil.NoSuchProcess:
                    pass
                running.wait()
            assert command(course, "max_pooling").wait() == 0
            differing += _differing(course, expected)
    yield row(f"classroom: marks of {students} that differ after {done} kills", differing, 0, unit="")


def a_pooling_class(root: Path, students: int) -> tuple[Course, dict[str, float]]:
    return a_class(root, "max_pooling", (ASSIGNMENTS / "max_pooling.py").read_text(), ANSWERS / "max_pooling", students)


def a_class(root: Path, name: str, text: str, answers: Path, students: int) -> tuple[Course, dict[str, float]]:
    """A course with hand-ins, and the points that each should get."""
    root.mkdir()
    (root / f"{name}.py").write_text(text)
    shutil.copy(ASSIGNMENTS / "nbgrader_config.py", root)
    course = Course.open(root)
    release(course, name)
    assignment = course.assignment(name)
    made = sample.hand_in(course, name, sample.make_class(assignment, answers, students, seed=1))
    return course, {one.student: sample.points(assignment, one) for one in made}


def command(course: Course, name: str, *options: str) -> subprocess.Popen:
    """`course grade`, on two cores."""
    return subprocess.Popen(
        [sys.executable, "-m", "course_lib.cli", "--root", str(course.root), "grade", name, "--no-feedback", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, _CORES))


def timed(course: Course, name: str) -> tuple[float, int]:
    """Seconds of the whole command, and the most memory that it and all its processes had at one time."""
    start, peak = time.perf_counter(), 0
    running = command(course, name)
    ended = threading.Event()
    threading.Thread(target=lambda: (running.wait(), ended.set()), daemon=True).start()
    while not ended.wait(1.0):
        peak = max(peak, _memory(running.pid))
    assert running.returncode == 0
    return time.perf_counter() - start, peak


def _memory(pid: int) -> int:
    """Bytes of a process and all below it, pages that they share divided among them."""
    total = 0
    try:
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                pass
    except psutil.Error:
        pass
    return total


def _dask(role: str, *options: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", f"distributed.cli.dask_{role}", "--no-dashboard", *options],
                            stderr=subprocess.DEVNULL)


def marks(root: Path) -> dict[str, float]:
    """Automatic points by student, straight from the database; a mark that is there twice counts twice."""
    with sqlite3.connect(root / "gradebook.db") as book:
        return dict(book.execute(
            "select submitted_assignment.student_id, sum(auto_score) from grade "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
            "group by submitted_assignment.student_id"))


def _differing(course: Course, expected: dict[str, float]) -> int:
    found = marks(course.root)
    return sum(found.get(one) != points for one, points in expected.items()) + len(found.keys() - expected)


def forget(root: Path):
    with sqlite3.connect(root / "gradebook.db") as book:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment"):
            book.execute(f"delete from {table}")


def kept(course: Course) -> int:
    return sum(1 for _ in (course.private / "results").glob("*/*"))


def _readable(course: Course, name: str, student: str) -> bool:
    """Whether stock nbgrader would not stop at it, and end with it the whole batch."""
    try:
        cells = nbformat.read(course.notebook("submitted", name, student), 4).cells
    except Exception:  # a damaged file can raise about anything
        return False
    released = course.assignment(name).release.cells  # to which `make_class` added a remark
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    return names == [*(cell.metadata.get("nbgrader", {}).get("grade_id") for cell in released), None]


def _stock(course: Course, name: str, students: list[str], root: Path) -> tuple[dict[str, float], float]:
    """Marks, and seconds a hand-in, of stock `nbgrader autograde`."""
    source = nbformat.read(course.notebook("source", name), 4)
    next(cell for cell in source.cells if cell.cell_type == "code").source += RNG
    (root / "source" / name).mkdir(parents=True)
    nbformat.write(source, root / "source" / name / f"{name}.ipynb")
    for student in students:
        shutil.copytree(course.folder("submitted", name, student), root / "submitted" / student / name)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", STOCK, str(root), name], cwd=root, text=True,
                          capture_output=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, _CORES),
                          env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"})
    return marks(root), float(done.stdout.split()[-2])
