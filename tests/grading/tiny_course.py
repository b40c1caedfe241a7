"""Where the tiny assignment lies, right answers to it, and what they earn."""

from pathlib import Path

HERE = Path(__file__).parent
CONFIG = HERE.parents[1] / "assignments" / "nbgrader_config.py"

RIGHT = {
    "double": "def double(x):\n    return x + x",
    "total": "def total(numbers):\n    result = 0\n    for number in numbers:\n        result += number\n    return result",
    "Counter": ("class Counter:\n    def __init__(self, start=0):\n        self.count = start\n"
                "    def step(self, n=1):\n        self.count += n\n        return self.count\n\nlucky = 42"),
}
AUTO_MAX = 9
