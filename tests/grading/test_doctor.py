"""`course doctor` on machines that lack something: what it finds, and what it says to do."""

import sys
from importlib import metadata

import pytest

from course_lib import cli
from course_lib.grading import machine


def line(requirement="numpy"):
    return f"{requirement}=={metadata.version(requirement)}"


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "course_lib").mkdir()
    return tmp_path


def test_this_machine_can_grade(capsys):
    status = cli.main(["doctor"])
    said = capsys.readouterr().out
    assert status == 0, said
    for found in ("yes  Python 3.", "yes  packages to grade", "yes  a sandbox", "yes  no network inside"):
        assert found in said


@pytest.mark.parametrize("version, ok, needed", [((3, 10, 0), False, True), ((3, 11, 0), True, False),
                                                 ((3, 13, 5), True, False), ((3, 14, 0), False, False)])
def test_python(monkeypatch, version, ok, needed):
    monkeypatch.setattr(sys, "version_info", version)
    found = machine.python()
    assert (found.ok, found.needed) == (ok, needed)
    assert "make setup PYTHON=" in found.cure


def test_the_lock_names_what_differs(clone):
    (clone / "requirements.txt").write_text(f"{line()}\n    # via keras\nno-such-package==1.0 ; sys_platform == 'none'\n")
    assert machine.lock(clone).ok
    (clone / "requirements.txt").write_text("numpy==1.0\nno-such-package==1.0\n")
    found = machine.lock(clone)
    assert not found.ok and not found.needed and found.cure == "make setup"
    assert found.detail == f"numpy {metadata.version('numpy')}, not ==1.0, no-such-package is missing"


def test_missing_packages_are_named_with_their_extra(monkeypatch):
    asked = ['numpy>=1.26', 'no-such-package>=2; extra == "grading"', 'numpy>=99; extra == "book"']
    monkeypatch.setattr(machine.metadata, "requires", lambda name: asked)
    bare, grading, book, _ = machine.packages()
    assert bare.ok
    assert grading.detail == "no-such-package is missing" and grading.needed
    assert 'pip install "course_lib[grading]"' in grading.cure
    assert "not >=99" in book.detail and not book.needed


def test_without_bubblewrap_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    only, = machine.sandbox()
    assert not only.ok and only.needed and "apt install bubblewrap" in only.detail
    assert not machine.browser().ok and "apt install chromium" in str(machine.browser())
    assert not machine.fonts().ok and not machine.fonts().needed


@pytest.mark.parametrize("switch, forbids, cure", [
    ("kernel/apparmor_restrict_unprivileged_userns", "1\n",
     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ("user/max_user_namespaces", "0\n", "sudo sysctl -w user.max_user_namespaces=15000"),
    ("user/max_user_namespaces", "7000\n", "handbook"),
])
def test_it_names_what_forbids_namespaces(monkeypatch, tmp_path, switch, forbids, cure):
    (tmp_path / switch).parent.mkdir(parents=True)
    (tmp_path / switch).write_text(forbids)
    monkeypatch.setattr(machine, "_SYSTEM", tmp_path)
    monkeypatch.setattr(machine, "_IN_CONTAINER", (tmp_path / "none",))
    assert cure in machine._way_to_a_sandbox()


def test_a_container_needs_options(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_IN_CONTAINER", (tmp_path,))
    assert "--security-opt seccomp=unconfined" in machine._way_to_a_sandbox()


def test_data(monkeypatch, tmp_path):
    for given, ok in ((None, False), (tmp_path / "nothing", False), (tmp_path, True)):
        monkeypatch.setenv("CIFAR10_PATH", str(given)) if given else monkeypatch.delenv("CIFAR10_PATH", raising=False)
        assert machine.data().ok == ok and not machine.data().needed
