"""Excerpts of the code that ran: what a reader must see of it, in few and short lines."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize
from collections.abc import Collection, Iterator


def cut_code(code: str, names: Collection[str] = ()) -> str:
    """Return Python code without docstrings, comments and empty lines, its definitions one after another.

    A class is cut to the bodies of its methods, each under a comment with its name, so that networks may stand side by
    side.

    Args:
        names: functions and classes to keep, all by default; the result is empty if the code has none of them.
    """
    lines = _drop_comments(code).splitlines()
    kept = [node for node in ast.parse(code).body if not names or getattr(node, "name", None) in names]
    return "".join(f"{part}\n" for node in kept for part in _cut(node, lines))


def _drop_comments(code: str) -> str:
    """Return code without comments; the numbers of its lines stay."""
    lines = code.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)


def _cut(node: ast.stmt, lines: list[str]) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef):
                yield f"# {node.name}.{method.name}"
                yield from _take(method.body, lines)
    elif isinstance(node, ast.FunctionDef):
        yield from filter(str.strip, lines[_find_first(node) - 1 : node.body[0].lineno - 1])
        yield textwrap.indent("\n".join(_take(node.body, lines)), " " * 4)


def _take(body: list[ast.stmt], lines: list[str]) -> Iterator[str]:
    """Yield the lines of a function's body, without its docstring and the call of its base class."""
    shown = [node for node in body if not _is_docstring(node) and ast.unparse(node) != "super().__init__()"]
    kept = [line for node in shown for line in lines[_find_first(node) - 1 : node.end_lineno] if line.strip()]
    yield from textwrap.dedent("\n".join(kept)).splitlines()


def _find_first(node: ast.stmt) -> int:
    """Return the number of a statement's first line, that of its decorators if it has any."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
