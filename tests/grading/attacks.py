"""Hand-ins that try to gain points without a right answer. Every function in them is wrong."""

import json

import nbformat
from attack_cells import BEFORE as CELLS
from attack_frames import BEFORE as FRAMES
from attack_functions import INSTEAD
from attack_notebooks import NOTEBOOKS

WRONG = {
    "double": "def double(x):\n    return 0 * x",
    "total": "def total(numbers):\n    return -1",
    "Counter": "class Counter:\n    def __init__(self, start=0):\n        self.count = -1\n"
               "    def step(self, n=1):\n        return -1\n\nlucky = 7",
}
ATTACKS = [*CELLS, *FRAMES, *INSTEAD, *NOTEBOOKS]


def attack(name: str, notebook_of, root) -> bytes:
    """The attacker's notebook; `root` is the course folder."""
    before = CELLS.get(name, FRAMES.get(name, ""))
    notebook = notebook_of(*[before.replace("{root}", str(root))] * bool(before), **WRONG | INSTEAD.get(name, {}))
    data = nbformat.writes(notebook)
    return NOTEBOOKS[name](json.loads(data)) if name in NOTEBOOKS else data.encode()
