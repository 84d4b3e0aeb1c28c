"""Runs that are killed, interrupted, out of time or out of space, and resumed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from requiring import require
from running import (
    LONG,
    TWO_RUNS,
    assert_same_results,
    find_holder,
    run_command,
    run_suite,
    start,
    wait_for_checkpoint,
    wait_for_lock,
    wait_until_free,
)
from synthetic import ROOT

from reportgen.paper.analysis.results import load_results


@pytest.mark.fault(row=8)
@pytest.mark.fault(row=9)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")
def test_killed_and_stopped_it_ends_with_the_same_bits(suite: Path, tmp_path: Path) -> None:
    """``kill -9`` of the parent, then SIGTERM, then SIGINT, each in mid-training; then the same command to the end."""
    suite.write_text(LONG, encoding="utf-8")
    output, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    step = 0
    for sent, status in ((signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)):
        with start(suite, output, 20) as parent:
            step = wait_for_checkpoint(output, step)
            parent.send_signal(sent)
            text = parent.communicate(timeout=60)[0]
        assert parent.returncode == status, text
        assert ("interrupted; run the same command again to resume" in text) == (sent == signal.SIGINT)
        wait_until_free(output)
        step = wait_for_checkpoint(output, 0)  # the stop wrote one more
        shown = run_command("status", "--output", output)
        assert "interrupted gan-4_4-s0" in shown.stdout
    assert run_suite(suite, output).returncode == 0
    assert not list(output.rglob("checkpoint-*"))
    assert run_suite(suite, undisturbed).returncode == 0
    assert_same_results(undisturbed, output)


@pytest.mark.fault(row=8)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")
def test_a_second_interrupt_ends_it_at_once(suite: Path, tmp_path: Path) -> None:
    """The worker is stopped, so that it cannot write the checkpoint that the first interrupt waits for."""
    suite.write_text(LONG.replace("num_training_steps: 600", "num_training_steps: 1000000"), encoding="utf-8")
    output = tmp_path / "out"
    with start(suite, output, 20) as parent:
        wait_for_checkpoint(output, 0)
        os.kill(find_holder(next((output / "runs").glob(".*.lock"))), signal.SIGSTOP)
        parent.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            parent.wait(2)
        parent.send_signal(signal.SIGINT)
        text = parent.communicate(timeout=10)[0]
    assert parent.returncode == 130, text
    assert "Traceback" not in text
    wait_until_free(output)


SMALL_DISKS = """
import shutil, subprocess, sys
from pathlib import Path
from running import run_command

suite, disk, copies = map(Path, sys.argv[1:4])
for size in sys.argv[4:]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", disk], check=True)
    first = run_command("run", suite, "--output", disk / "out", "--jobs", "1", "--checkpoint-steps", "5")
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    second = run_command("run", suite, "--output", disk / "out", "--jobs", "1")
    shutil.copytree(disk / "out", copies / size)
    subprocess.run(["umount", disk], check=True)
    (copies / f"{size}.txt").write_text(f"{first}\\n{second}")
    (copies / f"{size}.status").write_text(f"{first.returncode} {second.returncode}")
"""
"""Each size in kiB: a disk that is full at the first checkpoint, at the weights, or after the first run."""

SIZES = [60, 300, 540]


def can_mount() -> bool:
    command = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def small_disks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a suite leaves that met a full disk and then had room, and what was said, for each size."""
    require(can_mount(), "unshare, and the right to mount a small disk in a namespace of one's own")
    folder = tmp_path_factory.mktemp("disks")
    for name in ("disk", "copies"):
        (folder / name).mkdir()
    (folder / "suite.yaml").write_text(TWO_RUNS, encoding="utf-8")
    arguments = map(str, (folder / "suite.yaml", folder / "disk", folder / "copies", *SIZES))
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", SMALL_DISKS, *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return folder / "copies"


@pytest.mark.fault(row=11)
@pytest.mark.parametrize("num_kib", SIZES)
def test_a_full_disk_costs_one_run_and_the_same_command_finishes_it(
    small_disks: Path, undisturbed: Path, num_kib: int
) -> None:
    said = (small_disks / f"{num_kib}.txt").read_text()
    assert (small_disks / f"{num_kib}.status").read_text() == "3 0", said
    assert "free some space or choose another --output" in said
    assert "Traceback" not in said
    assert_same_results(undisturbed, small_disks / str(num_kib))


@pytest.mark.fault(row=14)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")
def test_a_killed_worker_fails_its_run_only(suite: Path, tmp_path: Path) -> None:
    text = suite.read_text(encoding="utf-8").replace("num_training_steps: 20", "num_training_steps: [20, 100000]")
    suite.write_text(text.replace("[2, 3]", "2"), encoding="utf-8")
    output = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "reportgen",
        "run",
        str(suite),
        "--output",
        str(output),
        "--jobs",
        "1",
        "--retries",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        while "training vae-2-num_training_steps=100000" not in parent.stdout.readline():  # the shorter one comes first
            pass
        lock = wait_for_lock(output)
        os.kill(find_holder(lock), signal.SIGKILL)
        rest = parent.stdout.read()
    assert parent.returncode == 3
    assert "killed by signal 9" in rest
    assert "1 of 2 runs failed" in rest


@pytest.mark.fault(row=12)
def test_two_invocations_at_once_both_end_well(suite: Path, tmp_path: Path) -> None:
    """Each run is done by one of them; the other says so of it, which may be so for one run each."""
    output = tmp_path / "out"
    with start(suite, output, 20) as first, start(suite, output, 20) as second:
        texts = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert {first.returncode, second.returncode} <= {0, 3}, texts
    failures = [line for text in texts for line in text.splitlines() if "FAILED" in line]
    assert all("another process is working on it" in line for line in failures), texts
    assert len(load_results(output).finished) == 2
    assert run_suite(suite, output).returncode == 0


@pytest.mark.fault(row=9)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")
def test_a_killed_worker_is_resumed_from_its_checkpoint(suite: Path, tmp_path: Path) -> None:
    suite.write_text(LONG, encoding="utf-8")
    output = tmp_path / "out"
    with start(suite, output, 20) as parent:
        step = wait_for_checkpoint(output, 0)
        os.kill(find_holder(next((output / "runs").glob(".*.lock"))), signal.SIGKILL)
        text = parent.communicate(timeout=120)[0]
    assert parent.returncode == 0, text
    assert "killed by signal 9" in text
    assert "; resumed" in text
    log = next(output.rglob("run.log")).read_text()
    resumed = [int(line.rpartition("from step ")[2].split()[0]) for line in log.splitlines() if "from step" in line]
    assert resumed[0] == 0
    assert resumed[1] >= step


def test_a_run_over_its_time_is_ended_and_keeps_its_checkpoint(suite: Path, tmp_path: Path) -> None:
    suite.write_text(LONG.replace("num_training_steps: 600", "num_training_steps: 1000000"), encoding="utf-8")
    output = tmp_path / "out"
    run = run_suite(suite, output, "--time-limit", "0.1", "--checkpoint-steps", "5")
    assert run.returncode == 3
    assert "it took longer than --time-limit" in run.stdout
    assert list(output.rglob("checkpoint-*.pt"))
