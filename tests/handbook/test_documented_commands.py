"""Every command and every path that README and handbook name exists; `test_walk` runs them."""

import ast
import re

import pytest
import yaml
from pages import ALL, NEEDS, PAGES, SHELL
from working_copy import ROOT

from course_lib import cli

MAKEFILE = (ROOT / "Makefile").read_text()
ASSIGNMENTS = {path.stem for path in (ROOT / "assignments").glob("*.py")} | {"NAME", "running_maximum"}
MADE = ("assignments/source", "assignments/release", "assignments/submitted", "assignments/autograded",
        "assignments/feedback", "assignments/gradebook.db", "assignments/.course", "assignments/NAME",
        "assignments/running_maximum", "assignments/max_pooling.ipynb", "_build/")
TOPS = r"(?:course_lib|tests|book|assignments|benchmarks|scripts|binder|\.github|\.devcontainer|\.ci|_build)"


def test_there_is_something_to_test():
    assert len(PAGES) > 10 and len(SHELL) > 30
    assert sum(block.walked for block in SHELL) > len(SHELL) / 2


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_shell_blocks_are_run_or_say_what_they_need(block):
    assert block.language == "sh"
    assert block.mark in ("", "needs", "runs", "serves")
    if block.mark == "needs":
        assert block.value in NEEDS
    if block.mark == "runs":
        assert block.text.split("#")[0].strip() in (ROOT / block.value).read_text().splitlines()


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_commands_of_the_course_are_understood(block):
    for words in block.commands():
        if words[0] == "course":
            arguments = cli._parser().parse_args(words[1:])
            assert getattr(arguments, "name", None) in {*ASSIGNMENTS, None}
        if words[0] == "make":
            for target in (word for word in words[1:] if "=" not in word and not word.startswith("-")):
                assert re.search(rf"^{target}:", MAKEFILE, re.M), target


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_text_are_understood(page):
    text = (ROOT / page).read_text()
    for said in re.findall(r"`(course [^`\n]+)`", text):
        if "..." in said:
            continue
        _, *words = said.replace("[", "").replace("]", "").split()
        with pytest.raises(SystemExit) as ended:
            cli.main([words[0], "--help"])
        assert ended.value.code == 0, said
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page):
    text = (ROOT / page).read_text()
    named = re.findall(rf"(?<![\w./])({TOPS}/[\w./-]*)", re.sub(r"<!--.*?-->", "", text))
    for path in {one.rstrip(".") for one in named}:
        assert path.startswith(MADE) or "NAME" in path or "running_maximum" in path or (ROOT / path).exists(), path
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), link


@pytest.mark.parametrize("block", [one for one in ALL if one.language in ("python", "yaml", "toml")], ids=str)
def test_files_that_are_shown_can_be_read(block):
    if block.language == "python":
        ast.parse(block.text)
    else:
        assert isinstance(yaml.safe_load(block.text), dict)
