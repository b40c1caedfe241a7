"""Every small change of a program, one at a time: what a mistake of one keystroke does to a reference solution."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
                ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
               ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
               ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}


@dataclass(frozen=True)
class Mutant:
    """A changed program, and what was changed: `function: before -> after`, numbered where that occurs again."""

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module's functions and classes."""
    tree, seen = ast.parse(source), Counter()
    for number, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            mutated = copy.deepcopy(tree)
            target = next(other for i, other in enumerate(ast.walk(mutated)) if i == number)
            before = ast.unparse(node).splitlines()[0]
            after = change(target)
            name = f"{_around(tree, node)}: {before} -> {after}"
            seen[name] += 1
            yield Mutant(name if seen[name] == 1 else f"{name} ({seen[name]})", ast.unparse(mutated))


def count(source: str) -> int:
    """How many mutants there are, without making them."""
    return sum(1 for node in ast.walk(ast.parse(source)) for _ in _changes(node))


def _around(tree: ast.Module, node: ast.AST) -> str:
    """The definition at the top of the module that a node belongs to."""
    tops = (top for top in tree.body if hasattr(top, "name") and any(one is node for one in ast.walk(top)))
    return next((top.name for top in tops), "module")


def _changes(node: ast.AST) -> Iterator:
    """Functions that change a copy of `node` in place and say what stands there now."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARISONS:
            yield lambda n: _with(n, ops=[_COMPARISONS[type(op)]()])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            yield lambda n: _with(n, op=_ARITHMETIC[type(op)]())
        case ast.BoolOp(op=op):
            yield lambda n: _with(n, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(operand=operand) if not isinstance(operand, ast.Constant):
            yield lambda n: _with(n, op=ast.UAdd())
        case ast.Constant(value=bool(value)):
            yield lambda n: _with(n, value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield lambda n: _with(n, value=value + 1)
            yield lambda n: _with(n, value=value - 1)
        case ast.If() | ast.IfExp() | ast.While():
            yield lambda n: _negated(n)
        case ast.Call(args=[ast.AST(), ast.AST(), *_]) if not any(isinstance(a, ast.Starred) for a in node.args[:2]):
            yield lambda n: _with(n, args=[n.args[1], n.args[0], *n.args[2:]])
        case ast.FunctionDef(body=body):
            for number, statement in enumerate(body):
                if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) and not _is_text(statement):
                    yield lambda n, number=number: _dropped(n, number)
        case ast.For(body=[_, _, *_] as body):
            for number in range(len(body)):
                yield lambda n, number=number: _dropped(n, number)


def _with(node: ast.AST, **fields) -> str:
    for name, value in fields.items():
        setattr(node, name, value)
    ast.fix_missing_locations(node)
    return ast.unparse(node).splitlines()[0]


def _negated(node) -> str:
    return _with(node, test=ast.UnaryOp(ast.Not(), node.test))


def _dropped(node, number: int) -> str:
    gone = ast.unparse(node.body[number]).splitlines()[0]
    node.body[number] = ast.copy_location(ast.Pass(), node.body[number])
    return f"without {gone}"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
