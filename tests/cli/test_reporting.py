"""Reports that are made while a suite is run."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic import ROOT, write_output

from reportgen.cli import reporting
from reportgen.cli.reporting import NICENESS, InterimReports
from reportgen.lab.executors import Failed, Finished, Started
from reportgen.lab.runner import Plan, PlannedRun
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs

SUITE = "seeds: [0, 1]\nruns: {a: {model: vae, latent_dim: [2, 3, 4, 5]}}\n"


class Rendering:
    """Stands for a process of rendering that ends at once."""

    begun: list[int]
    """The numbers of finished runs at which one began."""

    def __init__(self, output: Path, num_runs: int) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", ""])
        self.process.wait()
        self.num_runs = num_runs
        self.begun.append(num_runs)

    def read_last_line(self) -> str:
        return ""

    def end(self) -> None:
        pass


def make_plan(folder: Path, finished: int = 0) -> Plan:
    path = folder / "suite.yaml"
    path.write_text(SUITE, encoding="utf-8")
    specs = sorted(plan_runs(load_suite(path)), key=lambda spec: spec.seed)
    return Plan(
        [PlannedRun(s, "finished" if i < finished else "missing", 0, 1.0, 1.0) for i, s in enumerate(specs)],
        2,
        "cpu",
        None,
    )


@pytest.mark.parametrize(("finished", "expected"), [(0, [3, 4]), (2, [3, 4]), (3, [4]), (5, [6])])
def test_a_report_is_due_with_three_runs_and_with_each_seed_but_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: int, expected: list[int]
) -> None:
    monkeypatch.setattr(Rendering, "begun", [], raising=False)
    monkeypatch.setattr(reporting, "_Rendering", Rendering)
    plan, said = make_plan(tmp_path, finished), list[str]()
    with InterimReports(plan, tmp_path, said.append) as reports:
        for run in plan.missing:
            reports.follow(Started(run.spec.name))
            reports.follow(Finished(run.spec.name, 1.0))
    assert Rendering.begun == expected
    assert said == [f"a report of the first {num} runs: {tmp_path}/report.*" for num in expected]


def test_runs_that_failed_are_no_reason_for_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rendering, "begun", [], raising=False)
    monkeypatch.setattr(reporting, "_Rendering", Rendering)
    plan = make_plan(tmp_path)
    with InterimReports(plan, tmp_path, print) as reports:
        for run in plan.missing:
            reports.follow(Failed(run.spec.name, "it broke"))
    assert Rendering.begun == []


def begin(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> tuple[InterimReports, list[str]]:
    """Return interim reports whose first rendering, by this program, has begun, and the list of what they say."""
    monkeypatch.setattr(reporting, "list_arguments", lambda output: [sys.executable, "-c", program])
    plan, said = make_plan(folder), list[str]()
    reports = InterimReports(plan, folder, said.append)
    for run in plan.missing[:3]:
        reports.follow(Finished(run.spec.name, 1.0))
    assert reports.rendering
    return reports, said


def test_a_rendering_that_fails_is_said_with_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "print('first'); raise SystemExit('reportgen: no Pango\\n')"
    reports, said = begin(tmp_path, monkeypatch, program)
    assert reports.rendering
    reports.rendering.process.wait()
    with reports:
        reports.follow(Started("another"))
    assert said == ["no report of the first 3 runs: no Pango; the training goes on"]


@pytest.mark.fault(row=8)
@pytest.mark.parametrize("ignored", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_a_rendering_ends_with_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignored: str) -> None:
    monkeypatch.setattr(reporting, "SECONDS_TO_END", 0.5)
    reports, _ = begin(tmp_path, monkeypatch, f"{ignored}import time; time.sleep(60)")
    assert reports.rendering
    process = reports.rendering.process
    assert os.getpriority(os.PRIO_PROCESS, process.pid) - os.getpriority(os.PRIO_PROCESS, 0) == NICENESS
    with pytest.raises(KeyboardInterrupt), reports:
        raise KeyboardInterrupt
    assert process.returncode is not None


@pytest.mark.fault(row=8)
@pytest.mark.skipif(not hasattr(select, "poll"), reason="there the next message fails")
def test_a_rendering_ends_with_its_parent(synthetic_output: Path) -> None:
    """As after ``kill -9``, by which the parent's end of the pipe is closed."""
    command = [sys.executable, "-m", "reportgen", "render", "--output", str(synthetic_output), "--with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.communicate()[0] == b""
    assert process.returncode == 1
    assert not list(synthetic_output.glob("report.*"))


@pytest.mark.slow
def test_a_suite_that_is_finished_is_rendered(tmp_path: Path) -> None:
    write_output(tmp_path / "out", leave_out=lambda spec: spec.name != "vae-3-s0")
    only = ["--profile", "quick", "--only", "vae-3-*", "--output", str(tmp_path / "out"), "--render"]
    command = [sys.executable, "-m", "reportgen", "run", "experiments.yaml", *only]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert "all 1 runs are finished" in run.stdout
    assert str(tmp_path / "out" / "report.zh.pdf") in run.stdout
    assert (tmp_path / "out" / "report.en.pdf").is_file()
