"""Processes that train several runs side by side, and those that measure them."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from running import (
    find_holder,
    make_tasks,
    run_suite,
)

from reportgen.base.errors import RunError
from reportgen.lab.execution import OnProgress, train_together
from reportgen.lab.executors import Event, Failed, Finished, Job, Progressed, Released, Retried
from reportgen.lab.executors.local import LocalExecutor, _choose, _Worker
from reportgen.lab.tasks import Task
from reportgen.lab.training.checkpoint import Checkpointer
from reportgen.lab.training.loop import Training
from reportgen.paper.analysis.results import load_results
from reportgen.paper.report.assemble import build_report
from reportgen.store.locks import hold_run
from reportgen.store.paths import OutputPaths

TOGETHER = """
dataset: mnist-5k
fid: {num_images: 50, inception: off}
interpolation: {num_points: 3}
runs:
  gan: {model: gan, latent_dim: [3, 4], hidden_dim: 4, num_training_steps: 300, batch_size: 8, image_interval: 100}
  vae: {model: vae, latent_dim: 2, num_training_steps: 60, batch_size: 8, image_interval: 30}
"""


def stop(events: Iterator[Event]) -> None:
    """Close the executor's generator, as an interrupt does."""
    assert isinstance(events, Generator)
    events.close()


def test_runs_trained_side_by_side_leave_what_single_ones_leave(suite: Path, tmp_path: Path) -> None:
    """Stopped in mid-training and taken up again, too; one was finished alone before. Bit for bit, as on the CPU."""
    suite.write_text(TOGETHER, encoding="utf-8")
    output, alone = tmp_path / "out", tmp_path / "alone"
    assert run_suite(suite, alone).returncode == 0
    assert run_suite(suite, output, "--only", "gan-3_4-s0").returncode == 0
    tasks = make_tasks(suite, output)
    stream = LocalExecutor(jobs=2).execute([tasks])
    for event in stream:
        if isinstance(event, Progressed) and event.name == "gan-4_4-s0" and event.step > 0:
            break
    stop(stream)
    assert sorted(path.parent.name[:10] for path in output.glob("runs/*/checkpoint-*"))[0] == "gan-4_4-s0"
    events = list(LocalExecutor(jobs=2).execute([tasks]))
    assert {event.name for event in events if isinstance(event, Finished)} == {task.spec.name for task in tasks}
    log = next(output.glob("runs/gan-4_4-s0*/run.log")).read_text()
    assert [line.rpartition("from step ")[2].split()[0] == "0" for line in log.splitlines() if "from step" in line] == [
        True,
        False,
        False,  # its end, from the checkpoint that training together left
    ]
    assert not list(output.rglob("checkpoint-*"))
    for together, single in zip(load_results(output).finished, load_results(alone).finished, strict=True):
        assert together.spec.name == single.spec.name
        assert together.record.trained_together == (1 if together.spec.name == "gan-3_4-s0" else 2)
        files = [{p.name for p in r.paths.folder.rglob("*") if "tfevents" not in p.name} for r in (together, single)]
        assert files[0] == files[1]
        for name in ("weights.safetensors", "history.csv", "evaluation.json"):
            assert (together.paths.folder / name).read_bytes() == (single.paths.folder / name).read_bytes()
    for folder, is_said in ((output, True), (alone, False)):
        appendix = build_report(load_results(folder), "en").sections[-1]
        assert appendix.id == "appendix"
        assert any("Up to 2 runs were trained side by side" in str(block) for block in appendix.blocks) == is_said


def test_of_runs_side_by_side_one_that_fails_takes_no_other_with_it(suite: Path, tmp_path: Path) -> None:
    suite.write_text(TOGETHER.replace("num_training_steps: 60,", "num_training_steps: 60, learning_rate: 1.0,"))
    tasks = make_tasks(suite, tmp_path)
    events = list(LocalExecutor(jobs=1).execute([tasks]))
    assert {event.name for event in events if isinstance(event, Finished)} == {"gan-4_4-s0", "gan-3_4-s0"}
    failed = {event.name: event.reason for event in events if isinstance(event, Failed)}
    assert failed.keys() == {"vae-2-s0"}
    for name, reason in failed.items():
        assert "try a smaller learning_rate" in reason
        assert json.loads(next(tmp_path.glob(f"runs/{name}-*/failure.json")).read_text())["reason"] == reason


def test_a_run_that_another_program_works_on_is_left_out(suite: Path, tmp_path: Path) -> None:
    suite.write_text(TOGETHER, encoding="utf-8")
    tasks = make_tasks(suite, tmp_path)
    with hold_run(OutputPaths(tmp_path).run(tasks[0].spec.folder_name)):
        events = list(LocalExecutor(jobs=1).execute([tasks]))
    (failed,) = (event for event in events if isinstance(event, Failed))
    assert failed.name == tasks[0].spec.name
    assert "another process is working on it" in failed.reason
    assert len([event for event in events if isinstance(event, Finished)]) == 2


def test_a_run_that_cannot_begin_or_be_kept_fails_alone(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch larger than the data at the start; a full disk after the last step."""
    suite.write_text(
        """
dataset: mnist-5k
runs:
  a: {model: vae, latent_dim: [2, 3], num_training_steps: 4, batch_size: 8}
  b: {model: vae, latent_dim: 4, num_training_steps: 4, batch_size: 4500}
"""
    )
    tasks, released, failed = make_tasks(suite, tmp_path), list[str](), dict[str, str]()
    write = Checkpointer.write

    def write_or_fail(checkpointer: Checkpointer, training: Training) -> None:
        if checkpointer.paths.folder.name.startswith("vae-2-"):
            raise RunError("the disk is full")
        write(checkpointer, training)

    monkeypatch.setattr(Checkpointer, "write", write_or_fail)
    train_together(tasks, lambda *_: None, released.append, failed.__setitem__)
    assert released == ["vae-3-s0"]
    assert list(tmp_path.glob("runs/vae-3-s0-*/checkpoint-000000004.pt"))
    assert failed.keys() == {"vae-2-s0", "vae-4-s0"}
    assert failed["vae-2-s0"] == "the disk is full"
    assert "batch_size 4500 exceeds" in failed["vae-4-s0"]
    assert "batch_size 4500 exceeds" in next(tmp_path.glob("runs/vae-4-s0-*/run.log")).read_text()


def test_only_one_process_trains_several(suite: Path, tmp_path: Path) -> None:
    suite.write_text(TOGETHER, encoding="utf-8")
    tasks = make_tasks(suite, tmp_path)
    groups = [(tasks[:2], 0), (tasks[2:], 0), (tasks[1:], 0)]
    assert _choose(groups, []) == groups[2]
    busy = Mock(trains_together=True)
    assert _choose(groups, [busy]) == groups[1]
    assert _choose(groups[:1], [busy]) is None
    assert _choose(groups[:1], [Mock(trains_together=False)]) == groups[0]


def talk_until_stopped(job: Job, connection: Connection, stopping: threading.Event) -> None:
    """Sends far more than a pipe holds, then does what has to be done before the end."""
    connection.send(Progressed("begun", "training", 0, {}))
    stopping.wait()
    for step in range(5000):
        connection.send(Progressed("x", "training", step, {"loss": 1.0}))
    job[0].output.joinpath("kept").touch()


def test_a_stopping_worker_that_talks_is_listened_to(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it waits for its reader until it is killed, and keeps nothing."""
    monkeypatch.setattr("reportgen.lab.executors.local._work_in_turn", talk_until_stopped)
    monkeypatch.setattr("reportgen.lab.executors.local.SECONDS_TO_STOP", 20.0)
    executor = LocalExecutor(jobs=1)
    monkeypatch.setattr(
        executor, "context", multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    )
    events = executor.execute([make_tasks(suite, tmp_path)[:1]])
    assert any(isinstance(event, Progressed) for event in itertools.islice(events, 2))
    stop(events)
    assert (tmp_path / "kept").exists()


def release_all(job: Job, connection: Connection, stopping: threading.Event) -> None:
    for task in job:
        connection.send(Released(task.spec.name))


def die_of_gans(task: Task, report: OnProgress, is_stopping: Callable[[], bool]) -> None:
    if task.spec.name.startswith("gan"):
        os.kill(os.getpid(), signal.SIGKILL)


def execute_forked(monkeypatch: pytest.MonkeyPatch, suite: Path, output: Path, retries: int) -> list[Event]:
    """Execute a suite's runs side by side in a forked process, which has what a test has patched."""
    suite.write_text(TOGETHER, encoding="utf-8")
    executor = LocalExecutor(jobs=1, retries=retries)
    monkeypatch.setattr(executor, "context", multiprocessing.get_context("fork"))
    return list(executor.execute([make_tasks(suite, output)]))


@pytest.mark.skipif(sys.platform != "linux", reason="what is patched must reach the child")
def test_a_worker_that_dies_takes_only_what_it_worked_on_with_it(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.lab.executors.local._train_together", release_all)
    monkeypatch.setattr("reportgen.lab.execution.execute_run", die_of_gans)
    for retries in (0, 1):
        events = execute_forked(monkeypatch, suite, tmp_path, retries)
        assert sorted(event.name for event in events if isinstance(event, Finished)) == ["vae-2-s0"]
        assert sorted(event.name for event in events if isinstance(event, Failed)) == ["gan-3_4-s0", "gan-4_4-s0"]
        assert len([event for event in events if isinstance(event, Retried)]) == 2 * retries


def die(job: Job, connection: Connection, stopping: threading.Event) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="what is patched must reach the child")
def test_the_death_of_a_process_that_trains_several_costs_none_its_tries(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.lab.executors.local._train_together", die)
    monkeypatch.setattr("reportgen.lab.execution.execute_run", lambda *_: None)
    events = execute_forked(monkeypatch, suite, tmp_path, retries=0)
    assert len([event for event in events if isinstance(event, Finished)]) == 3
    assert not any(isinstance(event, Failed) for event in events)


def test_where_nothing_can_be_forked_runs_are_trained_as_well(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS: the task travels to a process that imports everything anew."""
    executor = LocalExecutor(jobs=1)
    monkeypatch.setattr(executor, "context", multiprocessing.get_context("spawn"))
    (task, _) = make_tasks(suite, tmp_path)
    assert [event.name for event in executor.execute([(task,)]) if isinstance(event, Finished)] == [task.spec.name]


def test_a_worker_given_more_has_its_tries_anew(suite: Path, tmp_path: Path) -> None:
    worker = _Worker((), Mock(), Mock(), 0.0, 1, trains_together=False)
    worker.assign(make_tasks(suite, tmp_path))
    assert worker.attempt == 0


def test_where_training_together_fails_each_goes_on_alone(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("reportgen.lab.execution.train_sessions", fail)
    suite.write_text(TOGETHER, encoding="utf-8")
    tasks, released = make_tasks(suite, tmp_path), list[str]()
    train_together(tasks, lambda *_: None, released.append, lambda *_: pytest.fail("a run failed"))
    assert released == [task.spec.name for task in tasks]
    for task in tasks:
        log = OutputPaths(tmp_path).run(task.spec.folder_name).log.read_text()
        assert "training together failed, each goes on alone: the GPU's memory is full" in log


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")
def test_a_killed_process_of_several_runs_is_followed_by_one_for_each(suite: Path, tmp_path: Path) -> None:
    suite.write_text(TOGETHER, encoding="utf-8")
    tasks = make_tasks(suite, tmp_path)
    events = list[Event]()
    for event in LocalExecutor(jobs=2).execute([tasks]):
        if isinstance(event, Progressed) and not any(isinstance(each, Progressed) for each in events):
            os.kill(find_holder(next((tmp_path / "runs").glob(".gan*.lock"))), signal.SIGKILL)
        events.append(event)
    assert {event.name for event in events if isinstance(event, Retried)} >= {"gan-4_4-s0", "gan-3_4-s0"}
    assert {event.name for event in events if isinstance(event, Finished)} == {task.spec.name for task in tasks}
