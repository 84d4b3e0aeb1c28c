"""The house holds: two wings that meet in what lies on disk, one direction of imports, one place that prints."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic import ROOT

PACKAGE = ROOT / "reportgen"

WINGS = {
    "api": {"paper", "lab", "store", "suite", "assets", "base"},
    "cli": {"paper", "lab", "store", "suite", "assets", "base"},
    "paper": {"store", "suite", "assets", "base"},
    "lab": {"store", "suite", "assets", "base"},
    "store": {"suite", "assets", "base"},
    "suite": {"assets", "base"},
    "assets": set[str](),
    "base": set[str](),
}
"""Each folder of the house and those that it may import from."""

ROOMS = {
    "paper": ["analysis", "figures", "i18n", "claims", "report", "rendering", "verification"],
    "lab": [
        "data",
        "models",
        "training",
        "metrics",
        "provenance",
        "interpolation",
        "codes",
        "evaluation",
        "monitoring",
        "scoring",
        "tasks",
        "execution",
        "importing",
        "executors",
        "runner",
    ],
}
"""The rooms of a wing in the order of the way: each imports from those before it."""

FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or path.name == "api.py"]


def place_of(path: Path) -> tuple[str, str]:
    """Return the wing and the room of a file."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0], parts[1] if len(parts) > 1 else ""


def list_imports(path: Path) -> set[tuple[str, str]]:
    """Return the wing and room of each module of the package that a file imports at any place."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reportgen."):
            _, wing, *rooms = (node.module or "").split(".")
            found |= {(wing, room) for room in rooms[:1] or [alias.name for alias in node.names]}
    return found


def test_the_package_has_these_wings_and_no_other() -> None:
    assert {place_of(path)[0] for path in FILES} == set(WINGS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    wing, room = place_of(path)
    imported = list_imports(path)
    assert {other for other, _ in imported} <= WINGS[wing] | {wing}, f"{wing} imports from a wing that it may not"
    rooms = ROOMS.get(wing)
    if rooms is None or room == "__init__":
        return
    later = {name for other, name in imported if other == wing and rooms.index(name) > rooms.index(room)}
    assert not later, f"{wing}/{room} imports from rooms behind it: {later}"


def test_the_paper_wing_runs_where_torch_is_not_installed() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for wing in ("base", "assets", "suite", "store", "paper")
        for path in sorted((PACKAGE / wing).rglob("*.py"))
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'torch', 'torchvision'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"


def test_architecture_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in FILES:
        wing, room = place_of(path)
        room = room or wing
        assert room == "__init__" or f"`{room}.py`" in text or f"`{room}/`" in text, room


def test_architecture_names_files_and_what_stands_in_them() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    sources = [path for folder in ("reportgen", "tests", "tools") for path in (ROOT / folder).rglob("*.py")]
    named = re.findall(r"`([\w/]+\.py)(?::(\w+))?`", text)
    assert len(named) > 50
    for name, what in named:
        found = [path for path in sources if f"/{path.relative_to(ROOT).as_posix()}".endswith(f"/{name}")]
        assert found, name
        assert any(what in path.read_text(encoding="utf-8") for path in found), (name, what)
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    for constant in re.findall(r"`([A-Z][A-Z_]+)`", text.partition("## To add")[2]):
        assert f"{constant}:" in code or f"{constant} =" in code, constant


def test_only_the_command_line_prints() -> None:
    for path in FILES:
        if place_of(path)[0] == "cli" or path.name == "classifier.py":
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls), path


def test_every_row_of_the_table_of_faults_is_checked_where_it_says() -> None:
    marked: dict[int, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for row in re.findall(r"mark\.fault\(row=(\d+)\)", path.read_text(encoding="utf-8")):
            marked.setdefault(int(row), set()).add(path.name)
    table = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8").partition("## The table of faults")[2]
    listed = {
        int(row): set(re.findall(r"`(?:tests/)?(?:\w+/)?(test_\w+\.py)`", places))
        for row, places in re.findall(r"(?m)^\| (\d+) \|.*\|(.*)\|$", table)
    }
    assert list(listed) == list(range(1, 19))
    assert listed == marked
