from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from synthetic import ROOT

PACKAGE = ROOT / "reportgen"
ROOMS = [
    "errors",
    "processes",
    "files",
    "fetch",
    "assets",
    "document",
    "config",
    "plan",
    "store",
    "images",
    "data",
    "models",
    "training",
    "metrics",
    "evaluation",
    "provenance",
    "execution",
    "executors",
    "runner",
    "housekeeping",
    "analysis",
    "figures",
    "i18n",
    "claims",
    "report",
    "rendering",
    "verification",
    "progress",
    "doctor",
    "cli",
]
TORCH_ROOMS = {"data", "models", "training", "metrics", "evaluation", "provenance", "execution"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The rooms that a file imports at any place."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("reportgen"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found - {"__version__"}


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if room_of(path) not in ("__init__", "__main__")]


def test_every_room_is_known() -> None:
    assert {room_of(path) for path in FILES} == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_from_rooms_above_it_only(path: Path) -> None:
    room = room_of(path)
    below = {name for name in imports(path) if ROOMS.index(name) > ROOMS.index(room)}
    assert not below, f"{room} imports from below itself: {below}"
    if ROOMS.index(room) >= ROOMS.index("analysis"):
        allowed = {"cli", "progress"}
        assert not imports(path) & TORCH_ROOMS or room in allowed


def test_architecture_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for room in ROOMS:
        assert f"`{room}.py`" in text or f"`{room}/`" in text, room


def test_only_the_command_line_prints() -> None:
    for path in FILES:
        if room_of(path) in ("cli", "progress") or path.name == "classifier.py":
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls), path


def test_every_row_of_the_table_of_faults_is_checked_where_it_says() -> None:
    marked: dict[int, set[str]] = {}
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for row in re.findall(r"mark\.fault\(row=(\d+)\)", path.read_text(encoding="utf-8")):
            marked.setdefault(int(row), set()).add(path.name)
    table = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").partition("## The table of faults")[2]
    listed = {
        int(row): set(re.findall(r"`(test_\w+\.py)`", places))
        for row, places in re.findall(r"(?m)^\| (\d+) \|.*\|(.*)\|$", table)
    }
    assert list(listed) == list(range(1, 19))
    assert listed == marked
