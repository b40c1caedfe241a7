"""The `course` command. Each subcommand imports what it needs when it is called."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from pathlib import Path

from .cifar import commands as cifar

OK, TROUBLE, USAGE, NO_SANDBOX = 0, 1, 2, 3


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 fine, 1 trouble, 2 usage, 3 no working sandbox."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        return _say("stopped", TROUBLE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE
    except Exception as error:
        status = {"NoSandbox": NO_SANDBOX}.get(type(error).__name__, TROUBLE)
        if type(error).__name__ not in _IN_WORDS:
            raise
        return _say(str(error), status)


_IN_WORDS = {"NoSandbox", "CourseError", "AssignmentError", "NotInstalled", "NotANotebook"}


def release(arguments) -> int:
    from .grading.release import release

    made = release(_course(arguments), arguments.name)
    manual = f" and {made.manual:g} graded by hand" if made.manual else ""
    print(f"{made.notebook}\nproved: the solution earns all {made.points:g} points of {made.tests} tests{manual}, "
          "the blank release none")
    return OK


def collect(arguments) -> int:
    from .grading import collect

    course, notes = _course(arguments), []
    course.assignment(arguments.name)
    if arguments.source:
        people = Path(arguments.roster) if arguments.roster else None
        found, notes = collect.bring(course, arguments.name, Path(arguments.source), people=people,
                                     enrol=arguments.enrol)
    else:
        found = collect.collect_all(course, arguments.name, believe_timestamps=arguments.timestamps)
    for hand_in in found:
        print(f"{hand_in.student:<24} {'; '.join(hand_in.notes) or 'ok'}")
    for note in notes:
        print(f"note   {note}")
    print(f"{len(found)} hand-ins, {sum(one.notebook is None for one in found)} of them without a readable notebook")
    return OK if found else _say(f"nothing was handed in for {arguments.name}", TROUBLE)


def grade(arguments) -> int:
    from .grading import run_class

    gc.freeze()  # what is imported stays: the collector need not look at it again and again

    course = _course(arguments)
    if arguments.dry_run:
        print("\n".join(run_class.dry_run(course, arguments.name, students=arguments.student, force=arguments.force)))
        return OK
    rows = run_class.grade(course, arguments.name, students=arguments.student, workers=arguments.workers,
                           scheduler=arguments.scheduler, force=arguments.force, feedback=not arguments.no_feedback,
                           believe_timestamps=arguments.timestamps, sandboxed=arguments.sandbox != "none")
    if arguments.json:
        print(json.dumps([vars(row) for row in rows], indent=1))
    else:
        print(run_class.table(rows))
    return OK if rows else _say(f"nothing was handed in for {arguments.name}", TROUBLE)


def feedback(arguments) -> int:
    from .grading.feedback import FeedbackWriter

    course = _course(arguments)
    writer = FeedbackWriter(course, arguments.name)
    graded = sorted((course.root / course.directory.autograded_directory).glob(f"*/{arguments.name}"))
    for folder in graded:
        print(writer.write(folder.parent.name))
    if graded and arguments.zip:
        from .grading import export

        path, pages = export.feedback(course, arguments.name, Path(arguments.zip))
        print(f"{path}: {pages} pages under the names that they are to be handed back under")
    return OK if graded else _say(f"nothing is graded for {arguments.name}", TROUBLE)


def export(arguments) -> int:
    from .grading.export import marks

    template = Path(arguments.template) if arguments.template else None
    print(marks(_course(arguments), Path(arguments.to), arguments.name, form=arguments.format, template=template))
    return OK


def report(arguments) -> int:
    from .grading.report import report

    print(report(_course(arguments), arguments.name, Path(arguments.to or f"{arguments.name}.html")))
    return OK


def check(arguments) -> int:
    from .grading.self_check import check

    checks, missing = check(Path(arguments.notebook))
    done = []
    for one in checks:
        done.append(one)
        print(f"{'right' if one.problem is None else 'WRONG'}  {one.name}: {one.behaviour}", flush=True)
        if one.problem is not None:
            print("       " + one.problem.replace("\n", "\n       "))
    for line in missing:
        print(f"note   {line}")
    wrong = sum(one.problem is not None for one in done)
    print(f"{len(done) - wrong} of {len(done)} visible tests pass. Hidden ones of the same behaviours follow "
          "when you hand in.")
    return TROUBLE if wrong else OK


def publish(arguments) -> int:
    from .grading.publish import publish

    site = Path(arguments.site) if arguments.site else None
    written = publish(_course(arguments), Path(arguments.folder), arguments.names, site)
    print(f"{len(written)} files in {arguments.folder}; no solution and no hidden test is in them")
    return OK


def doctor(arguments) -> int:
    from .grading.machine import report

    findings = report(Path.cwd())
    for finding in findings:
        print(finding)
    if any(finding.needed and not finding.ok for finding in findings):
        return NO_SANDBOX if any(finding.what == "a sandbox" and not finding.ok for finding in findings) else TROUBLE
    return OK


def sample(arguments) -> int:
    from .grading import sample

    course, answers = _course(arguments), Path(arguments.answers)
    assignment = course.assignment(arguments.name)
    if arguments.students is None:
        made = sample.make(assignment, answers)
    else:
        made = sample.make_class(assignment, answers, arguments.students, arguments.seed)
    made = sample.hand_in(course, arguments.name, made)
    if arguments.students is not None:
        for one in made:
            print(f"{one.student} {sample.points(assignment, one):g}")
    print(f"{len(made)} hand-ins in {course.root / course.directory.submitted_directory}")
    return OK


def _course(arguments):
    from .grading.course import Course

    return Course.open(_root(arguments.root))


def _root(given: str | None) -> Path:
    if given:
        return Path(given)
    assignments = Path("assignments")
    return assignments if assignments.is_dir() and not Path("nbgrader_config.py").is_file() else Path.cwd()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _say(text: str, status: int) -> int:
    print(f"course: {text}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course", description="Release, grade and check the assignments of the course.",
        epilog="example: course release max_pooling && course grade max_pooling")
    parser.add_argument("--root", metavar="DIR", help="the course folder, which holds nbgrader_config.py "
                        "(default: ./assignments, or the current folder if it is one)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run, text: str, example: str, *, name: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(run.__name__, help=text, description=f"{text[0].upper()}{text[1:]}.",
                                    epilog=f"example: course {example}")
        added.set_defaults(run=run)
        if name:
            added.add_argument("name", metavar="NAME", help="the assignment, e.g. max_pooling")
        return added

    command(release, "make the notebook for students out of an assignment's text, and prove it first",
            "release max_pooling")
    collecting = command(collect, "tidy what was handed in: one notebook a student, nothing else, originals kept",
                         "collect max_pooling submissions.zip --roster grades.csv")
    collecting.add_argument("source", nargs="?", metavar="ARCHIVE", help="a bulk download of Canvas, Moodle or "
                            "Gradescope (zip or folder), the inbound folder of nbgrader's exchange, or a folder with "
                            "one folder a student (default: what lies in submitted/)")
    collecting.add_argument("--roster", metavar="FILE", help="who is who: Canvas's gradebook as CSV, Moodle's grading "
                            "worksheet, or a table in nbgrader's columns")
    collecting.add_argument("--enrol", action="store_true", help="take the platform's ids for those of students who "
                            "are on no list")
    grading = command(grade, "grade everything that was handed in, in sandboxes, into nbgrader's gradebook",
                      "grade max_pooling")
    for one in (collecting, grading):
        one.add_argument("--timestamps", action="store_true", help="believe the timestamp.txt files in submitted/: "
                         "only if nbgrader's own collect or zip_collect wrote them")
    grading.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    where = grading.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_positive, metavar="N", help="hand-ins at a time (default: one for each core)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="let the workers of this Dask scheduler run them: "
                       "tls://HOST:PORT, or tcp://localhost:PORT on this machine")
    grading.add_argument("--force", action="store_true", help="run everything again, known results or not")
    grading.add_argument("--dry-run", action="store_true", help="only say what would be run")
    grading.add_argument("--sandbox", choices=["bubblewrap", "none"], default="bubblewrap", help="none: run notebooks "
                         "as yourself, with everything that you may do; for your own hand-ins only, and marked as such")
    grading.add_argument("--no-feedback", action="store_true", help="leave feedback/ as it is")
    grading.add_argument("--json", action="store_true", help="print the results as JSON and nothing else")
    writing = command(feedback, "write one HTML page a student from the gradebook, manual marks included",
                      "feedback max_pooling --zip feedback.zip")
    writing.add_argument("--zip", metavar="FILE", help="pack the pages under the names that the platform which the "
                         "hand-ins came from wants them back under")
    exporting = command(export, "write the marks as CSV", "export max_pooling --format canvas --to grades.csv",
                        name=False)
    exporting.add_argument("name", nargs="?", metavar="NAME", help="only this assignment")
    exporting.add_argument("--to", default="grades.csv", metavar="FILE", help="the file (default: grades.csv)")
    exporting.add_argument("--format", choices=("nbgrader", "canvas", "moodle"), default="nbgrader",
                           help="whose columns (default: nbgrader's)")
    exporting.add_argument("--template", metavar="FILE", help="the platform's own file, to be filled in: Canvas's "
                           "gradebook as CSV, or Moodle's grading worksheet")
    reporting = command(report, "write one HTML page about the whole class", "report max_pooling --to class.html")
    reporting.add_argument("--to", metavar="FILE", help="the page (default: NAME.html)")
    checking = command(check, "for students: run a notebook's visible tests", "check max_pooling.ipynb", name=False)
    checking.add_argument("notebook", metavar="NOTEBOOK")
    publishing = command(publish, "write what students may see, and nothing else, to a folder",
                         "publish ../public --site _build/html", name=False)
    publishing.add_argument("folder", metavar="DIR", help="the folder, usually a clone of the public repository")
    publishing.add_argument("names", nargs="*", metavar="NAME", help="assignments (default: all that are released)")
    publishing.add_argument("--site", metavar="DIR", help="the built book, published as docs/")
    command(doctor, "examine this machine: what it can enforce, what is missing, and what to do about it", "doctor",
            name=False)
    sampling = command(sample, "hand in made-up answers, to try things out",
                       "--root _build/class sample max_pooling --from tests/assignments/max_pooling")
    sampling.add_argument("--from", dest="answers", required=True, metavar="DIR",
                          help="a folder of answers: right/*.py, wrong/*.py and wrong.toml")
    sampling.add_argument("--students", type=_positive, metavar="N", help="a mixed class of N instead of one hand-in "
                          "for each answer, and the points that each should get")
    sampling.add_argument("--seed", type=int, default=0, metavar="S", help="which class (default: 0)")
    cifar.register(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
