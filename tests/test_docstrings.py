"""Docstrings: nearly all public names have one, functions say in the imperative what they do, the rest are nouns."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from synthetic import ROOT

PACKAGE = ROOT / "reportgen"

MIN_COVERAGE = 0.95
"""Least share of public modules, classes, functions and properties that have a docstring."""
MAX_ODD = 0.02
"""Largest share of docstrings with an odd opening."""

ODD_ANYWHERE = {
    *("And", "As", "By", "How", "If", "Its", "Of", "That", "What", "Where", "Whether", "Which", "Whose", "Why", "With"),
    *("Does", "Gives", "Makes", "Raises", "Reads", "Returns", "Takes", "Writes", "Yields"),
}
ODD_FOR_A_FUNCTION = {
    *("A", "All", "An", "Before", "Both", "Each", "Every", "Everything", "From", "Give", "In", "Many", "No", "None"),
    *("One", "Over", "Seconds", "The", "These", "Those", "Two", "Without"),
}
VERBS_IN_S = {"Address", "Bias", "Compress", "Discuss", "Express", "Pass", "Press", "Process"}
"""Verbs that end in s; any other such word that opens a function's docstring is third person or a plural."""

HOOKS = {"forward", "backward", "emit", "compose_node"}
"""Methods that a library calls: the docstring of their class describes them."""


@dataclass(frozen=True)
class Item:
    """Something that has or should have a docstring."""

    place: str
    kind: str
    is_public: bool
    docstring: str | None

    @property
    def is_odd(self) -> bool:
        if not self.docstring:
            return False
        opening = self.docstring.split()[0].strip('.,:;()`"')
        if opening in ODD_ANYWHERE or self.docstring.startswith("The same"):
            return True
        if self.kind != "function":
            return False
        is_word = opening.isalpha() and opening == opening.capitalize()
        return not is_word or opening in ODD_FOR_A_FUNCTION or (opening.endswith("s") and opening not in VERBS_IN_S)


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool({"property", "cached_property"} & {ast.unparse(decorator) for decorator in node.decorator_list})


def walk(body: list[ast.stmt], place: str, *, is_public: bool) -> Iterator[Item]:
    """Yield classes, functions, properties and documented attributes; functions within functions are left out."""
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "property" if is_property(node) else "function"
            is_own = not node.name.startswith("_") and node.name not in HOOKS
            yield Item(f"{place}: {node.name}", kind, is_public and is_own, ast.get_docstring(node))
        elif isinstance(node, ast.ClassDef):
            is_shown = is_public and not node.name.startswith("_")
            yield Item(f"{place}: {node.name}", "class", is_shown, ast.get_docstring(node))
            yield from walk(node.body, f"{place}: {node.name}", is_public=is_shown)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and (text := read_string(after)):
            yield Item(f"{place}:{node.lineno}", "attribute", is_public=False, docstring=text)


def read_string(statement: ast.stmt | None) -> str | None:
    """Return the text of a statement that is nothing but a string."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def list_items() -> list[Item]:
    items = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module, place = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(PACKAGE))
        items.append(Item(place, "module", is_public=True, docstring=ast.get_docstring(module)))
        items += walk(module.body, place, is_public=True)
    return items


ITEMS = list_items()


def test_public_names_have_docstrings() -> None:
    public = [item for item in ITEMS if item.is_public]
    missing = [item.place for item in public if not item.docstring]
    assert 1 - len(missing) / len(public) >= MIN_COVERAGE, "\n".join(missing)


def test_few_docstrings_have_an_odd_opening() -> None:
    documented = [item for item in ITEMS if item.docstring]
    odd = [f"{item.place}: {item.docstring.splitlines()[0]}" for item in documented if item.docstring and item.is_odd]
    assert len(odd) / len(documented) <= MAX_ODD, "\n".join(odd)


@pytest.mark.parametrize(
    ("kind", "docstring"),
    [
        ("module", "What a run leaves."),
        ("class", "Writes checkpoints."),
        ("attribute", "Whether it is over."),
        ("function", "The next batch."),
        ("function", "The same, faster."),
        ("function", "uint8 [N] -> float32 [N]."),
        ("function", "Returns the mean."),
        ("function", "Means over the seeds."),
    ],
)
def test_an_odd_opening_is_noticed(kind: str, docstring: str) -> None:
    assert Item("here", kind, is_public=True, docstring=docstring).is_odd


@pytest.mark.parametrize(
    ("kind", "docstring"),
    [
        ("class", "The files of a run."),
        ("property", "The next batch."),
        ("function", "Return the mean over seeds at each logged step."),
        ("function", "Pass warnings on."),
    ],
)
def test_a_usual_opening_is_not_odd(kind: str, docstring: str) -> None:
    assert not Item("here", kind, is_public=True, docstring=docstring).is_odd
