"""Control groups of both versions: where they are looked for, what is written into them, and what else is done."""

import os
from pathlib import Path

import pytest
from test_sandbox import check, probe

from course_lib.grading import limits

LIMITS = limits.Limits(memory=256 << 20, processes=32)


@pytest.fixture
def hierarchy(tmp_path):
    """A folder like one that systemd has delegated: `hierarchy(controllers, enabled, root)`."""

    def make(controllers="cpu memory pids", enabled="", *, root=False) -> Path:
        folder = tmp_path / "unified" / "user.slice"
        folder.mkdir(parents=True)
        for name, content in (("cgroup.controllers", controllers), ("cgroup.subtree_control", enabled),
                              *[("cgroup.type", "domain")] * (not root)):
            (folder / name).write_text(content)
        return folder

    return make


def groups(folder: Path, inside: str = "/user.slice"):
    return limits._groups(f"0::{inside}", f"cgroup2 {folder.parent} cgroup2 rw,nosuid 0 0")


def test_a_delegated_group_is_used(hierarchy):
    folder = hierarchy(enabled="memory pids")
    assert groups(folder) == ((folder, limits._V2),)
    assert not (folder / limits._OURS).exists()


def test_a_group_of_ones_own_is_arranged_with_this_process_below(hierarchy):
    folder = hierarchy()
    assert groups(folder) == ((folder, limits._V2),)
    assert (folder / limits._OURS / "cgroup.procs").read_text() == str(os.getpid())
    assert (folder / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_a_child_of_the_grader_finds_the_same_group(hierarchy):
    folder = hierarchy(enabled="memory pids")
    assert groups(folder, f"/user.slice/{limits._OURS}") == ((folder, limits._V2),)


def test_without_the_controllers_there_is_no_group(hierarchy):
    assert groups(hierarchy(controllers="cpu hugetlb")) == ()


def test_version_1_comes_first(hierarchy, tmp_path):
    folder = hierarchy(enabled="memory pids")
    for name in ("memory", "pids"):
        (tmp_path / name).mkdir()
    mounts = [f"cgroup {tmp_path}/{name} cgroup rw,{name} 0 0" for name in ("memory", "pids")]
    found = limits._groups("4:memory:/\n8:pids:/\n0::/user.slice",
                           "\n".join([*mounts, f"cgroup2 {folder.parent} cgroup2 rw 0 0"]))
    assert found == tuple((tmp_path / name, limits._V1[name]) for name in ("memory", "pids"))


def test_the_limits_are_written(hierarchy, monkeypatch):
    parents = ((hierarchy(enabled="memory pids"), limits._V2),)
    monkeypatch.setattr(limits, "_parents", lambda: parents)
    keeper = limits.keeper(LIMITS)
    [folder] = keeper.folders
    keeper.join(4711)
    content = {path.name: path.read_text() for path in folder.iterdir()}
    assert content == {"memory.max": str(256 << 20), "pids.max": "32", "cgroup.procs": "4711"}


def test_a_group_without_its_files_is_not_trusted(hierarchy, monkeypatch):
    """Else nothing at all would hold a hand-in back."""
    parent = hierarchy(enabled="memory pids")
    monkeypatch.setattr(limits, "_parents", lambda: ((parent / "gone", limits._V2),))
    assert limits.keeper(LIMITS).watched


def test_limits_hold_in_a_real_group_of_version_2():
    """Where this machine has one with the two controllers: run in it, whatever else there is."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines() if " cgroup2 " in line]
    controllers = Path(mounts[0], "cgroup.controllers").read_text().split() if mounts else []
    if not mounts or not {"memory", "pids"} <= set(controllers) or not os.access(mounts[0], os.W_OK):
        pytest.skip("no writable control groups of version 2 with memory and pids on this machine")
    found = probe("version2")
    assert found["kept_by"] == "ControlGroup"
    check(found)
