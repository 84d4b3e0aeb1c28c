from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from running import TWO_RUNS, run_suite
from synthetic import ROOT, write_output

SHARED_DATA = ROOT.parent / "shared" / "data"

TINY = """
dataset: mnist-5k
fid: {num_images: 64}
defaults:
  vae: {num_training_steps: 12, batch_size: 8, image_interval: 6, log_interval: 2}
  gan: {num_training_steps: 12, batch_size: 8, image_interval: 6, log_interval: 2}
runs:
  vae-latent: {section: vae_latent, model: vae, latent_dim: [3, 10]}
  vae-linear: {section: vae_architecture, model: vae, architecture: linear, latent_dim: 10}
  gan-grid: {section: gan_grid, model: gan, latent_dim: [4, 10], hidden_dim: [4, 8]}
  gan-hidden: {section: gan_hidden, model: gan, latent_dim: 10, hidden_dim: [2, 4, 8]}
  gan-mlp: {section: gan_mlp, model: gan, architecture: mlp, latent_dim: 10, hidden_dim: 8}
  gan-relu: {section: gan_relu, model: gan, activation: relu, latent_dim: 10, hidden_dim: 8}
profiles:
  quick: {}
"""


SLOW = ("test_end_to_end.py", "test_stopping.py", "test_side_by_side.py", "test_rendering.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with the slowest tests first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.path.name not in SLOW)


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
    from reportgen.config import load_suite
    from reportgen.execution import Task, execute_run
    from reportgen.plan import plan_runs
    from reportgen.store import OutputPaths, write_suite

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
    if not (folder / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
        pytest.skip("no full MNIST set: name a folder with REPORTGEN_DATA")
    return folder
