import json
import subprocess
import sys
from argparse import ArgumentParser

import pytest

from course_lib.cifar.commands import register


def run(*words, status=0):
    parser = ArgumentParser(prog="course")
    register(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["cifar", *map(str, words)])
    assert arguments.run(arguments) == status


def test_tensorflow_waits_for_a_command():
    code = (
        "import sys, argparse; from course_lib.cifar.commands import register; import course_lib.cifar.plans\n"
        "register(argparse.ArgumentParser().add_subparsers())\n"
        "import course_lib.cifar.compare, course_lib.cifar.data, course_lib.cifar.sample\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words, says", [
    (("train", "--data", "nowhere"), "there is nothing at nowhere"),
    (("train", "--data", __file__), "not a readable tar archive"),
    (("train", "--epochs", "0"), "epochs must be at least 1, got 0"),
    (("train", "--validation", "4000"), "validation must be from 1 to 3999"),
    (("train", "--pooling", "median"), "no row 'median'"),
    (("train", "--pooling", "gem_pool"), "gem_pool does not halve a map"),
    (("train", "--pooling", "lip_pool"), "lip_pool does not halve a map by itself"),
    (("train", "--pooling", "adaptive_max_pool"), "no layer that needs no arguments"),
    (("compare", "blur", "--seeds", "1"), "needs from 2 to 16 seeds, got 1"),
    (("compare", "blur", "--images", "5000"), "images must be from 1 to the 4000 there are, got 5000"),
    (("figures", "nowhere.json"), "nowhere.json: No such file"),
    (("figures", __file__), "is no result of train, compare or cost"),
    (("compare", "nothing"), "there is no plan 'nothing'; there are poolings, heads"),
])
def test_what_cannot_be_done_is_one_sentence(words, says, tmp_path, capsys):
    run(*words, *(("--folder", tmp_path) if words[0] == "train" else ()), status=1)
    error = capsys.readouterr().err
    assert error.startswith("course cifar: ") and says in error and error.count("\n") == 1


def test_a_folder_that_is_a_file_is_said_before_training(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    run("train", "--folder", tmp_path / "taken", status=1)
    assert capsys.readouterr().err.endswith("taken cannot be a run's folder: File exists\n")


def test_train_writes_the_result_and_every_picture(tmp_path, capsys):
    run("train", "--epochs", "1", "--folder", tmp_path, "--pictures", "--test")
    result = json.loads((tmp_path / "result.json").read_text())
    assert "not CIFAR-10" in result["data"]["source"] and result["test"]["accuracy"] <= 1
    drawn = {file.stem for file in tmp_path.glob("*.svg")}
    assert drawn == {"curves", "confusion", "examples", "filters", "saliency", "maps", "activation"}
    run("figures", tmp_path / "result.json", "--output", tmp_path / "again")
    assert {file.name for file in (tmp_path / "again").iterdir()} == {"result-curves.svg", "result-confusion.svg"}
    assert "validation accuracy" in capsys.readouterr().out
