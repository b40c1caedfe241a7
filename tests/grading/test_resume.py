"""Killed, tampered with, corrected or late: the gradebook ends as if nobody had disturbed anything, and little runs twice."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace

import nbformat
import psutil
import pytest
from tiny_course import RIGHT

from course_lib.grading import cluster, grade, run_class, supervise
from course_lib.grading.course import Course, CourseError
from course_lib.grading.guard import HandIn
from course_lib.grading.record import Recorder
from course_lib.grading.release import release
from course_lib.grading.verdict import Verdict

SHOWN = "check_array(double(np.array([1.0, 2.0])), [2.0, 4.0])\n### BEGIN HIDDEN"
HALF = RIGHT | {"double": "def double(x):\n    return x"}


@pytest.fixture(scope="module")
def class_of_nine(notebook_of):
    """Hand-ins by student."""
    made = {"broken": b"{"}
    for number in range(4):
        for name, cells in (("right", RIGHT), ("half", HALF)):
            made[f"{name}{number}"] = nbformat.writes(notebook_of(f"number = {number}", **cells)).encode()
    return made


def with_class(root, released, hand_ins) -> Course:
    shutil.copytree(released.root, root)
    course = Course.open(root)
    for student, content in hand_ins.items():
        hand_in(course, student, content)
    return course


def hand_in(course, student, content):
    folder = course.folder("submitted", "tiny", student)
    folder.mkdir(parents=True)
    (folder / "tiny.ipynb").write_bytes(content)


@pytest.fixture
def handed_in(released, class_of_nine, tmp_path):
    return with_class(tmp_path / "class", released, class_of_nine)


@pytest.fixture(scope="module")
def undisturbed(released, class_of_nine, tmp_path_factory):
    """The gradebook of a run that nobody disturbs."""
    course = with_class(tmp_path_factory.mktemp("undisturbed") / "class", released, class_of_nine)
    run_class.grade(course, "tiny", feedback=False)
    return gradebook(course)


@pytest.fixture
def ran(monkeypatch):
    """Which hand-ins are run, with the test cells that are known."""
    seen = {}
    sent = cluster._run

    def noting(client, jobs, assignment, secret):
        jobs = list(jobs)
        seen.update({job.student: set(job.known) for job in jobs})
        return sent(client, jobs, assignment, secret)

    monkeypatch.setattr(cluster, "_run", noting)
    return seen


def gradebook(course) -> list:
    """All that grading writes, but for random row ids."""
    with sqlite3.connect(course.root / "gradebook.db") as book:
        rows = sorted(book.execute(
            "select submitted_assignment.student_id, base_cell.name, auto_score, manual_score, extra_credit, "
            "needs_manual_grade, late_submission_penalty, timestamp from grade "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id "
            "join base_cell on grade.cell_id = base_cell.id"))
    notebooks = {str(path.relative_to(course.root)): path.read_text() for path in course.root.glob("autograded/*/*/*")}
    return [rows, notebooks]


def test_nothing_unchanged_is_run_or_recorded_twice(handed_in, ran, class_of_nine):
    first = run_class.grade(handed_in, "tiny", feedback=False)
    assert len(ran) == 9 and all(row.recorded for row in first)
    with sqlite3.connect(handed_in.root / "gradebook.db") as book:
        book.execute("update grade set manual_score = 2, needs_manual_grade = 0")
    ran.clear()
    hand_in(handed_in, "late", class_of_nine["right0"].replace(b"number = 0", b"number = 9"))
    second = run_class.grade(handed_in, "tiny", feedback=False)
    assert set(ran) == {"late"} and [row.student for row in second if row.recorded] == ["late"]
    looked_at = [row for row in gradebook(handed_in)[0] if row[5] and row[0] != "late"]
    assert looked_at == [], "what somebody has marked by hand is not to be looked at again"
    ran.clear()
    run_class.grade(handed_in, "tiny", feedback=False, force=True, students=["half0"])
    assert set(ran) == {"half0"}


def test_only_what_a_correction_touches_runs_again(handed_in, ran):
    run_class.grade(handed_in, "tiny", feedback=False)
    ran.clear()
    text = handed_in.text("tiny")
    text.write_text(text.read_text().replace(SHOWN, "assert double(np.ones(1)).shape == (1,)\n### BEGIN HIDDEN")
                    .replace("check_cases(double, secret_oracle,", "len("))
    release(handed_in, "tiny")
    course = Course.open(handed_in.root)
    rows = {row.student: row for row in run_class.grade(course, "tiny", feedback=False)}
    others = {"test_kept", "test_total", "test_counter", "test_lucky"}
    assert ran == dict.fromkeys(rows, others)
    assert {row.student for row in rows.values() if row.before != row.auto_score} == {f"half{i}" for i in range(4)}
    said = run_class.table(list(rows.values()))
    assert "changed: half0 had 5 automatic points and has 8" in said and "changed: right0" not in said
    corrected = gradebook(course)
    run_class.grade(course, "tiny", feedback=False, force=True)
    assert gradebook(course) == corrected


def test_a_store_that_was_tampered_with_is_noticed_and_not_believed(handed_in, undisturbed, ran, capsys):
    run_class.grade(handed_in, "tiny", feedback=False)
    folder = handed_in.private / "results"
    assert folder.stat().st_mode & 0o77 == 0
    of = {json.loads(path.read_bytes()[32:])["verdict"]["student"]: path for path in folder.glob("*/*")}
    assert len(of) == 9
    of["half0"].write_bytes(of["right0"].read_bytes())                                  # a classmate's result
    of["half1"].write_bytes(of["half1"].read_bytes().replace(b'"points": 0.0', b'"points": 3.0'))
    of["half2"].write_bytes(of["half2"].read_bytes()[:40])
    ran.clear()
    run_class.grade(handed_in, "tiny", feedback=False)
    assert set(ran) == {"half0", "half1", "half2"} and "3 stored results are not as this course wrote them" in capsys.readouterr().err
    assert gradebook(handed_in) == undisturbed


def test_another_secret_does_not_believe_the_store(handed_in, ran):
    run_class.grade(handed_in, "tiny", feedback=False)
    ran.clear()
    (handed_in.private / "secret").write_bytes(b"x" * 32)
    run_class.grade(handed_in, "tiny", feedback=False)
    assert len(ran) == 9


def command(course, *arguments):
    return subprocess.Popen([sys.executable, "-m", "course_lib.cli", "--root", str(course.root), "grade", "tiny",
                             "--no-feedback", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            start_new_session=True)


def family(pid):
    """The processes below one that are the grader's: supervisors and their children, not the sandboxes' insides."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry.name), *family(int(entry.name))]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_lose_nothing(handed_in, undisturbed, seed):
    chance = random.Random(seed)
    for whom in ("command", "command", "one of its processes"):
        running = command(handed_in)
        time.sleep(chance.uniform(0.5, 4.0))
        victims = [running.pid] if whom == "command" else family(running.pid) or [running.pid]
        try:
            os.kill(chance.choice(victims), signal.SIGKILL)
        except ProcessLookupError:
            pass
        running.communicate()
    done = command(handed_in)
    assert done.wait() == 0, done.stderr.read()
    assert gradebook(handed_in) == undisturbed


def test_a_hand_in_that_ends_its_supervisor_is_tried_alone_and_costs_nobody_else(handed_in, monkeypatch):
    """Twice: the first time it succeeds alone, the second time it never does and gets no points, with a reason."""
    judged = supervise.Supervisor.judged
    for patience, points in ((1, 9), (9, 0)):
        tries = []

        def ends(supervisor, data, known, tries=tries, patience=patience):
            if HandIn.from_bytes(data).student == "right1":
                tries.append(1)
                if len(tries) <= patience:
                    os.kill(supervisor.process.pid, signal.SIGKILL)
            return judged(supervisor, data, known)

        monkeypatch.setattr(supervise.Supervisor, "judged", ends)
        rows = {row.student: row for row in run_class.grade(handed_in, "tiny", feedback=False, force=True)}
        assert len(tries) == 2 and rows["right1"].auto_score == points
        assert (rows["right1"].status == "broken") == (points == 0)
        assert {row.auto_score for row in rows.values() if row.student not in ("right1", "broken")} == {5, 9}


@pytest.fixture
def by_hand():
    """`by_hand()`: a scheduler and two workers as somebody starts them; its address, and the processes."""
    started = []

    def start():
        port = random.SystemRandom().randrange(20000, 60000)
        address = f"tcp://127.0.0.1:{port}"
        dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"], [sys.executable, "-m", "distributed.cli.dask_worker"]
        started.append(subprocess.Popen([*dask[0], "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
                                        stderr=subprocess.DEVNULL))
        for _ in range(2):
            started.append(subprocess.Popen([*dask[1], address, "--nthreads", "1", "--no-nanny", "--no-dashboard"],
                                            stderr=subprocess.DEVNULL))
        return address, started

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_workers_started_by_hand_and_one_of_them_killed(handed_in, undisturbed, by_hand):
    address, (_, worker, _) = by_hand()
    running = command(handed_in, "--scheduler", address)
    results = handed_in.private / "results"
    while running.poll() is None and sum(1 for _ in results.glob("*/*")) < 3:
        time.sleep(0.05)
    worker.kill()
    assert running.wait() == 0, running.stderr.read()
    assert gradebook(handed_in) == undisturbed


def test_a_scheduler_that_dies_is_said_and_the_next_run_goes_on(handed_in, undisturbed, by_hand, ran):
    address, (scheduler, *workers) = by_hand()
    running = command(handed_in, "--scheduler", address)
    results = handed_in.private / "results"
    while running.poll() is None and sum(1 for _ in results.glob("*/*")) < 2:
        time.sleep(0.05)
    for worker in workers:
        worker.send_signal(signal.SIGSTOP)
    scheduler.kill()
    _, said = running.communicate()
    assert running.returncode == 1 and "run the command again" in said
    kept = sum(1 for _ in results.glob("*/*"))
    ran.clear()
    run_class.grade(handed_in, "tiny", feedback=False)
    assert len(ran) <= 9 - kept and gradebook(handed_in) == undisturbed


@pytest.mark.parametrize("address, why", [
    ("tcp://192.0.2.1:8786", "in the clear"), ("tcp://example.org:8786", "in the clear"), ("ucx://localhost:1", "not the address"),
    ("localhost:8786", "not the address"), ("tcp://127.0.0.1:1", "no scheduler answers")])
def test_addresses_that_are_not_safe_or_not_there(handed_in, address, why, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with pytest.raises(CourseError, match=why):
        run_class.grade(handed_in, "tiny", scheduler=address)


def test_nothing_that_is_started_here_can_be_reached_from_elsewhere():
    with cluster.connect(None, 1) as client:
        assert client.scheduler.address.startswith("inproc://")
        listening = [one.laddr.ip for one in psutil.Process().net_connections("inet") if one.status == "LISTEN"]
        assert set(listening) <= {"127.0.0.1"}


def test_verdicts_come_back_as_bytes_and_anything_else_is_nothing(tiny):
    class Future:
        status = "finished"

        def result(self):
            return Verdict("x", "graded", (), {})

    assert cluster._result(Future()) == b""
    verdict = grade.read(b"", HandIn("x", b"{}"), tiny)
    assert verdict.status == "broken" and grade.doubtful(verdict)


@pytest.mark.parametrize("more", [0, 1])
def test_supervisors_have_a_core_each_where_there_are_as_many(tiny, more):
    cores = os.sched_getaffinity(0)
    work = tiny.to_bytes(), b"secret"
    with supervise.ready(len(cores) + more, *work):
        for again in range(2):
            started = list(supervise._idle)
            for one in started:
                one.judged(HandIn("x", b"").to_bytes(), b"{}")
            kept_to = [os.sched_getaffinity(one.process.pid) for one in started]
            assert sorted(kept_to, key=min) == ([cores] * len(started) if more else [{core} for core in sorted(cores)])
            if not again:
                started[0].close()
                supervise._idle[0] = supervise.Supervisor(*work)
    assert not supervise._idle and not supervise._cores


def test_a_worker_of_another_version_is_refused(tiny):
    with pytest.raises(RuntimeError, match="other versions"):
        supervise.judged(tiny.to_bytes(), b"s", "other", HandIn("x", b"{}").to_bytes(), b"{}")


def test_what_only_waited_is_doubtful_and_what_computed_is_not(verdict_on, notebook_of):
    slept = verdict_on(notebook_of(**RIGHT | {"double": "import time\ndef double(x):\n    time.sleep(60)"}))
    computed = replace(slept, reasons=("No answer: it was stopped after 1 seconds of computing.",))
    assert grade.doubtful(slept) and grade.stopped(slept)
    assert not grade.doubtful(computed) and grade.stopped(computed)


def test_a_dry_run_changes_nothing(handed_in, ran):
    before = (handed_in.root / "gradebook.db").read_bytes()
    lines = run_class.dry_run(handed_in, "tiny")
    assert lines[-1] == "9 hand-ins: 9 to run, 0 known" and lines[0].split() == ["broken", "5", "of", "5", "tests"]
    assert (handed_in.root / "gradebook.db").read_bytes() == before and not ran
    run_class.grade(handed_in, "tiny", feedback=False)
    assert run_class.dry_run(handed_in, "tiny") == ["9 hand-ins: 0 to run, 9 known"]


def test_extensions_and_penalties_are_nbgraders(handed_in):
    from nbgrader.api import Gradebook

    folder = handed_in.folder("submitted", "tiny", "right0")
    (folder / "timestamp.txt").write_text("2026-02-01 12:00:00 UTC")
    with Gradebook(handed_in.directory.db_url) as book:
        book.update_or_create_assignment("tiny", duedate="2026-01-31 12:00:00 UTC")
    handed_in.config.LateSubmissionPlugin.penalty_method = "zero"
    rows = {row.student: row for row in run_class.grade(handed_in, "tiny", feedback=False, believe_timestamps=True)}
    assert rows["right0"].score == 0 and rows["right0"].auto_score == 9 and rows["right1"].score == 9
    with Gradebook(handed_in.directory.db_url) as book:
        book.grant_extension("tiny", "right0", days=2)
    rows = {row.student: row for row in run_class.grade(handed_in, "tiny", feedback=False, believe_timestamps=True)}
    assert rows["right0"].score == 9


def test_a_recorder_writes_what_nbgrader_would(handed_in):
    """Every row that `Gradebook.add_submission` makes, ours makes, too."""
    assignment = handed_in.assignment("tiny")
    with Recorder(handed_in, assignment) as recorder:
        ours = recorder._submission("someone")
        recorder.db.expunge_all()
        book = recorder.gradebook
        book.add_student("other")
        stock = book.add_submission("tiny", "other")
        for kind in ("grades", "comments"):
            assert sorted(one.cell_id for one in getattr(ours.notebooks[0], kind)) == sorted(
                one.cell_id for one in getattr(stock.notebooks[0], kind))


def test_the_notebook_in_the_gradebook_is_valid(handed_in):
    run_class.grade(handed_in, "tiny", feedback=False)
    for path in handed_in.root.glob("autograded/*/*/*.ipynb"):
        nbformat.validate(json.loads(path.read_text()))
