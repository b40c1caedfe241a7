"""`course doctor`: what of the course works on this machine, and what to do where it does not."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from .finding import Finding

OLDEST, NEWEST = (3, 11), (3, 13)  # those that the tests have seen
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SYSTEM = Path("/proc/sys")
_IN_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
_SWITCHES = {  # what keeps an ordinary user from user namespaces, and the value that does
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "15000"),
}
_SAME = {"tensorflow": ("tensorflow-cpu",), "tensorflow-cpu": ("tensorflow",)}  # the same modules under either name


def report(folder: Path) -> list[Finding]:
    """Examine Python, packages, the sandbox, and what the site and the network need; `folder` may hold the lock."""
    return [python(), *packages(), lock(folder), *sandbox(), browser(), fonts(), data()]


def python() -> Finding:
    version = sys.version_info[:2]
    newest = ".".join(map(str, NEWEST))
    return Finding(f"Python {platform.python_version()}", OLDEST <= version <= NEWEST,
                   "older than 3.11" if version < OLDEST else f"not tried beyond {newest}" if version > NEWEST else "",
                   f"install Python {newest} and set up anew: make setup PYTHON=python{newest}", version < OLDEST)


def packages() -> Iterator[Finding]:
    """What each part of the package asks for, by its own metadata."""
    for extra, what, needed in (("", "check notebooks", True), ("grading", "grade", True),
                                ("book", "build the site", False), ("tf", "run layers and networks", False)):
        problems = [text for one in _asked(extra) if (text := _problem(one))]
        name = f"course_lib[{extra}]" if extra else "course_lib"
        yield Finding(f"packages to {what}", not problems, _some(problems),
                      f'make setup (in a clone), or pip install "{name}"', needed)


def lock(folder: Path) -> Finding:
    """Installed versions against the tested set."""
    what = "the tested set of packages"
    places = (folder, Path(__file__).resolve().parents[2])
    path = next((place / "requirements.txt" for place in places if (place / "requirements.txt").is_file()
                 and (place / "course_lib").is_dir()), None)
    if path is None:
        return Finding(what, False, "there is no lock here: course_lib was installed from a wheel",
                       "run this in a clone of the repository to compare with its requirements.txt", False)
    lines = [line for line in path.read_text().splitlines() if line[:1] not in ("", " ", "#")]
    differing = [text for line in lines if (text := _problem(line))]
    return Finding(what, not differing, _some(differing) or f"{len(lines)} of {path.name}", "make setup", False)


def sandbox() -> list[Finding]:
    what = "a sandbox"
    if util.find_spec("packaging") is None or util.find_spec("nbgrader") is None:
        return [Finding(what, False, "not tried: the packages to grade are missing")]
    from .doctor import NoSandbox, examine

    try:
        return [Finding(what, True), *examine()]
    except NoSandbox as error:
        return [Finding(what, False, str(error), _way_to_a_sandbox())]


def browser() -> Finding:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return Finding("a browser to check the site and print it", found is not None, found or "",
                   "Debian and Ubuntu: apt install chromium", False)


def fonts() -> Finding:
    """Without any, the browser prints empty pages; figures bring their own."""
    listed = shutil.which("fc-list") and subprocess.run(["fc-list"], capture_output=True, text=True).stdout
    count = len((listed or "").splitlines())
    return Finding("fonts for that browser", count > 0, f"{count}" if count else "none found",
                   "Debian and Ubuntu: apt install fonts-dejavu-core", False)


def data() -> Finding:
    """CIFAR-10; everything but the last part's real runs works without it."""
    given = os.environ.get("CIFAR10_PATH")
    here = bool(given) and Path(given).exists()
    detail = "CIFAR10_PATH is not set" if not given else given if here else f"{given} does not exist"
    return Finding("CIFAR-10", here, detail, "nothing must be done: the book and the tests use images drawn by code; "
                   "for real ones, set CIFAR10_PATH, or course cifar train --data PATH", False)


def _asked(extra: str) -> list[str]:
    """The requirements of the package for an extra, those of the extras it names included."""
    try:
        asked = metadata.requires("course_lib") or []
    except metadata.PackageNotFoundError:
        return ["course_lib"]
    return [one.partition(";")[0] for one in asked if _extra_of(one) == extra]


def _extra_of(requirement: str) -> str:
    named = re.search(r"""extra\s*==\s*["']([\w-]+)["']""", requirement)
    return named[1] if named else ""


def _problem(requirement: str) -> str | None:
    """What is wrong with one requirement here; None where it is met or does not apply."""
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:
        name = re.match(r"[\w.-]+", requirement)[0]
        return None if util.find_spec(name) else f"{name} is missing"
    one = Requirement(requirement)
    if one.marker is not None and not one.marker.evaluate():
        return None
    version = next(filter(None, map(_version, (one.name, *_SAME.get(one.name, ())))), None)
    if version is None:
        return f"{one.name} is missing"
    return None if one.specifier.contains(version, prereleases=True) else f"{one.name} {version}, not {one.specifier}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _some(problems: list[str]) -> str:
    rest = f", and {len(problems) - 4} more" if len(problems) > 4 else ""
    return ", ".join(problems[:4]) + rest


def _way_to_a_sandbox() -> str:
    """What stands in the way on this machine, as far as it shows."""
    if sys.platform != "linux":
        return "grade on Linux: a virtual machine, a container, or (Windows) WSL 2"
    if shutil.which("bwrap") is None:
        return ""  # the finding says it
    if any(mark.exists() for mark in _IN_CONTAINER):
        return ("let the container make namespaces: --security-opt seccomp=unconfined --security-opt "
                "apparmor=unconfined --security-opt systempaths=unconfined")
    for name, (forbids, allows) in _SWITCHES.items():
        path = _SYSTEM.joinpath(*name.split("."))
        if path.exists() and path.read_text().strip() == forbids:
            return f"sudo sysctl -w {name}={allows}"
    return "let this user make user namespaces (see the handbook's page on the sandbox)"
