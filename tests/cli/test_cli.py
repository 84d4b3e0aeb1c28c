from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running import run_command
from synthetic import ROOT, WITHOUT_TORCH, write_output

from reportgen.suite.languages import LANGUAGES

IMPORTS_TORCH = pytest.mark.slow
"""Of a command that imports torch: seconds each."""


@pytest.mark.fault(row=2)
@pytest.mark.parametrize(
    ("old", "new"),
    [("model: vae", "model: vea"), ("runs:  ", "rnus:  "), ("seeds: [0]", "seeds: 0"), ("[16, 100]", "[16")],
)
def test_bad_suite_ends_with_one_line_and_status_2_and_writes_nothing(tmp_path: Path, old: str, new: str) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8")
    assert old in text
    suite = tmp_path / "suite.yaml"
    suite.write_text(text.replace(old, new, 1), encoding="utf-8")
    run = run_command("run", suite, "--output", tmp_path / "out")
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith(f"reportgen: {suite}:")
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_missing_suite_ends_with_one_line_and_status_2(tmp_path: Path) -> None:
    run = run_command("run", tmp_path / "no.yaml")
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
    assert "no.yaml: no such file" in run.stderr


@pytest.mark.fault(row=2)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--only", "nothing-*"], "--only nothing-*: no run has such a name; the runs are: vae-3-s0"),
        (["--only", "vae-*", "--only", "no", "--only", "none"], "--only no, none: no run has such a name"),
        (["--profile", "quik"], "no profile 'quik'; choose from: full, quick"),
        pytest.param(["--device", "cuda:9"], "sees 0 CUDA devices", marks=IMPORTS_TORCH),
        pytest.param(["--device", "tpu9"], "unknown device; choose from: auto, cpu, cuda:0", marks=IMPORTS_TORCH),
        pytest.param(["--device", "meta"], "unknown device; choose from: auto, cpu, cuda:0", marks=IMPORTS_TORCH),
        pytest.param(
            ["--data-dir", "no-such-folder"], "--data-dir no-such-folder: no such folder", marks=IMPORTS_TORCH
        ),
    ],
)
def test_bad_options_end_with_one_line_and_write_nothing(tmp_path: Path, arguments: list[str], expected: str) -> None:
    run = run_command("run", "experiments.yaml", "--output", tmp_path / "out", *arguments)
    assert run.returncode == 2
    assert expected in run.stderr
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_dry_run_prints_the_plan_and_does_nothing(tmp_path: Path) -> None:
    run = run_command("run", "experiments.yaml", "--dry-run", "--output", tmp_path / "out")
    assert run.returncode == 0
    assert "45 runs, 0 finished, 45 to do" in run.stdout
    assert "gan-100_16-s0" in run.stdout
    assert "(gan-grid, gan-hidden-sweep)" in run.stdout
    assert " for seed 0, which comes first; about " in run.stdout
    assert not (tmp_path / "out").exists()


def test_finished_suite_is_left_alone_without_torch(synthetic_output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(synthetic_output, folder)
    arguments = ["run", "experiments.yaml", "--profile", "quick", "--output", str(folder)]
    run = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert "15 runs, 15 finished, 0 to do" in run.stdout


def test_status_lists_every_run(tmp_path: Path) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name == "vae-3-s0")
    run = run_command("status", "--output", tmp_path)
    assert run.returncode == 0
    assert "missing     vae-3-s0" in run.stdout
    assert "profile quick: 15 runs: 1 missing, 14 finished" in run.stdout


def test_status_of_nothing_is_one_line(tmp_path: Path) -> None:
    run = run_command("status", "--output", tmp_path)
    assert run.returncode != 0
    assert "nothing was run into this folder yet" in run.stderr


def test_render_refuses_unknown_formats(tmp_path: Path) -> None:
    run = run_command("render", "--format", "html,docx", "--output", tmp_path)
    assert run.returncode == 2
    assert "choose from: html, pdf, md" in run.stderr


def test_fetch_refuses_what_it_does_not_know() -> None:
    run = run_command("fetch", "vgg")
    assert (run.returncode, run.stderr) == (2, "reportgen: fetch vgg: unknown; choose from: inception\n")


@IMPORTS_TORCH
def test_missing_inception_weights_stop_the_suite_before_it_starts(tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text("dataset: mnist-5k\nfid: {inception_weights: no-such.pth}\nruns: {a: {model: vae}}\n")
    run = run_command("run", suite, "--output", tmp_path / "out")
    assert run.returncode == 2
    assert "no-such.pth" in run.stderr
    assert not (tmp_path / "out").exists()


def test_doctor_names_what_is_there() -> None:
    run = run_command("doctor")
    for subject in ("Python", "torch", "Pango", "shipped files", "MNIST"):
        assert subject in run.stdout


def test_schema_is_json() -> None:
    assert "runs" in json.loads(run_command("schema").stdout)["properties"]


def test_version_and_help() -> None:
    assert run_command("--version").stdout.startswith("reportgen 0.")
    shown = run_command("--help").stdout
    for command in ("run", "render", "status", "doctor", "schema"):
        assert command in shown


@IMPORTS_TORCH
@pytest.mark.fault(row=18)
def test_it_works_without_a_home_in_the_c_locale_and_under_a_chinese_path(tmp_path: Path) -> None:
    folder = tmp_path / "作业 一"
    write_output(folder, leave_out=lambda spec: spec.name != "vae-3-s0")
    environment = os.environ | {"LANG": "C", "LC_ALL": "C", "HOME": "/nonexistent", "PYTHONUTF8": "0"}
    for command in (["status"], ["check", "--lang", "zh"], ["render", "--lang", "zh", "--format", "html"]):
        run = subprocess.run(
            [sys.executable, "-m", "reportgen", *command, "--output", str(folder)],
            capture_output=True,
            cwd=ROOT,
            env=environment,
        )
        assert b"Traceback" not in run.stderr, run.stderr.decode(errors="replace")
        assert run.returncode == (1 if command[0] == "check" else 0)
    assert (folder / "report.zh.html").stat().st_size > 100_000


@pytest.mark.parametrize("command", ["check", "render"])
def test_a_language_that_there_is_none_of_is_answered_with_those_that_there_are(command: str) -> None:
    run = run_command(command, "--lang", "xx")
    assert run.returncode == 2
    assert all(f"'{language}'" in run.stderr for language in LANGUAGES)


@pytest.mark.parametrize("command", [["check"], ["render", "--lang", "en", "--format", "html"]])
def test_an_empty_author_is_pointed_out_with_how_to_set_it(tmp_path: Path, command: list[str]) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name != "vae-3-s0")
    run = run_command(*command, "--output", str(tmp_path))
    (line,) = [line for line in run.stderr.splitlines() if "report.author" in line]
    assert "name, student_id, school, course, email of the author are blank" in line


def test_init_writes_a_suite_and_says_what_to_type_next(tmp_path: Path) -> None:
    folder = tmp_path / "my study"
    first, second = (run_command("init", folder, "--edition", "1") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == f"next: reportgen run '{folder}/experiments.yaml' --profile quick --render"
    assert (second.returncode, second.stdout, second.stderr.count("\n")) == (2, "", 1)
    assert "is there already" in second.stderr


def test_no_color_and_the_width_of_the_terminal_are_heeded() -> None:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}

    def show_help(**environment: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "reportgen", "--help"],
            capture_output=True,
            text=True,
            env={**kept, "TERM": "xterm-256color", "FORCE_COLOR": "1", **environment},
        )
        return run.stdout

    colour = re.compile(r"\x1b\[(\d+;)*[349][0-7]m")
    assert colour.search(show_help())
    narrow = show_help(NO_COLOR="1", COLUMNS="60")
    assert not colour.search(narrow)
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in narrow.splitlines()) == 60


def test_the_shell_completes_commands_and_options() -> None:
    def complete(line: str) -> set[str]:
        code = "from reportgen.cli.commands import app; app(prog_name='reportgen')"
        asked = {"_REPORTGEN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **asked})
        return set(run.stdout.split())

    assert complete("reportgen re") == {"render"}
    assert "--json" in complete("reportgen status --")
    assert complete("reportgen init --edition ") == {"1", "2", "full", "own"}
