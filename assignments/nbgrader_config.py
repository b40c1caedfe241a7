"""nbgrader's configuration of this course: its own steps that would run student code are replaced by ours.

If this file fails, nothing is graded: the exception below ends nbgrader, and the gradebook is sealed against
nbgrader's own steps (see course_lib/grading/nbgrader_steps.py).
"""

config = get_config()  # noqa: F821

try:
    from course_lib.grading.nbgrader_steps import configure

    configure(config)
except Exception as error:
    raise SystemExit(f"nbgrader_config.py failed, nothing is done: {error}") from error
