"""What lies in a folder: one regular file is read, links and devices are not, and nothing of the student's is believed."""

import io
import os
import socket
import zipfile
from datetime import datetime

import pytest
from tiny_course import RIGHT

from course_lib.grading import collect, guard

NOTEBOOK = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}'


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "hand_in"
    path.mkdir()
    return path


def read(folder):
    return guard.read(folder, "ada", "tiny")


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_ipynb", ".ipynb").replace("_zip", ".zip"), content)
    return stream.getvalue()


@pytest.mark.parametrize("files, note", [
    ({"tiny.ipynb": NOTEBOOK}, None),
    ({"Tiny (1).ipynb": NOTEBOOK}, "found as Tiny (1).ipynb"),
    ({"tiny.ipynb.txt": NOTEBOOK}, "found as tiny.ipynb.txt"),
    ({"work/tiny_final.IPYNB": NOTEBOOK, "data.csv": b"1"}, "found as work/tiny_final.IPYNB"),
    ({"tiny.ipynb": NOTEBOOK, "old.ipynb": b"{}"}, "of 2 notebooks"),
    ({"tiny.zip": archive(a__tiny_ipynb=NOTEBOOK)}, "in an archive"),
    ({"tiny.ipynb": NOTEBOOK, ".ipynb_checkpoints/tiny-checkpoint.ipynb": b"{}"}, None),
])
def test_the_notebook_is_found_if_there_is_one(folder, files, note):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    hand_in = read(folder)
    assert hand_in.notebook == NOTEBOOK
    assert (note is None and not hand_in.notes) or note in "; ".join(hand_in.notes)


@pytest.mark.parametrize("files, why", [
    ({}, "nothing was handed in"),
    ({"notes.txt": b"later"}, "no notebook"),
    ({"a.ipynb": NOTEBOOK, "b.ipynb": NOTEBOOK}, "2 notebooks"),
    ({"tiny.zip": archive(inner_zip=archive(tiny_ipynb=NOTEBOOK))}, "no notebooks instead of one"),
    ({"tiny.zip": archive(a_ipynb=NOTEBOOK, b_ipynb=NOTEBOOK)}, "2 notebooks instead of one"),
    ({"tiny.zip": archive(tiny_ipynb=b" " * (guard.MAX_BYTES + 1))}, "larger than 50 MB"),
    ({"tiny.ipynb": b" " * (guard.MAX_BYTES + 1)}, "larger than 50 MB"),
    ({f"{i}.txt": b"" for i in range(guard.MAX_ENTRIES + 1)}, "more than 200 files"),
])
def test_otherwise_the_reason_is_given(folder, files, why):
    for name, content in files.items():
        (folder / name).write_bytes(content)
    hand_in = read(folder)
    assert hand_in.notebook is None
    assert why in "; ".join(hand_in.notes)
    assert hand_in.missing == (not files)


def test_a_folder_that_is_not_there_is_missing(tmp_path):
    hand_in = read(tmp_path / "nobody")
    assert hand_in.missing and hand_in.notebook is None


def _link_file(folder, secret):
    (folder / "tiny.ipynb").symlink_to(secret)


def _link_folder(folder, secret):
    (folder / "inner").symlink_to(secret.parent)


def _link_to_proc(folder, secret):
    (folder / "tiny.ipynb").symlink_to("/proc/self/environ")


def _pipe(folder, secret):
    os.mkfifo(folder / "tiny.ipynb")


def _socket(folder, secret):
    here = os.getcwd()
    os.chdir(folder)
    try:
        socket.socket(socket.AF_UNIX).bind("tiny.ipynb")
    finally:
        os.chdir(here)


def _folder(folder, secret):
    (folder / "tiny.ipynb").mkdir()


@pytest.mark.parametrize("make", [_link_file, _link_folder, _link_to_proc, _pipe, _socket, _folder])
def test_only_regular_files_are_read(folder, tmp_path, make):
    secret = tmp_path / "secret" / "tiny.ipynb"
    secret.parent.mkdir()
    secret.write_bytes(NOTEBOOK)
    make(folder, secret)
    assert read(folder).notebook is None


def test_a_linked_hand_in_folder_is_not_followed(tmp_path):
    (tmp_path / "classmate").mkdir()
    (tmp_path / "classmate" / "tiny.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "link").symlink_to(tmp_path / "classmate")
    assert read(tmp_path / "link").notebook is None


def test_a_link_in_the_middle_is_not_followed_even_if_it_appears_late(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "tiny.ipynb").write_bytes(NOTEBOOK)
    (folder / "inner").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(guard._Refused):
        guard._bytes(folder, "inner/tiny.ipynb")


def test_collecting_keeps_the_original_and_leaves_one_plain_notebook(course, put, notebook_of, tmp_path):
    folder = put("eve", notebook_of(**RIGHT))
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (folder / "link.txt").symlink_to(secret)
    (folder / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    hand_in = collect.collect(course, "tiny", "eve")
    assert [path.name for path in folder.iterdir()] == ["tiny.ipynb"]
    assert hand_in.timestamp is None and "timestamp.txt was not believed" in "; ".join(hand_in.notes)
    originals = course.root / ".course" / "originals" / "tiny" / "eve" / "1"
    assert {path.name for path in originals.iterdir()} == {"tiny.ipynb", "link.txt", "timestamp.txt"}
    assert collect.read(course, "tiny", "eve") == hand_in
    assert collect.collect(course, "tiny", "eve") == hand_in


def test_timestamps_are_believed_when_asked_to(course, put, notebook_of):
    (put("eve", notebook_of()) / "timestamp.txt").write_text("2026-01-31 12:00:00 UTC")
    assert collect.collect(course, "tiny", "eve", believe_timestamps=True).timestamp == datetime(2026, 1, 31, 12)
    assert collect.read(course, "tiny", "eve").timestamp == datetime(2026, 1, 31, 12)


def test_an_unreadable_notebook_becomes_the_blank_release_with_a_reason(course, put):
    folder = put("eve", b'{"cells": [')
    hand_in = collect.collect(course, "tiny", "eve")
    assert hand_in.notebook is None and "not JSON" in "; ".join(hand_in.notes)
    assert (folder / "tiny.ipynb").read_bytes() == course.notebook("release", "tiny").read_bytes()


def test_a_changed_folder_is_collected_again(course, put, notebook_of):
    put("eve", notebook_of())
    collect.collect(course, "tiny", "eve")
    put("eve", notebook_of(**RIGHT))
    assert b"x + x" in collect.collect(course, "tiny", "eve").notebook


def test_hand_ins_are_brought_from_a_folder(course, notebook_of, tmp_path):
    import nbformat

    (tmp_path / "in" / "ada").mkdir(parents=True)
    nbformat.write(notebook_of(**RIGHT), tmp_path / "in" / "ada" / "tiny.ipynb")
    (tmp_path / "in" / "bob").mkdir()
    (tmp_path / "in" / "link").symlink_to("/etc")
    brought, notes = collect.bring(course, "tiny", tmp_path / "in")
    assert notes == ["link is a link or no regular file and is left alone"]
    assert [(one.student, one.notebook is not None, one.missing) for one in brought] == [
        ("ada", True, False), ("bob", False, True)]
    assert course.students("tiny") == ["ada", "bob"]
