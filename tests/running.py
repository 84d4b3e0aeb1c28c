"""Suites that are really trained, for a few steps, and what tests of running them share."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest
from synthetic import ROOT

from reportgen.cli.commands import main
from reportgen.lab.tasks import Task
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs

TWO_RUNS = """
dataset: mnist-5k
fid: {num_images: 50, inception: off}
interpolation: {num_points: 3}
runs:
  vae: {section: vae_latent, model: vae, latent_dim: [2, 3], num_training_steps: 20, batch_size: 8, image_interval: 10}
"""


def run_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command as the console script does, but in this process, which has imported torch already.

    Its workers come from this process's fork server, which imports torch once for all tests.
    """
    output, errors, status = io.StringIO(), io.StringIO(), 0
    command, handler = ["reportgen", *map(str, arguments)], signal.getsignal(signal.SIGTERM)
    with chdir(ROOT), redirect_stdout(output), redirect_stderr(errors), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)
        try:
            main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        finally:
            signal.signal(signal.SIGTERM, handler)
    return subprocess.CompletedProcess(command, status, output.getvalue(), errors.getvalue())


def run_suite(suite: Path, output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command("run", suite, "--output", output, *arguments)


LONG = """
dataset: mnist-5k
fid: {num_images: 50, inception: off}
interpolation: {num_points: 3}
runs:
  gan: {model: gan, latent_dim: 4, hidden_dim: 4, num_training_steps: 600, batch_size: 8, image_interval: 100}
"""


@contextmanager
def start(suite: Path, output: Path, steps: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A suite that keeps its training every ``steps`` steps, in a process group of its own; killed in the end."""
    command = [sys.executable, "-m", "reportgen", "run", str(suite), "--output", str(output)]
    command += ["--checkpoint-steps", str(steps), *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_lock(output: Path) -> Path:
    for _ in range(300):
        for lock in (output / "runs").glob(".*.lock"):
            if find_holder(lock):
                return lock
        time.sleep(0.1)
    raise AssertionError("no worker took a lock")


def find_holder(lock: Path) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if any(link.resolve() == lock.resolve() for link in (entry / "fd").iterdir()):
                    return int(entry.name)
            except OSError:
                continue
    return 0


def wait_for_checkpoint(output: Path, after: int) -> int:
    """The step of the newest checkpoint, once there is one beyond ``after``."""
    for _ in range(1200):
        steps = [int(path.stem.rpartition("-")[2]) for path in output.glob("runs/*/checkpoint-*.pt")]
        if steps and max(steps) > after:
            return max(steps)
        time.sleep(0.05)
    raise AssertionError("no checkpoint was written")


def wait_until_free(output: Path) -> None:
    """Until no process holds a run's lock any more."""
    locks = list((output / "runs").glob(".*.lock"))
    for _ in range(100):
        if not any(find_holder(lock) for lock in locks):
            return
        time.sleep(0.1)
    raise AssertionError("a worker outlived its parent")


def assert_same_results(expected: Path, found: Path) -> None:
    """The bytes of all that a report is made from."""
    kinds = ("*.safetensors", "*.csv", "*.png", "evaluation.json")
    paths = [path for kind in kinds for path in expected.rglob(kind)]
    assert paths
    for path in paths:
        assert path.read_bytes() == (found / path.relative_to(expected)).read_bytes(), path


def make_tasks(suite: Path, output: Path) -> tuple[Task, ...]:
    return tuple(Task(spec, output, None, "cpu", None) for spec in plan_runs(load_suite(suite)))
