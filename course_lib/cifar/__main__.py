"""`python -m course_lib.cifar`: the same as `course cifar`."""

import argparse

from .commands import add_commands

parser = argparse.ArgumentParser(prog="python -m course_lib.cifar", description=__doc__)
add_commands(parser)
arguments = parser.parse_args()
raise SystemExit(arguments.run(arguments))
