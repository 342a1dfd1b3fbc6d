"""Small faults put into a program, one at a time: what tests that deserve the name must notice."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
DROPPED = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Return, ast.Break, ast.Continue)


class Mutant(NamedTuple):
    """A program with one fault: `change` says which, as `line: before -> after`, with a number from the second on."""

    change: str
    code: str


def mutants(code: str) -> Iterator[Mutant]:
    """The programs that differ from `code` in one place.

    An arithmetic operator, the sides of a matrix product, a sign, a comparison, and/or or a condition is turned round,
    a number is one more or one less, True is False, a statement is dropped. Comments, docstrings and annotations stay.
    """
    tree = ast.parse(code)
    passive = {id(inner) for node in ast.walk(tree) for part in _passive(node) for inner in ast.walk(part)}
    seen, changes = {ast.unparse(tree)}, Counter()
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            children = value if isinstance(value, list) else [value]
            for place, child in enumerate(children):
                if not isinstance(child, ast.AST) or id(child) in passive:
                    continue
                for other in _variants(child, parent, field):
                    before = ast.unparse(child) or type(child).__name__
                    _put(parent, field, place, other)
                    whole = ast.unparse(ast.fix_missing_locations(tree))
                    _put(parent, field, place, child)
                    if whole not in seen:
                        seen.add(whole)
                        line = getattr(child, "lineno", 0)
                        change = f"{line}: {_short(before)} -> {_short(ast.unparse(other))}"
                        changes[change] += 1
                        yield Mutant(f"{change} ({changes[change]})" if changes[change] > 1 else change, whole)


def _put(parent: ast.AST, field: str, place: int, node: ast.AST) -> None:
    if isinstance(getattr(parent, field), list):
        getattr(parent, field)[place] = node
    else:
        setattr(parent, field, node)


def _short(text: str) -> str:
    """The first line, without what follows it."""
    first, *rest = text.splitlines()
    return f"{first} ..." if rest else first


def _passive(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that do nothing: its docstring and its annotations."""
    parts = []
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
        parts += node.body[:1] if ast.get_docstring(node, clean=False) is not None else []
    for field in ("annotation", "returns"):
        if isinstance(getattr(node, field, None), ast.AST):
            parts.append(getattr(node, field))
    return parts


def _negation(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _variants(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        elif isinstance(node.op, ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        yield ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, (int, float)):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
    if field == "test" or field == "ifs":
        yield _negation(node)
    if isinstance(node, DROPPED) and isinstance(parent, (ast.Module, ast.FunctionDef, ast.If, ast.For, ast.While)):
        yield ast.Pass()
