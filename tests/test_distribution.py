"""The wheel: the name that pip knows it by, the command that it installs, and what the program reads beside code."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from zipfile import ZipFile

import pytest
from synthetic import ROOT

from reportgen import DISTRIBUTION, __version__
from reportgen.cli import commands


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the checkout by its build backend, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def read_metadata(wheel: Path, name: str) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.read(f"reportgen_ml-{__version__}.dist-info/{name}").decode().splitlines()


def test_the_distribution_is_not_called_like_the_strangers_project(wheel: Path) -> None:
    assert wheel.name == f"reportgen_ml-{__version__}-py3-none-any.whl"
    metadata = read_metadata(wheel, "METADATA")
    assert f"Name: {DISTRIBUTION}" in metadata
    assert f"Version: {__version__}" in metadata


def test_the_command_is_reportgen(wheel: Path) -> None:
    section, line = read_metadata(wheel, "entry_points.txt")
    name, _, value = line.partition(" = ")
    assert (section, name) == ("[console_scripts]", "reportgen")
    assert EntryPoint(name, value, "console_scripts").load() is commands.main


def test_the_wheel_holds_templates_and_every_file_of_the_package(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("reportgen/")}
    files = [path.relative_to(ROOT) for path in (ROOT / "reportgen").rglob("*") if path.is_file()]
    templates = [Path("reportgen") / path.relative_to(ROOT) for path in (ROOT / "templates").iterdir()]
    assert templates
    suite = Path("reportgen/assets/experiments.yaml")
    assert held == {path.as_posix() for path in (*files, *templates, suite) if path.suffix != ".pyc"}


def test_nobody_is_told_to_install_the_project_that_has_the_name_of_the_import() -> None:
    sources = [*(ROOT / "reportgen").rglob("*.py"), *(ROOT / "reportgen").rglob("*.po"), *ROOT.glob("README*.md")]
    asked = re.compile(r"\binstall ['\"]?reportgen(?![-_\w])")
    assert asked.search("pip install 'reportgen[inception]'")
    assert [path for path in sources if asked.search(path.read_text(encoding="utf-8"))] == []
