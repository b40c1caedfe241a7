"""Stock nbgrader on a gradebook that `course grade` wrote: its formgrader, its export, its feedback, its database."""

import json
import re
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request

import pytest
from tiny_course import RIGHT

from course_lib.grading import run_class
from course_lib.grading.export import marks

TOKEN = "0123456789abcdef"


def nbgrader(course, *arguments):
    environment = {"PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin", "HOME": str(course.root)}
    return subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, capture_output=True, text=True,
                          env=environment, timeout=300)


@pytest.fixture
def graded(course, put, notebook_of):
    put("ada", notebook_of(**RIGHT))
    put("bob", notebook_of(**RIGHT | {"double": "def double(x):\n    return x"}))
    put("cyd", b"{")
    run_class.grade(course, "tiny", feedback=False)
    return course


def test_its_export_is_ours(graded, tmp_path):
    done = nbgrader(graded, "export", "--to", str(tmp_path / "stock.csv"))
    assert done.returncode == 0, done.stderr
    stock = (tmp_path / "stock.csv").read_text()
    assert marks(graded, tmp_path / "ours.csv").read_text() == stock and stock.count("\n") == 4
    assert re.search(r"^tiny,,,bob,,,,5\.0,0\.0,5\.0,13\.0$", stock, re.M)


@pytest.fixture
def formgrader(graded):
    """`get(path)` from a server with nbgrader's formgrader, as an instructor opens it."""
    started = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
         "--ServerApp.port=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={graded.root}",
         "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True"],
        cwd=graded.root, stderr=subprocess.PIPE, text=True,
        env={"PATH": f"{sysconfig.get_path('scripts')}:/usr/bin:/bin", "HOME": str(graded.root)})
    said = []
    for line in started.stderr:
        said.append(line)
        found = re.search(r"(http://127\.0\.0\.1:\d+)/", line)
        if found:
            break
    else:
        pytest.fail("".join(said))

    def get(path):
        for _ in range(100):
            try:
                request = urllib.request.Request(found[1] + path, headers={"Authorization": f"token {TOKEN}"})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError:
                raise
            except urllib.error.URLError:
                time.sleep(0.1)
        raise TimeoutError(path)

    yield get
    started.kill()
    started.communicate()


def test_its_formgrader_opens_the_result(formgrader):
    (assignment,) = json.loads(formgrader("/formgrader/api/assignments"))
    assert assignment["name"] == "tiny" and assignment["num_submissions"] == 3
    submissions = {one["student"]: one for one in json.loads(formgrader("/formgrader/api/submissions/tiny"))}
    assert {name: (one["score"], one["max_score"], one["autograded"]) for name, one in submissions.items()} == {
        "ada": (9, 13, True), "bob": (5, 13, True), "cyd": (0, 13, True)}
    (notebook,) = [one for one in json.loads(formgrader("/formgrader/api/submitted_notebooks/tiny/tiny"))
                   if one["student"] == "bob"]
    text = re.sub(r"<[^>]*>", "", formgrader(f"/formgrader/submissions/{notebook['id']}/"))
    assert "def double" in text and "values differ" in text and "secret_oracle" not in text
