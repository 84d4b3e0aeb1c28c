"""Real training of real (small) networks, from the command line to the files."""

from __future__ import annotations

import json
import logging
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from running import (
    assert_same_results,
    make_tasks,
    run_command,
    run_suite,
)
from synthetic import ENVIRONMENT, ROOT, WITHOUT_TORCH
from tensorboardX.proto.event_pb2 import Event

from reportgen.base.errors import RunError
from reportgen.lab.data import load_dataset
from reportgen.lab.execution import execute_run, explain_failure, format_events, log_to
from reportgen.lab.training.checkpoint import Checkpointer
from reportgen.lab.training.loop import begin_training
from reportgen.paper.analysis.results import load_results
from reportgen.paper.report.assemble import build_report
from reportgen.store.paths import OutputPaths
from reportgen.store.records import read_run_record
from reportgen.suite.languages import LANGUAGES, Language


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
        assert set(run.sources) == {"model", "interpolation", "digits", "counting"}
        assert "def interpolate" in run.sources["interpolation"].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trained_suite_is_reported(tiny_output: Path, language: Language) -> None:
    report = build_report(load_results(tiny_output), language)
    parts = ["settings", "vae", "gan", "scores", "comparison", "interpolation", "collapse"]
    parts += ["gan_mlp", "gan_relu", "background", "published", "methods", "code", "appendix"]
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


def test_the_process_that_trains_nothing_itself_imports_no_torch(suite: Path, tmp_path: Path) -> None:
    arguments = ["run", str(suite), "--only", "vae-2-*", "--output", str(tmp_path / "out")]
    run = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert "all 1 runs are finished" in run.stdout


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
    elsewhere = ENVIRONMENT.model_copy(update={"device": "a GPU"})
    for task, num_steps, device in zip(make_tasks(suite, tmp_path), (20, 10), ("a GPU", "CPU"), strict=True):
        paths, settings = OutputPaths(tmp_path).run(task.spec.folder_name), task.spec.settings
        training = begin_training(settings, load_dataset("mnist-5k"), task.spec.seed)
        training.step, training.environment = num_steps, elsewhere
        Checkpointer(paths, task.spec.training_key).write(training)
        execute_run(task, lambda *_: None)
        environment = read_run_record(paths).environment
        assert (environment.device, environment.started_at) == (device, elsewhere.started_at)


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
        logging.getLogger("reportgen.lab.execution").info("a line")
    assert capfd.readouterr() == ("", "")


def test_jobs_do_not_change_the_bits(suite: Path, undisturbed: Path, tmp_path: Path) -> None:
    assert run_suite(suite, tmp_path / "out", "--jobs", "2").returncode == 0
    assert_same_results(undisturbed, tmp_path / "out")


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
    status = run_command("status", "--output", output)
    assert "batch_size 5000 exceeds" in status.stdout


def test_weights_load_into_the_model_that_they_are_of(tiny_output: Path, tmp_path: Path) -> None:
    import torch

    from reportgen.lab.execution import load_modules

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
