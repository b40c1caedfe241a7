"""What a sandbox may see: an allow-list of folders, as arguments for bubblewrap.

Python's standard library, the system's C libraries, the packages that the assignment names with everything that they
depend on, `course_lib.testing`, and the runner. Paths inside do not depend on those outside: Python is at /python,
packages are at /packages. Nothing else of the machine or of the environment is there.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

_COURSE_LIB = Path(__file__).resolve().parents[1]
_OURS = {
    "inside": _COURSE_LIB / "grading" / "inside",
    "course_lib/__init__.py": _COURSE_LIB / "__init__.py",
    "course_lib/testing.py": _COURSE_LIB / "testing.py",
}
PYTHON = "/python/bin/python3"


class NotInstalled(Exception):
    """An assignment allows a module that this environment lacks."""


@cache
def arguments(allow: tuple[str, ...]) -> tuple[str, ...]:
    """bubblewrap's arguments for a read-only view of what `allow` names. Raises `NotInstalled`."""
    result: list[str] = []
    modules = [module for module in allow if module.startswith("course_lib.")]
    others = [module for module in allow if module not in modules]
    for inside, outside in {**_system(), **_python(), **_ours(modules), **_packages(others)}.items():
        result += ["--symlink" if isinstance(outside, Link) else "--ro-bind", str(outside), inside]
    for folder in _hidden():
        result += ["--tmpfs", folder]
    return tuple(result)


class Link(str):
    """The target of a symbolic link that the sandbox gets in place of a folder."""


def _system() -> dict[str, str]:
    """The folder of the C library and the loader's names for it."""
    found = {}
    for folder in ("/lib", "/lib64", "/usr/lib64"):
        if os.path.islink(folder):
            found[folder] = Link(os.readlink(folder))
        elif os.path.isdir(folder) and folder != "/lib":
            found[folder] = folder
    for path in _library_folders():
        found[path] = path
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        if os.path.exists(path):
            found[path] = path
    return found


def _library_folders() -> list[str]:
    with open("/proc/self/maps") as maps:
        loaded = {line.split()[-1] for line in maps if "/libc.so" in line or "/libc-" in line or "/ld-" in line}
    return sorted({os.path.dirname(os.path.realpath(path)) for path in loaded})


def _python() -> dict[str, str]:
    """The interpreter and its standard library, moved to /python."""
    base = Path(sys.base_prefix)
    found = {PYTHON: os.path.realpath(getattr(sys, "_base_executable", sys.executable))}
    for kind in ("stdlib", "platstdlib"):
        folder = Path(sysconfig.get_path(kind, vars={"base": str(base), "platbase": sys.base_exec_prefix}))
        if folder.is_relative_to(base) and folder.is_dir():
            found[f"/python/{folder.relative_to(base)}"] = str(folder)
    if base != Path("/usr"):
        found |= {f"/python/lib/{library.name}": str(library) for library in (base / "lib").glob("*.so*")}
    return found


def _ours(modules: list[str]) -> dict[str, str]:
    """What every sandbox has, and single modules of `course_lib` that the assignment names, with their packages."""
    found = {f"/course/{inside}": str(outside) for inside, outside in _OURS.items()}
    for module in modules:
        parts = module.split(".")
        for file in (Path(*parts[:-1], "__init__.py"), Path(*parts).with_suffix(".py")):
            if not (_COURSE_LIB.parent / file).is_file():
                raise NotInstalled(f"the assignment allows {module!r}, which is no module of course_lib")
            found[f"/course/{file}"] = str(_COURSE_LIB.parent / file)
    return found


def _hidden() -> list[str]:
    """Folders of installed packages that would come along inside the bound ones."""
    hidden = []
    for inside, outside in {**_python(), **{path: path for path in _library_folders()}}.items():
        for name in ("site-packages", "dist-packages", "python3/dist-packages", "python3*/site-packages"):
            hidden += [f"{inside}/{folder.relative_to(outside)}" for folder in Path(outside).glob(name)]
    return sorted(set(hidden))


def _packages(allow: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for distribution in _closure(allow):
        for name, path in _top_level(distribution):
            found[f"/packages/{name}"] = str(path)
    for module in allow:
        top = module.partition(".")[0]
        if top not in sys.stdlib_module_names and not any(f"/packages/{top}{end}" in found for end in ("", ".py")):
            found |= _folder_of(top)
    return found


def _closure(allow: tuple[str, ...]) -> list[metadata.Distribution]:
    """The distributions that provide `allow`, and all that they require on this machine."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [name for module in allow for name in _providers(module.partition(".")[0])]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = distribution
        requirements = map(Requirement, distribution.requires or ())
        waiting += [one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    return list(found.values())


def _providers(module: str) -> list[str]:
    if module in sys.stdlib_module_names:
        return []
    try:
        return [metadata.distribution(module).metadata["Name"]]
    except metadata.PackageNotFoundError:
        return metadata.packages_distributions().get(module, [])


def _top_level(distribution: metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """Names and places of what a distribution puts into site-packages; one level deeper for namespace packages."""
    root = Path(distribution.locate_file(""))
    tops = {file.parts for file in distribution.files or () if file.parts[0] not in ("..", "/", "__pycache__")}
    for parts in {parts[: _depth(root, parts)] for parts in tops}:
        if not parts[-1].endswith(".pth"):
            yield "/".join(parts), root.joinpath(*parts)


def _depth(root: Path, parts: tuple[str, ...]) -> int:
    folder = root / parts[0]
    namespace = len(parts) > 2 and not (folder / "__init__.py").exists() and "." not in parts[0]
    return 2 if namespace else 1


def _folder_of(module: str) -> dict[str, str]:
    """Where a module lies whose distribution does not list its files, as system packages do not."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        raise NotInstalled(f"the assignment allows {module!r}, which is not installed here")
    places = list(spec.submodule_search_locations or [spec.origin])
    return {f"/packages/{os.path.basename(place)}": place for place in places}
