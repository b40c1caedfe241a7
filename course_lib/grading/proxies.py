"""What a test cell finds in place of a student's function, class or object: a stand-in that asks the sandbox."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.random import Generator

from ..testing import Mismatch, case
from .inside.frames import FrameError, Unsendable
from .session import Branch, Broken

# Exceptions that a student's function may raise in a test, by name. None that ends loops or programs quietly
# (StopIteration, SystemExit, ...) is among them, nor AssertionError, by which tests speak.
_EXCEPTIONS = {name: getattr(builtins, name) for name in (
    "ArithmeticError", "AttributeError", "BufferError", "EOFError", "FileNotFoundError", "FloatingPointError",
    "ImportError", "IndexError", "KeyError", "LookupError", "MemoryError", "ModuleNotFoundError", "NameError",
    "NotImplementedError", "OSError", "OverflowError", "PermissionError", "RecursionError", "ReferenceError",
    "RuntimeError", "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeError", "ValueError",
    "ZeroDivisionError")}


class StudentError(Exception):
    """An exception of the student's code that is not one of Python's usual ones."""


class Refused(Broken):
    """What a call returned may not cross."""


class Unanswered(Broken):
    """Of several calls one has no answer."""


class Ends:
    """Translates at this end what is not plain: generators, references and handles.

    `patient` ends put every call for itself, and so can tell what came of each.
    """

    def __init__(self, branch: Branch, shared: dict, *, patient: bool):
        self.branch, self.shared, self.patient = branch, shared, patient
        self.repeated: set[str] = set()

    def send(self, value):
        if isinstance(value, Generator):
            state = value.bit_generator.state
            if state["bit_generator"] != "PCG64":
                return None
            return ["rng", *(f"{number:x}" for number in (*state["state"].values(), state["has_uint32"],
                                                          state["uinteger"]))]
        if isinstance(value, Handle):
            return ["handle", value.__dict__["_number"]]
        if isinstance(value, Function):
            return ["ref", value.__name__]
        if isinstance(value, types.FunctionType | type) and self.shared.get(value.__name__) is value:
            return ["ref", value.__name__]
        return None

    def receive(self, tag, items):
        if tag == "handle" and len(items) == 2 and type(items[0]) is int and type(items[1]) is str:
            return Handle(self, *items)
        raise FrameError("an unknown tag")

    def get(self, name: str, number: int | None = None):
        """A name's value, or a `Function` for what can be called."""
        answer = self._ask({"do": "get", "name": name, "handle": number, "keep": number is not None}, name)
        return Function(self, name, number) if answer.get("callable") is True else _value(answer)

    def call(self, name: str, args: tuple, kwargs: dict, number: int | None = None, keep: bool = False):
        message = {"do": "call", "name": name, "handle": number, "args": args, "kwargs": kwargs, "keep": keep}
        answer = self._ask(message, name)
        return _value(answer), _changed(answer)

    def calls(self, name: str, calls: list[tuple[tuple, dict]]) -> list[tuple]:
        """As `call` for each of a name's calls, in one message. Raises `Unanswered`, whatever went wrong."""
        message = {"do": "calls", "name": name, "handle": None, "calls": calls}
        answers = self.branch.ask(message, send=self.send).get("answers")
        if type(answers) is not list or len(answers) != len(calls):
            raise Unanswered("one of several calls")
        return [_pair(answer) for answer in answers]

    def _ask(self, message: dict, name: str) -> dict:
        answer = self.branch.ask(message, send=self.send, receive=self.receive if message["keep"] else None)
        if "error" in answer:
            raise _exception(answer["error"], name)
        if "odd" in answer:
            raise Refused(_odd(answer["odd"], name))
        return answer


class Function:
    """Calls a function in the sandbox. `changed_arguments` tells which arguments the last call changed."""

    def __init__(self, ends: Ends, name: str, number: int | None = None, keep: bool = False):
        self._ends, self._number, self._keep = ends, number, keep
        self.__name__ = self.__qualname__ = name
        self.changed_arguments: tuple = ()

    def __call__(self, *args, **kwargs):
        """The result, or the exception that the call raised. Raises `Broken` if there is neither.

        The first call of a question is made twice: a result that differs is none.
        """
        first = self._plain and self.__name__ not in self._ends.repeated
        try:
            value, self.changed_arguments = self._twice(args, kwargs) if first else self._once(args, kwargs)
        except (Exception, Broken) as error:
            error.call = case(*args, **kwargs).describe(self)
            raise
        return value

    def results(self, cases: Iterable[case]) -> Iterator:
        """What the calls return, one after another."""
        if self._ends.patient or not self._plain:
            yield from (one.call(self) for one in cases)
        else:
            calls = [one.call(_arguments) for one in cases]
            for value, changed in self._ends.calls(self.__name__, calls):
                self.changed_arguments = changed
                yield value

    @property
    def _plain(self) -> bool:
        """Whether it is found by its name and nothing of its results stays in the sandbox."""
        return not self._keep and self._number is None

    def _once(self, args: tuple, kwargs: dict) -> tuple:
        return self._ends.call(self.__name__, args, kwargs, self._number, self._keep)

    def _twice(self, args: tuple, kwargs: dict) -> tuple:
        if self._ends.patient:
            answers = [self._once(args, kwargs) for _ in range(2)]
        else:
            answers = self._ends.calls(self.__name__, [(args, kwargs)] * 2)
        self._ends.repeated.add(self.__name__)
        (value, changed), (again, _) = answers
        if not _same(value, again):
            raise Mismatch("The same call gave a different answer the second time.")
        return value, changed

    def __repr__(self):
        return self.__name__


class Handle:
    """An object that stays in the sandbox. Calling it or a method sends arguments; reading asks for plain data."""

    def __init__(self, ends: Ends, number: int, kind: str):
        self.__dict__.update(_ends=ends, _number=number, _kind=kind)

    def __call__(self, *args, **kwargs):
        return self._ends.call("", args, kwargs, self._number)[0]

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._ends.get(name, self._number)

    def __setattr__(self, name, value):
        raise TypeError("an object in the sandbox cannot be changed from outside")

    def __repr__(self):
        return f"<an object of class {self._kind}>"


def _arguments(*args, **kwargs) -> tuple[tuple, dict]:
    return args, kwargs


def _same(one, other) -> bool:
    """Whether two results agree, up to rounding."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, np.ndarray | np.number | float | complex):
        return np.shape(one) == np.shape(other) and np.allclose(one, other, equal_nan=True)
    return one == other


def _pair(answer) -> tuple:
    if type(answer) is not tuple or len(answer) != 2:
        raise Broken("the answer made no sense: it is not one of several")
    return answer[0], _changed({"changed": answer[1]})


def _value(answer: dict):
    if "value" not in answer:
        raise Broken("the answer made no sense: it has no value")
    return answer["value"]


def _changed(answer: dict) -> tuple:
    changed = answer.get("changed")
    if type(changed) is not list or not all(type(name) in (int, str) for name in changed):
        raise Broken("the answer made no sense: it does not say what was changed")
    return tuple(changed)


def _exception(description, name: str) -> Exception:
    if type(description) is not list or len(description) != 3 or not all(type(x) is str for x in description):
        raise Broken("the answer made no sense: an exception without a name")
    kind, text, place = description
    error = _EXCEPTIONS[kind](text) if kind in _EXCEPTIONS else StudentError(f"{kind}: {text}")
    error.student = (name, kind, text, place)
    return error


def _odd(description, name: str) -> str:
    if type(description) is not list or len(description) != 3 or not all(type(x) is str for x in description):
        raise Broken("the answer made no sense")
    kind, text, why = description
    text = " ".join(text[:120].split())
    return (f"{name} returned {text} (of type {kind}): {why}. Expected are numbers, strings, True, False, None, "
            "NumPy arrays of numbers, and lists, tuples and dicts of these.")


__all__ = ["Broken", "Ends", "Function", "Handle", "Refused", "StudentError", "Unsendable"]
