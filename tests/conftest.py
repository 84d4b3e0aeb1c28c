from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from requiring import require
from running import TWO_RUNS, run_suite
from synthetic import ROOT, TINY, write_output

SHARED_DATA = ROOT.parent / "shared" / "data"


SLOW_FILES = (
    *("test_end_to_end.py", "test_stopping.py", "test_side_by_side.py", "test_rendering.py"),
    *("test_training.py", "test_verification.py", "test_verification_pages.py", "test_checkpoint.py"),
    *("test_inception.py", "test_monitoring.py", "test_imported_runs.py"),
)
"""Files that train, make PDFs or run Inception-v3 throughout, the slowest first."""

SLOW_FIXTURES = {"tiny_output", "undisturbed", "trained"}
"""Fixtures that train."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that take long as slow, and begin with the slowest files: no worker shall end alone with one."""
    for item in items:
        if item.path.name in SLOW_FILES or SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    ranks = {name: rank for rank, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@pytest.fixture(scope="session", autouse=True)
def heeded_interrupts() -> None:
    """Heed interrupts here and in all child processes, whoever began the tests.

    In a shell's background job, and below a program that ignores SIGINT, a process inherits that it is ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def synthetic_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole of experiments.yaml, finished, with made-up numbers. Tests must not change it."""
    folder = tmp_path_factory.mktemp("synthetic")
    write_output(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_suite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("suite") / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_output(tmp_path_factory: pytest.TempPathFactory, tiny_suite_file: Path) -> Path:
    """All kinds of models really trained for some steps and measured. Tests must not change it."""
    from reportgen.lab.execution import execute_run
    from reportgen.lab.tasks import Task
    from reportgen.store.paths import OutputPaths
    from reportgen.store.suites import write_suite
    from reportgen.suite.loading import load_suite
    from reportgen.suite.plan import plan_runs

    folder = tmp_path_factory.mktemp("tiny")
    suite = load_suite(tiny_suite_file)
    write_suite(OutputPaths(folder), suite, tiny_suite_file)
    for spec in plan_runs(suite):
        execute_run(Task(spec, folder, None, "cpu"), lambda *_: None)
    return folder


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of two small runs, in a file that a test may change."""
    path = tmp_path / "中文 suite.yaml"
    path.write_text(TWO_RUNS, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the suite of two small runs leaves, one after the other, if nothing happens. Tests must not change it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "suite.yaml").write_text(TWO_RUNS, encoding="utf-8")
    assert run_suite(folder / "suite.yaml", folder / "out", "--jobs", "1").returncode == 0
    return folder / "out"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The full MNIST set, where there is a copy beside the checkout or REPORTGEN_DATA names one."""
    folder = Path(os.environ.get("REPORTGEN_DATA", SHARED_DATA))
    is_there = (folder / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file()
    require(is_there, "the full MNIST set: name a folder with REPORTGEN_DATA")
    return folder
