"""The situations of the pooling playground, worked out by the reference functions.

A situation is what stands after the `#` of a link to the playground, such as `pooling=soft_pool&pool_size=3`. Here
it becomes the figure that stands on a page without scripts; `course_lib.figures.golden` holds the playground's own
arithmetic against what is worked out here.
"""

from __future__ import annotations

import html
import inspect
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import numpy as np

import course_lib
from course_lib.figures.grids import number

RUNNING_EXAMPLE = ((1, 3, 2, -1), (3, 0, 4, 4), (-2, 5, 0, 1), (6, 2, 1, 1))
PANELS = ("gradient", "map", "python", "shift")
# What the playground needs besides the functions' own arguments.
VIEW = ("at", "shift", "fill")
GEOMETRY = ("pool_size", "strides", "padding", "dilation", "ceil_mode")
SHADES, TINTS = 10, 5


@dataclass
class Situation:
    """A pooling, the map it reads, its arguments, and the gradient of its output (`None`: ones)."""

    pooling: str = "max_pool"
    x: np.ndarray = field(default_factory=lambda: np.array(RUNNING_EXAMPLE, float))
    arguments: dict = field(default_factory=dict)
    dy: np.ndarray | None = None

    @property
    def input(self) -> np.ndarray:
        return self.x[None, :, :, None]


def read(text: str) -> Situation:
    """The situation that a link's fragment states.

    Raises:
        ValueError: a key that the pooling does not have, or a value that is no number, matrix or word.

    >>> read("pooling=average_pool&pool_size=2,3&padding=same").arguments
    {'pool_size': (2, 3), 'padding': 'same'}
    """
    given = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)))
    situation = Situation(given.pop("pooling", "max_pool"))
    for key in ("x", "dy"):
        if key in given:
            setattr(situation, key, _matrix(given.pop(key)))
    for key in VIEW:
        given.pop(key, None)
    # Two poolings are compared, and windows may belong to the second alone.
    other = arguments_of(given.pop("versus", "average_pool")) - arguments_of(situation.pooling)
    situation.arguments = {
        key: _value(value) for key, value in given.items() if not (key in GEOMETRY and key in other)
    }
    # An unknown pooling or argument is found here.
    _call(situation)
    return situation


def pool(situation: Situation) -> tuple[np.ndarray, np.ndarray]:
    """The output of the situation and the gradient of its input, as matrices.

    Raises:
        TypeError, ValueError: as the pooling.

    >>> pool(read("x=1,3;3,0"))[1]
    array([[0., 1.],
           [0., 0.]])
    """
    forward, backward, arguments, keywords = _call(situation)
    y = forward(situation.input, *arguments, **keywords)
    if y.ndim == 2:
        keywords["keepdims"] = True
        y = y[:, None, None, :]
    dy = np.ones(y.shape) if situation.dy is None else situation.dy.reshape(y.shape)
    dx = backward(dy, situation.input, *arguments, **keywords)
    if situation.pooling == "lip_pool":
        # The playground's logits are a multiple of the map, so the map moves them too.
        dx = dx[0] + situation.arguments.get("beta", BETA) * dx[1]
    elif isinstance(dx, tuple):
        dx = dx[0]
    return y[0, :, :, 0], dx[0, :, :, 0]


BETA, GATE = 2, 0.1


def _call(situation: Situation):
    """The function, its gradient, and the arguments of both after `x`."""
    name, given = situation.pooling, dict(situation.arguments)
    window = np.broadcast_to(given.get("pool_size", 2), 2)
    arguments = []
    if name == "lip_pool":
        arguments = [given.pop("beta", BETA) * situation.input]
    elif name == "gated_pool":
        arguments = [np.full(window, given.pop("gate", GATE), float)]
    elif name == "weighted_pool":
        arguments = [np.reshape(given.pop("weights", _bell(window)), window)]
    elif name == "ordinal_pool":
        weights = np.ravel(given.pop("weights", np.arange(window.prod(), 0, -1.0)))
        arguments = [weights / weights.sum()]
    elif name.startswith("adaptive_"):
        given.setdefault("output_size", 3)
    forward = getattr(course_lib, name)
    unknown = given.keys() - arguments_of(name)
    if unknown:
        raise ValueError(f"{name} has no argument {', '.join(sorted(unknown))}")
    return forward, getattr(course_lib, f"{name}_backward"), arguments, given


def arguments_of(name: str) -> set[str]:
    """The names of a pooling's arguments.

    Raises:
        ValueError: there is no such pooling, or it has no gradient.

    >>> sorted(arguments_of("blur_pool"))
    ['filter_size', 'strides', 'x']
    """
    if not re.fullmatch(r"\w+_pool", name) or not hasattr(course_lib, f"{name}_backward"):
        raise ValueError(f"course_lib has no pooling {name!r} with a gradient")
    return set(inspect.signature(getattr(course_lib, name)).parameters)


def _bell(window) -> np.ndarray:
    rows = [np.array([1.0]) for _ in window]
    for i, size in enumerate(window):
        for _ in range(size - 1):
            rows[i] = np.convolve(rows[i], [1, 1])
    return np.outer(*rows)


def _matrix(text: str) -> np.ndarray:
    rows = [[float(cell) for cell in row.split(",")] for row in text.split(";")]
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"a matrix has rows of one length, got {text!r}")
    return np.array(rows)


def _value(text: str):
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch("[a-z_]+", text):
        return text
    numbers = [int(n) if re.fullmatch(r"-?\d+", n) else float(n) for n in text.split(",")]
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def embed(text: str = "", panels: str = "", *, main: bool = False) -> str:
    """The playground as HTML: a static figure, and what the script needs to bring it to life.

    `panels` names what is shown besides the input and the output. `main` is the one of its page whose state lives
    in the page's address.

    Raises:
        ValueError: as `read`; or there is no such panel.

    >>> "data-state='pooling=min_pool'" in embed("pooling=min_pool").replace('"', "'")
    True
    """
    unknown = set(panels.split()) - set(PANELS)
    if unknown:
        raise ValueError(f"the panels are {', '.join(PANELS)}; got {', '.join(sorted(unknown))}")
    situation = read(text)
    attributes = f'class="pooling-playground" data-state="{html.escape(text)}" data-show="{html.escape(panels)}"'
    if main:
        chapters = ";".join(f"{row.name}={row.chapter}" for row in course_lib.CATALOGUE if row.chapter)
        attributes += f' data-main="" data-chapters="{chapters}"'
    return f"<div {attributes}>{_figure(situation, 'gradient' in panels)}</div>"


def _figure(situation: Situation, gradient: bool) -> str:
    y, dx = pool(situation)
    stages = _stage(("Input", situation.x, _shade), "→", ("Output", y, _shade))
    if gradient:
        dy = np.ones(y.shape) if situation.dy is None else situation.dy.reshape(y.shape)
        stages += _stage(("Gradient of the input", dx, _tint), "←", ("Gradient of the output", dy, _tint))
    title = course_lib.by_name(situation.pooling).title
    told = ", ".join(f"{key.replace('_', ' ')} {_told(value)}" for key, value in situation.arguments.items())
    caption = f"{title}{': ' + told if told else ''}. With scripts switched on, a playground stands here."
    return f'<figure><div class="pp-stages">{stages}</div><figcaption>{html.escape(caption)}</figcaption></figure>'


def _told(value) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _stage(left, arrow: str, right) -> str:
    return (
        f'<div class="pp-stage">{_table(*left)}<div class="pp-arrow{" pp-arrow-back" * (arrow == "←")}"'
        f' aria-hidden="true"></div>{_table(*right)}</div>'
    )


def _table(name: str, values: np.ndarray, tone) -> str:
    rows = "".join(
        "<tr>" + "".join(f'<td class="pp-tone {tone(v, values)}">{number(v)}</td>' for v in row) + "</tr>"
        for row in values
    )
    many = " pp-many" * (values.shape[1] > 6)
    return (
        f'<div class="pp-panel"><p class="pp-title" aria-hidden="true">{name}</p>'
        f'<table class="pp-grid{many}" aria-label="{name}"><tbody>{rows}</tbody></table></div>'
    )


def _shade(value: float, values: np.ndarray) -> str:
    low, spread = values.min(), np.ptp(values)
    return f"pp-shade-{round(SHADES * (value - low) / spread) if spread > 0 else 0}"


def _tint(value: float, values: np.ndarray) -> str:
    level = int(np.ceil(TINTS * abs(value) / (np.abs(values).max() or 1) - 1e-9))
    return f"pp-{'plus' if value > 0 else 'minus'}-{level}" if level else "pp-zero"
