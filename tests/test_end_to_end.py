"""Real training of real (small) networks, from the command line to the files."""

from __future__ import annotations

import itertools
import json
import logging
import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from synthetic import ROOT
from tensorboardX.proto.event_pb2 import Event

from reportgen.analysis.results import load_results
from reportgen.config import LANGUAGES, load_suite
from reportgen.data import load_dataset
from reportgen.errors import RunError
from reportgen.execution import Report, Task, execute_run, explain_failure, format_events, log_to, train_together
from reportgen.executors import Failed, Finished, Job, Progressed, Released, Retried
from reportgen.executors.local import LocalExecutor, _choose, _Worker
from reportgen.plan import plan_runs
from reportgen.report.assemble import build_report
from reportgen.store import OutputPaths, hold_run
from reportgen.training.checkpoint import Checkpointer
from reportgen.training.loop import Training, begin_training

TWO_RUNS = """
dataset: mnist-5k
fid: {num_images: 50}
runs:
  vae: {section: vae_latent, model: vae, latent_dim: [2, 3], num_training_steps: 20, batch_size: 8, image_interval: 10}
"""


def run_suite(suite: Path, output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reportgen", "run", str(suite), "--output", str(output), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "中文 suite.yaml"
    path.write_text(TWO_RUNS, encoding="utf-8")
    return path


def test_every_run_leaves_what_the_design_names(tiny_output: Path) -> None:
    results = load_results(tiny_output)
    assert len(results.finished) == len(results.runs) == 10
    for run in results.finished:
        for path in (run.paths.spec, run.paths.history, run.paths.weights, run.paths.evaluation, run.paths.manifest):
            assert path.stat().st_size > 0
        assert run.list_steps("samples") == [6, 12]
        stages = json.loads(run.paths.manifest.read_text())["stages"]
        listed = {name for stage in stages.values() for name in stage["files"]}
        there = {p.relative_to(run.paths.folder).as_posix() for p in run.paths.folder.rglob("*") if p.is_file()}
        events = run.paths.events.relative_to(run.paths.folder).as_posix()
        assert listed == there - {"manifest.json", "run.log", events}
        assert "tfevents" in events
        assert set(run.sources) == {"model", "interpolation", "digits"}
        assert "def interpolate" in run.sources["interpolation"]["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trained_suite_is_reported(tiny_output: Path, language) -> None:  # type: ignore[no-untyped-def]
    report = build_report(load_results(tiny_output), language)
    parts = ["settings", "methods", "vae", "gan", "scores", "comparison", "interpolation", "collapse"]
    parts += ["gan_mlp", "gan_relu", "published", "appendix", "coverage"]
    assert [section.id for section in report.sections] == parts


@pytest.mark.fault(row=13)
def test_second_run_trains_nothing_and_a_changed_setting_trains_one(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out put"
    first = run_suite(suite, output)
    assert first.returncode == 0, first.stderr
    assert "[2/2]" in first.stdout
    stamps = {path: path.stat().st_mtime_ns for path in output.rglob("*.safetensors")}
    assert len(stamps) == 2
    for folder in list(output.rglob("tensorboard")):
        shutil.rmtree(folder)  # the history has the same values

    suite.write_text("# a comment\n" + suite.read_text(encoding="utf-8"), encoding="utf-8")
    second = run_suite(suite, output)
    assert "2 finished, 0 to do" in second.stdout

    suite.write_text(suite.read_text(encoding="utf-8").replace("[2, 3]", "[2, 4]"), encoding="utf-8")
    third = run_suite(suite, output)
    assert "1 finished, 1 to do" in third.stdout
    assert "training vae-4-s0" in third.stdout
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


@pytest.mark.fault(row=13)
def test_changed_evaluation_measures_again_without_training(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert run_suite(suite, output, "--only", "vae-2-*").returncode == 0
    weights = next(output.rglob("*.safetensors"))
    before = weights.stat().st_mtime_ns, next(output.rglob("evaluation.json")).read_text()
    suite.write_text(suite.read_text(encoding="utf-8").replace("num_images: 50", "num_images: 60"), encoding="utf-8")
    assert run_suite(suite, output, "--only", "vae-2-*").returncode == 0
    after = weights.stat().st_mtime_ns, next(output.rglob("evaluation.json")).read_text()
    assert after[0] == before[0]
    assert json.loads(after[1])["scores"]["classifier"]["num_fake"] == 60
    assert json.loads(before[1])["digits"]["counted"] == json.loads(after[1])["digits"]["counted"]


@pytest.mark.fault(row=12)
def test_what_another_command_finished_meanwhile_is_left_as_it_is(suite: Path, tmp_path: Path) -> None:
    task, stages = make_tasks(suite, tmp_path)[0], list[str]()
    for _ in range(2):
        execute_run(task, lambda stage, *_: stages.append(stage))
    assert stages.count("evaluation") == 1


def test_a_run_names_the_machine_of_its_last_step_and_the_time_of_its_first(suite: Path, tmp_path: Path) -> None:
    """Not those of the process that found it trained and recorded it."""
    elsewhere = {"device": "a GPU", "started_at": "2026-01-02T03:04:05+00:00"}
    for task, num_steps, device in zip(make_tasks(suite, tmp_path), (20, 10), ("a GPU", "CPU"), strict=True):
        paths, settings = OutputPaths(tmp_path).run(task.spec.folder_name), task.spec.settings
        training = begin_training(settings, load_dataset("mnist-5k"), task.spec.seed)
        training.step, training.environment = num_steps, elsewhere
        Checkpointer(paths, task.spec.training_key).write(training)
        execute_run(task, lambda *_: None)
        environment = json.loads(paths.spec.read_text())["environment"]
        assert (environment["device"], environment["started_at"]) == (device, elsewhere["started_at"])


def test_events_are_what_tensorboard_reads() -> None:
    """Length, its checksum, event, its checksum; the checksum is CRC-32C, rotated by 15 bits, plus a constant."""

    def compute_checksum(content: bytes) -> int:
        register = 0xFFFFFFFF
        for byte in content:
            register ^= byte
            for _ in range(8):
                register = register >> 1 ^ 0x82F63B78 * (register & 1)
        value = register ^ 0xFFFFFFFF
        return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF

    rows = [(1, "train_total", 0.25), (200, "dev_total", -3.5)]
    content, events = format_events(rows), []
    while content:
        length, check = struct.unpack("<QI", content[:12])
        assert check == compute_checksum(content[:8])
        body, (check,) = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])
        assert check == compute_checksum(body)
        events.append(Event.FromString(body))
        content = content[16 + length :]
    assert events[0].file_version == "brain.Event:2"
    assert [(e.step, e.summary.value[0].tag, e.summary.value[0].simple_value) for e in events[1:]] == rows


@pytest.mark.fault(row=11)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_log_that_finds_no_room_costs_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with log_to(Path("/dev/full")):
        logging.getLogger("reportgen.execution").info("a line")
    assert capfd.readouterr() == ("", "")


def test_jobs_do_not_change_the_bits(suite: Path, tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        assert run_suite(suite, tmp_path / jobs, "--jobs", jobs).returncode == 0
    for path in sorted((tmp_path / "1").rglob("*")):
        other = tmp_path / "2" / path.relative_to(tmp_path / "1")
        if path.suffix in (".safetensors", ".csv", ".png") or path.name == "evaluation.json":
            assert path.read_bytes() == other.read_bytes(), path


@pytest.mark.fault(row=14)
def test_a_failed_run_is_recorded_and_the_others_go_on(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    text = suite.read_text(encoding="utf-8")
    suite.write_text(
        text + "  bad: {model: vae, latent_dim: 2, batch_size: 5000, num_training_steps: 5}\n", encoding="utf-8"
    )
    run = run_suite(suite, output)
    assert run.returncode == 3
    assert "1 of 3 runs failed" in run.stdout
    assert "batch_size 5000 exceeds the 4000 training images" in run.stdout
    results = load_results(output)
    assert len(results.finished) == 2
    assert [r.failure for r in results.unfinished] == ["batch_size 5000 exceeds the 4000 training images"]
    status = subprocess.run(
        [sys.executable, "-m", "reportgen", "status", "--output", str(output)], capture_output=True, text=True, cwd=ROOT
    )
    assert "batch_size 5000 exceeds" in status.stdout


@pytest.mark.fault(row=14)
def test_a_killed_worker_fails_its_run_only(suite: Path, tmp_path: Path) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("needs /proc to find the worker")
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
        while "training" not in parent.stdout.readline():
            pass
        lock = wait_for_lock(output)
        os.kill(find_holder(lock), signal.SIGKILL)
        rest = parent.stdout.read()
    assert parent.returncode == 3
    assert "killed by signal 9" in rest
    assert "1 of 2 runs failed" in rest


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


def test_weights_load_into_the_model_that_they_are_of(tiny_output: Path, tmp_path: Path) -> None:
    import torch

    from reportgen.errors import RunError
    from reportgen.execution import load_modules

    runs = {run.spec.name: run for run in load_results(tiny_output).finished}
    run, other = runs["vae-3-s0"], runs["vae-10-s0"]
    modules = load_modules(run.spec.settings, run.paths.weights, torch.device("cpu"))
    assert set(modules) == {"vae"}
    with pytest.raises(RunError, match="not the weights of this model"):
        load_modules(other.spec.settings, run.paths.weights, torch.device("cpu"))


@pytest.mark.fault(row=13)
def test_damaged_weights_are_trained_anew(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert run_suite(suite, output, "--only", "vae-2-*").returncode == 0
    weights = next(output.rglob("*.safetensors"))
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert run_suite(suite, output, "--only", "vae-2-*").returncode == 0
    assert weights.read_bytes() == content


def test_copied_output_is_reported_from_elsewhere(tiny_output: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_output, tmp_path / "copy")
    assert build_report(load_results(tmp_path / "copy"), "en").sections


LONG = """
dataset: mnist-5k
fid: {num_images: 50}
runs:
  gan: {model: gan, latent_dim: 4, hidden_dim: 4, num_training_steps: 600, batch_size: 8, image_interval: 100}
"""


@contextmanager
def start(suite: Path, output: Path, steps: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A suite that keeps its training every ``steps`` steps, in a process group of its own; killed in the end."""
    command = [sys.executable, "-m", "reportgen", "run", str(suite), "--output", str(output)]
    command += ["--checkpoint-steps", str(steps), *arguments]
    # In a shell's background job SIGINT is ignored, and so it would be here.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=heed, **pipes)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


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
        assert ("interrupted; the same command goes on" in text) == (sent == signal.SIGINT)
        wait_until_free(output)
        step = wait_for_checkpoint(output, 0)  # the stop wrote one more
        shown = subprocess.run(
            [sys.executable, "-m", "reportgen", "status", "--output", str(output)], capture_output=True, text=True
        )
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


SMALL_DISK = """
set -e
mount -t tmpfs -o size=$3k none "$2"
set +e
"$4" -m reportgen run "$1" --output "$2/out" --jobs 1 --checkpoint-steps 5
echo "status $?"
mount -o remount,size=64m "$2"
"$4" -m reportgen run "$1" --output "$2/out" --jobs 1
echo "status $?"
cp -r "$2/out" "$5"
"""


def can_mount() -> bool:
    command = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.fault(row=11)
@pytest.mark.skipif(not can_mount(), reason="may mount no small disk here")
@pytest.mark.parametrize("num_kib", [60, 300, 540])
def test_a_full_disk_costs_one_run_and_the_same_command_finishes_it(suite: Path, tmp_path: Path, num_kib: int) -> None:
    """A disk that is full at the first checkpoint, at the weights, or after the first run."""
    disk, copy, undisturbed = tmp_path / "disk", tmp_path / "copy", tmp_path / "undisturbed"
    disk.mkdir()
    arguments = [str(suite), str(disk), str(num_kib), sys.executable, str(copy)]
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    statuses = [line for line in run.stdout.splitlines() if line.startswith("status ")]
    assert statuses == ["status 3", "status 0"], run.stdout + run.stderr
    assert "free some space or choose another --output" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert run_suite(suite, undisturbed).returncode == 0
    assert_same_results(undisturbed, copy)


def assert_same_results(expected: Path, found: Path) -> None:
    """The bytes of all that a report is made from."""
    for path in sorted(expected.rglob("*")):
        if path.suffix in (".safetensors", ".csv", ".png") or path.name == "evaluation.json":
            assert path.read_bytes() == (found / path.relative_to(expected)).read_bytes(), path


@pytest.mark.fault(row=18)
def test_it_trains_without_a_home_in_the_c_locale(suite: Path, tmp_path: Path) -> None:
    environment = os.environ | {"LANG": "C", "LC_ALL": "C", "HOME": "/nonexistent", "PYTHONUTF8": "0"}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-m", "reportgen", "run", str(suite), "--output", str(tmp_path / "出 力")]
    run = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment)
    assert run.returncode == 0, run.stderr.decode(errors="replace")


@pytest.mark.fault(row=14)
def test_a_full_gpu_is_one_line() -> None:
    reason = explain_failure(torch.cuda.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2.00 GiB"))
    assert reason == "the GPU's memory is full; use a smaller batch_size or fewer --jobs"


TOGETHER = """
dataset: mnist-5k
fid: {num_images: 50}
seeds: [0, 1]
runs:
  gan: {model: gan, latent_dim: 4, hidden_dim: 4, num_training_steps: 1200, batch_size: 8, image_interval: 400}
  vae: {model: vae, latent_dim: 2, num_training_steps: 60, batch_size: 8, image_interval: 30}
"""


def make_tasks(suite: Path, output: Path) -> tuple[Task, ...]:
    return tuple(Task(spec, output, None, "cpu", None) for spec in plan_runs(load_suite(suite)))


def test_runs_trained_side_by_side_leave_what_single_ones_leave(suite: Path, tmp_path: Path) -> None:
    """Stopped in mid-training and taken up again, too; one was finished alone before. Bit for bit, as on the CPU."""
    suite.write_text(TOGETHER, encoding="utf-8")
    output, alone = tmp_path / "out", tmp_path / "alone"
    assert run_suite(suite, alone).returncode == 0
    assert run_suite(suite, output, "--only", "gan-4_4-s1").returncode == 0
    tasks = make_tasks(suite, output)
    events = LocalExecutor(jobs=2).execute([tasks])
    for event in events:
        if isinstance(event, Progressed) and event.name == "gan-4_4-s0" and event.step > 0:
            break
    events.close()  # as an interrupt does
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
        assert together.record["trained_together"] == (1 if together.spec.name == "gan-4_4-s1" else 3)
        files = [{p.name for p in r.paths.folder.rglob("*") if "tfevents" not in p.name} for r in (together, single)]
        assert files[0] == files[1]
        for name in ("weights.safetensors", "history.csv", "evaluation.json"):
            assert (together.paths.folder / name).read_bytes() == (single.paths.folder / name).read_bytes()
    for folder, is_said in ((output, True), (alone, False)):
        appendix = build_report(load_results(folder), "en").sections[-2]
        assert appendix.id == "appendix"
        assert any("Up to 3 runs were trained side by side" in str(block) for block in appendix.blocks) == is_said


def test_of_runs_side_by_side_one_that_fails_takes_no_other_with_it(suite: Path, tmp_path: Path) -> None:
    suite.write_text(TOGETHER.replace("num_training_steps: 60,", "num_training_steps: 60, learning_rate: 1.0,"))
    tasks = make_tasks(suite, tmp_path)
    events = list(LocalExecutor(jobs=1).execute([tasks]))
    assert {event.name for event in events if isinstance(event, Finished)} == {"gan-4_4-s0", "gan-4_4-s1"}
    failed = {event.name: event.reason for event in events if isinstance(event, Failed)}
    assert failed.keys() == {"vae-2-s0", "vae-2-s1"}
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
    assert len([event for event in events if isinstance(event, Finished)]) == 3


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

    def write_or_fail(keeper: Checkpointer, training: Training) -> None:
        if keeper.paths.folder.name.startswith("vae-2-"):
            raise RunError("the disk is full")
        write(keeper, training)

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
    groups = [(tasks[:2], 0), (tasks[2:3], 0), (tasks[2:], 0)]
    assert _choose(groups, []) == groups[2]
    busy = SimpleNamespace(trains_together=True)
    assert _choose(groups, [busy]) == groups[1]
    assert _choose(groups[:1], [busy]) is None
    assert _choose(groups[:1], [SimpleNamespace(trains_together=False)]) == groups[0]


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
    monkeypatch.setattr("reportgen.executors.local._work_in_turn", talk_until_stopped)
    monkeypatch.setattr("reportgen.executors.local.SECONDS_TO_STOP", 20.0)
    executor = LocalExecutor(jobs=1)
    executor.context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    events = executor.execute([make_tasks(suite, tmp_path)[:1]])
    assert any(isinstance(event, Progressed) for event in itertools.islice(events, 2))
    events.close()
    assert (tmp_path / "kept").exists()


def release_all(job: Job, connection: Connection, stopping: threading.Event) -> None:
    for task in job:
        connection.send(Released(task.spec.name))


def die_of_gans(task: Task, report: Report, is_stopping: Callable[[], bool]) -> None:
    if task.spec.name.startswith("gan"):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="what is patched must reach the child")
def test_a_worker_that_dies_takes_only_what_it_worked_on_with_it(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.executors.local._train_together", release_all)
    monkeypatch.setattr("reportgen.executors.local.execute_run", die_of_gans)
    suite.write_text(TOGETHER, encoding="utf-8")
    for retries in (0, 1):
        executor = LocalExecutor(jobs=1, retries=retries)
        executor.context = multiprocessing.get_context("fork")
        events = list(executor.execute([make_tasks(suite, tmp_path)]))
        assert sorted(event.name for event in events if isinstance(event, Finished)) == ["vae-2-s0", "vae-2-s1"]
        assert sorted(event.name for event in events if isinstance(event, Failed)) == ["gan-4_4-s0", "gan-4_4-s1"]
        assert len([event for event in events if isinstance(event, Retried)]) == 2 * retries


def die(job: Job, connection: Connection, stopping: threading.Event) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="what is patched must reach the child")
def test_the_death_of_a_process_that_trains_several_costs_none_its_tries(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.executors.local._train_together", die)
    monkeypatch.setattr("reportgen.executors.local.execute_run", lambda *_: None)
    suite.write_text(TOGETHER, encoding="utf-8")
    executor = LocalExecutor(jobs=1, retries=0)
    executor.context = multiprocessing.get_context("fork")
    events = list(executor.execute([make_tasks(suite, tmp_path)]))
    assert len([event for event in events if isinstance(event, Finished)]) == 4
    assert not any(isinstance(event, Failed) for event in events)


def test_where_nothing_can_be_forked_runs_are_trained_as_well(suite: Path, tmp_path: Path) -> None:
    """As on Windows and macOS: the task travels to a process that imports everything anew."""
    executor = LocalExecutor(jobs=1)
    executor.context = multiprocessing.get_context("spawn")
    (task, _) = make_tasks(suite, tmp_path)
    assert [event.name for event in executor.execute([(task,)]) if isinstance(event, Finished)] == [task.spec.name]


def test_a_worker_given_more_has_its_tries_anew(suite: Path, tmp_path: Path) -> None:
    worker = _Worker((), SimpleNamespace(), SimpleNamespace(send=lambda job: None), 0.0, 1, trains_together=False)
    worker.give(make_tasks(suite, tmp_path))
    assert worker.attempt == 0


def test_where_training_together_fails_each_goes_on_alone(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("reportgen.execution.train_courses", fail)
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
    events = []
    for event in LocalExecutor(jobs=2).execute([tasks]):
        if isinstance(event, Progressed) and not any(isinstance(each, Progressed) for each in events):
            os.kill(find_holder(next((tmp_path / "runs").glob(".gan*.lock"))), signal.SIGKILL)
        events.append(event)
    assert {event.name for event in events if isinstance(event, Retried)} >= {"gan-4_4-s0", "gan-4_4-s1"}
    assert {event.name for event in events if isinstance(event, Finished)} == {task.spec.name for task in tasks}


@pytest.mark.fault(row=12)
def test_two_invocations_at_once_both_end_well(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with start(suite, output, 20) as first, start(suite, output, 20) as second:
        texts = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert sorted([first.returncode, second.returncode])[0] == 0, texts
    assert run_suite(suite, output).returncode == 0
    assert len(load_results(output).finished) == 2


@pytest.mark.fault(row=9)
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to find the worker")
def test_a_killed_worker_is_taken_up_again_from_its_checkpoint(suite: Path, tmp_path: Path) -> None:
    suite.write_text(LONG, encoding="utf-8")
    output = tmp_path / "out"
    with start(suite, output, 20) as parent:
        step = wait_for_checkpoint(output, 0)
        os.kill(find_holder(next((output / "runs").glob(".*.lock"))), signal.SIGKILL)
        text = parent.communicate(timeout=120)[0]
    assert parent.returncode == 0, text
    assert "killed by signal 9" in text
    assert "taken up again" in text
    log = next(output.rglob("run.log")).read_text()
    resumed = [int(line.rpartition("from step ")[2].split()[0]) for line in log.splitlines() if "from step" in line]
    assert resumed[0] == 0
    assert resumed[1] >= step


def test_a_run_over_its_time_is_ended_and_keeps_its_checkpoint(suite: Path, tmp_path: Path) -> None:
    suite.write_text(LONG.replace("num_training_steps: 600", "num_training_steps: 1000000"), encoding="utf-8")
    output = tmp_path / "out"
    run = run_suite(suite, output, "--time-limit", "0.15", "--checkpoint-steps", "5")
    assert run.returncode == 3
    assert "it took longer than --time-limit" in run.stdout
    assert list(output.rglob("checkpoint-*.pt"))
