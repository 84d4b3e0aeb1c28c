"""`reportgen run` with the course's own FID: after all trainings, and only if the weights can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from running import make_tasks
from serving import Server, refuse, send_all, serve
from synthetic import ROOT
from typer.testing import CliRunner

from reportgen.base import fetching
from reportgen.base.errors import DataError
from reportgen.cli import commands, reporting, retraining
from reportgen.cli.commands import app
from reportgen.cli.retraining import retrain
from reportgen.lab import execution
from reportgen.lab.execution import execute_run
from reportgen.lab.executors import Event, Failed, Finished, Job, Progressed, Started
from reportgen.lab.runner import plan_suite
from reportgen.paper.analysis.results import load_results
from reportgen.store.housekeeping import explain_run
from reportgen.store.paths import OutputPaths
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import CPU_SECONDS_PER_INCEPTION_RUN, estimate_inception_seconds, plan_runs

SUITE = """
dataset: mnist-5k
seeds: [0, 1]
fid: {num_images: 30}
interpolation: {num_points: 3}
runs: {vae: {model: vae, latent_dim: 2, num_training_steps: 4, batch_size: 8, image_interval: 4}}
profiles: {off: {fid: {inception: off}}}
"""

NAMES = ["vae-2-s0", "vae-2-s1"]


class FewPixels:
    """Detector whose features are nine pixels of an image, in [0, 1]."""

    name = "inception"
    sha256 = "ab" * 32
    resize = "none"
    feature_dim = 9

    def __init__(self, *_: object) -> None:
        pass

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        return (images[:, 0, 8:24:6, 8:24:6].flatten(1).float() / 255).numpy()


class InThisProcess:
    """Executor without workers, which would not know the stand-ins of a test; ``events`` lists all that it yielded."""

    events: list[Event]

    def __init__(self, *_: object) -> None:
        pass

    def execute(self, jobs: list[Job]) -> Iterator[Event]:
        for (task,) in jobs:
            found: list[Event] = [Started(task.spec.name)]

            try:
                execute_run(task, partial(self._note, found, task.spec.name))
                found.append(Finished(task.spec.name, 1.0))
            except DataError as error:
                found.append(Failed(task.spec.name, str(error)))
            self.events += found
            yield from found

    def _note(self, found: list[Event], name: str, stage: str, step: int, losses: dict[str, float]) -> None:
        found.append(Progressed(name, stage, step, losses))


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output of the suite, trained and measured. Tests must not change it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "suite.yaml").write_text(SUITE, encoding="utf-8")
    for task in make_tasks(folder / "suite.yaml", folder / "out"):
        execute_run(task, lambda *_: None)
    return folder / "out"


@pytest.fixture
def trained(trained_once: Path, suite_file: Path) -> Path:
    """File of the suite, beside which its output lies, trained and measured."""
    shutil.copytree(trained_once, suite_file.parent / "out")
    return suite_file


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setattr(fetching, "find_cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr("reportgen.lab.executors.local.LocalExecutor", InThisProcess)
    monkeypatch.setattr(execution, "InceptionDetector", FewPixels)
    execution._load_inception.cache_clear()
    InThisProcess.events = []
    with serve(monkeypatch) as server:
        yield server


def run(suite_file: Path, *arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["run", str(suite_file), "--output", str(suite_file.parent / "out"), *arguments])
    if isinstance(found.exception, DataError):
        raise found.exception
    return found.exit_code, found.output


def list_stages() -> list[tuple[str, str]]:
    """Return stages and runs in the order in which the executor began them."""
    begun = [(event.stage, event.name) for event in InThisProcess.events if isinstance(event, Progressed)]
    return list(dict.fromkeys(begun))


def test_all_runs_are_trained_before_the_first_is_scored(
    server: Server, suite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(fetching.SOURCES_VARIABLE, server.add("good", send_all))
    status, said = run(suite_file)
    assert status == 0, said
    stages = list_stages()
    assert [stage for stage, _ in stages] == ["training", "evaluation"] * 2 + ["inception"] * 2
    assert {name for stage, name in stages if stage == "inception"} == set(NAMES)
    lines = said.splitlines()
    assert "the Inception FID comes last, when a report can be made already: about " in said
    assert "'fid: {inception: off}' leaves it out" in said
    begun = [line.split()[0] for line in lines if line.split()[0] in ("all", "training", "scoring")]
    assert begun == ["training"] * 2 + ["all"] + ["scoring"] * 2
    assert lines[-1] == "they have their Inception FID now; next: reportgen render"
    status, said = run(suite_file)
    assert (status, len(list_stages()), len(server.asked)) == (0, 6, 1), "nothing is left to do"
    assert "Inception" not in said


def test_a_profile_may_forbid_it(server: Server, trained: Path) -> None:
    status, said = run(trained, "--profile", "off")
    assert (status, list_stages()) == (0, [])
    assert "Inception" not in said
    assert server.asked == []


def test_a_report_is_there_before_the_scoring_and_is_renewed_after_it(
    server: Server, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    num_scored: list[int] = []

    def render(output: Path) -> int:
        num_scored.append(sum(run.inception is not None for run in load_results(output).runs))
        return 0

    monkeypatch.setattr(reporting, "render_apart", render)
    monkeypatch.setenv(fetching.SOURCES_VARIABLE, server.add("good", send_all))
    assert run(trained, "--render")[0] == 0
    assert num_scored == [0, 2]


@pytest.mark.fault(row=15)
def test_without_weights_one_notice_ends_a_run_that_is_otherwise_finished(
    server: Server, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(fetching.SOURCES_VARIABLE, server.add("gone", refuse))
    status, said = run(trained)
    assert status == 0
    *_, before, notice = said.splitlines()
    assert before.startswith("all 2 runs are finished")
    assert notice.startswith("no Inception FID yet for 2 runs: the Inception weights cannot be downloaded (127.0.0.1:")
    for words in ("HTTP Error 404", "'reportgen fetch inception' gets them", "trains nothing", "inception: off"):
        assert words in notice
    output = OutputPaths(trained.parent / "out")
    specs = plan_runs(load_suite(trained))
    assert explain_run(output, specs[0], specs).lacks_inception
    told = CliRunner().invoke(app, ["status", "--output", str(output.root)]).output.splitlines()
    assert told[-2:] == ["profile full: 2 runs: 2 finished", "Inception FID: 0 of 2 runs"]
    monkeypatch.setenv(fetching.SOURCES_VARIABLE, server.add("good", send_all))
    assert CliRunner().invoke(app, ["fetch", "inception"]).exit_code == 0
    assert run(trained)[0] == 0
    assert {stage for stage, _ in list_stages()} == {"inception"}
    told = CliRunner().invoke(app, ["status", "--output", str(output.root)]).output.splitlines()
    assert told[-1] == "Inception FID: 2 of 2 runs"


def test_a_named_file_that_is_wrong_stops_the_suite_before_it_starts(server: Server, trained: Path) -> None:
    wrong = trained.parent / "weights.pth"
    wrong.write_bytes(b"other")
    trained.write_text(SUITE.replace("30}", f"30, inception_weights: {wrong}}}"), encoding="utf-8")
    with pytest.raises(DataError, match=r"weights\.pth: SHA-256 is"):
        run(trained)
    assert not OutputPaths(trained.parent / "out").suite.exists()
    assert run(trained, "--profile", "off")[0] == 0, "where it is not needed, nobody minds"


def test_a_run_that_cannot_be_scored_is_told(server: Server, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_weights(*_: object) -> FewPixels:
        raise DataError("no such network")

    monkeypatch.setenv(fetching.SOURCES_VARIABLE, server.add("good", send_all))
    monkeypatch.setattr(execution, "InceptionDetector", refuse_weights)
    status, said = run(trained, "--only", "vae-2-s0")
    assert status == 3
    assert "1 runs could not be scored by Inception:\n  vae-2-s0: no such network\n" in said


def test_the_scoring_is_planned_apart_and_the_first_runs_share_the_real_images(
    suite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    scoring = plan_suite(load_suite(suite_file), tmp_path / "out", jobs=1, device="cpu", is_dry=True).scoring
    assert scoring is not None
    assert scoring.weights is None
    assert [run.num_images for run in scoring.runs] == [30 + 90, 30]
    seconds = estimate_inception_seconds(30 + 90 + 30, on_gpu=False) + 2 * CPU_SECONDS_PER_INCEPTION_RUN
    assert scoring.estimated_seconds == pytest.approx(seconds)
    assert [run.spec.name for run in scoring.leave_out({"vae-2-s0"}).missing] == NAMES[1:]
    assert plan_suite(load_suite(suite_file, "off"), tmp_path, jobs=2, device="cpu", is_dry=True).scoring is None


@pytest.mark.fault(row=15)
def test_offline_a_run_ends_at_once_with_the_notice(trained: Path, tmp_path: Path) -> None:
    """Nothing is left to train, so that nothing else takes time."""
    environment = os.environ | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        fetching.SOURCES_VARIABLE: "http://127.0.0.1:9/weights.pth http://no-such-host.invalid/weights.pth",
    }
    arguments = ["run", str(trained), "--output", str(tmp_path / "out")]
    start = time.monotonic()
    found = subprocess.run(
        [sys.executable, "-m", "reportgen", *arguments], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.splitlines()[-1].startswith("no Inception FID yet for 2 runs: ")
    assert time.monotonic() - start < 20


def test_a_scored_run_is_trained_and_scored_again_where_the_weights_are(
    server: Server, trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(fetching.SOURCES_VARIABLE, server.add("good", send_all))
    assert run(trained, "--only", "vae-2-s0")[0] == 0
    results = load_results(trained.parent / "out")
    assert [run.inception is not None for run in results.runs] == [True, False]
    values, _ = retrain(results, "vae-2-s0", "cpu", None)
    assert all(value.is_same for value in values)
    assert "inception.scores.fid" in {value.name for value in values}
    monkeypatch.setattr(retraining, "retrain", lambda *_: ([], []))
    commands._retrain(results, "vae-2-s0", "cpu", None)
    assert "Inception" not in "".join(capsys.readouterr())
    fetching.default_inception_path().unlink()
    commands._retrain(results, "vae-2-s0", "cpu", None)
    said = capsys.readouterr().err.splitlines()[0]
    what = "its Inception scores are left out: the weights are not here (reportgen fetch inception)"
    assert said == f"reportgen: warning: vae-2-s0: {what}"
    commands._retrain(results, "vae-2-s1", "cpu", None)
    assert "Inception" not in "".join(capsys.readouterr())
