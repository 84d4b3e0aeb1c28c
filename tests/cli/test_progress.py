"""What the command line shows of a suite at work."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from rich.console import Console

from reportgen.cli.progress import BarView, LineView, Pace, format_left
from reportgen.lab import runner
from reportgen.lab.executors import Failed, Finished, Progressed, Retried, Started, workers
from reportgen.lab.runner import Plan, PlannedRun, PlannedScoring, ScoringPlan, plan_suite, will_emulate_bf16
from reportgen.store.paths import OutputPaths
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import CPU_SECONDS_TO_EVALUATE, estimate_training_seconds, plan_runs, schedule

if TYPE_CHECKING:
    from reportgen.base.fetching import Download

NUM_STEPS = 1000
EXPECTED = 100.0 + CPU_SECONDS_TO_EVALUATE
"""Seconds that each run of the plan below is expected to take."""


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_plan(tmp_path: Path) -> Callable[..., Plan]:
    def make(*, jobs: int, finished_steps: int = 0) -> Plan:
        file = tmp_path / "suite.yaml"
        file.write_text(f"runs: {{a: {{model: vae, latent_dim: [3, 10], num_training_steps: {NUM_STEPS}}}}}")
        specs = plan_runs(load_suite(file))
        return Plan(
            [PlannedRun(spec, "missing", finished_steps, 100.0, CPU_SECONDS_TO_EVALUATE) for spec in specs],
            jobs,
            "cpu",
            None,
        )

    return make


def test_before_the_first_step_the_estimate_is_all_there_is(make_plan: Callable[..., Plan], clock: Clock) -> None:
    assert Pace(make_plan(jobs=1), clock).seconds_left == pytest.approx(2 * EXPECTED)
    assert Pace(make_plan(jobs=2), clock).seconds_left == pytest.approx(EXPECTED)


@pytest.mark.parametrize("slower", [0.5, 1.0, 3.0])
def test_the_time_left_follows_the_pace_of_the_work(
    make_plan: Callable[..., Plan], clock: Clock, slower: float
) -> None:
    pace = Pace(make_plan(jobs=2), clock)
    for name in ("vae-3-s0", "vae-10-s0"):
        pace.follow(Started(name))
    clock.seconds = 50 * slower
    for name in ("vae-3-s0", "vae-10-s0"):
        pace.follow(Progressed(name, "training", NUM_STEPS // 2, {}))
    # Of 100 expected seconds that took 100 * slower, and 10 that are believed to be as expected.
    factor = (100 * slower + 10) / 110
    assert pace.seconds_left == pytest.approx(factor * (50 + CPU_SECONDS_TO_EVALUATE))
    assert pace.share_done == pytest.approx(50 / EXPECTED)
    for name in ("vae-3-s0", "vae-10-s0"):
        pace.follow(Finished(name, 100))
    assert (pace.seconds_left, pace.share_done) == (0, 1)


def test_steps_done_by_an_earlier_command_do_not_count_as_fast_work(
    make_plan: Callable[..., Plan], clock: Clock
) -> None:
    pace = Pace(make_plan(jobs=1, finished_steps=500), clock)
    pace.follow(Started("vae-3-s0"))
    clock.seconds = 1
    pace.follow(Progressed("vae-3-s0", "training", 500, {}))
    assert pace.share_done == pytest.approx(0)
    assert pace.seconds_left == pytest.approx(2 * EXPECTED * 11 / 10)


def test_a_training_that_had_to_start_over_is_no_fault(make_plan: Callable[..., Plan], clock: Clock) -> None:
    pace = Pace(make_plan(jobs=1, finished_steps=500), clock)
    pace.follow(Started("vae-3-s0"))
    pace.follow(Progressed("vae-3-s0", "training", 10, {}))  # its checkpoints were damaged
    assert pace.share_done == 0
    assert pace.seconds_left > 2 * EXPECTED


def test_a_failure_says_nothing_of_the_pace(make_plan: Callable[..., Plan], clock: Clock) -> None:
    pace = Pace(make_plan(jobs=1), clock)
    pace.follow(Started("vae-3-s0"))
    clock.seconds = 1
    pace.follow(Failed("vae-3-s0", "no memory"))
    assert pace.seconds_left == pytest.approx(EXPECTED)


def test_seeds_that_share_a_program_are_done_at_once(make_plan: Callable[..., Plan], clock: Clock) -> None:
    pace = Pace(make_plan(jobs=1), clock)
    for name in ("vae-3-s0", "vae-10-s0"):
        pace.follow(Started(name))
    clock.seconds = 50
    for name in ("vae-3-s0", "vae-10-s0"):
        pace.follow(Progressed(name, "training", NUM_STEPS // 2, {}))
    assert pace.seconds_left == pytest.approx(50 + CPU_SECONDS_TO_EVALUATE)


def test_nothing_to_do_is_done() -> None:
    plan = Plan([], 1, "cpu", None)
    assert (Pace(plan).share_done, Pace(plan).seconds_left) == (1, 0)
    with BarView(plan):
        pass


def test_tasks_are_scheduled_as_places_become_free() -> None:
    assert schedule([5, 4, 3, 2], 1) == 14
    assert schedule([5, 4, 3, 2], 2) == 7
    assert schedule([], 2) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "about 0 s left"), (119, "about 1 min 59 s left"), (170, "about 3 min left"), (7490, "about 2 h 05 min left")],
)
def test_an_estimate_is_said_no_more_exactly_than_it_is(seconds: float, text: str) -> None:
    assert format_left(seconds) == text


def test_a_log_says_now_and_then_how_far_it_is(
    make_plan: Callable[..., Plan], clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    view = LineView(make_plan(jobs=1), clock)
    view.show(Started("vae-3-s0"))
    for step in range(100, NUM_STEPS, 100):
        clock.seconds += 100.0
        view.show(Progressed("vae-3-s0", "training", step, {}))
    view.show(Retried("vae-3-s0", "its process was killed by signal 9"))
    view.show(Finished("vae-3-s0", 1000.0))
    view.show(Failed("vae-10-s0", "no memory"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "training vae-3-s0"
    assert [line.split(" ")[0] for line in lines[1:3]] == ["19%", "38%"]
    assert all(line.endswith("left") for line in lines[1:3])
    assert lines[3:] == [
        "vae-3-s0: its process was killed by signal 9; resumed",
        "[1/2] vae-3-s0 done in 16 min 40 s",
        "[2/2] vae-10-s0 FAILED: no memory",
    ]


def test_bars_show_rate_losses_and_time_left(make_plan: Callable[..., Plan], clock: Clock) -> None:
    view, text = BarView(make_plan(jobs=1), clock), io.StringIO()
    view.progress.live.console = view.console = Console(file=text, width=160)
    view.show(Started("vae-3-s0"))
    view.show(Progressed("vae-3-s0", "training", 0, {}))
    clock.seconds = 20.0
    view.show(Progressed("vae-3-s0", "training", 200, {"train_reconstruction": 123.4}))
    view.console.print(view.progress)
    assert "200/1000 about 1 min 20 s left 10.0 steps/s rec 123" in text.getvalue()
    assert "all runs" in text.getvalue()
    assert "0/2      about 3 min left" in text.getvalue()
    view.show(Progressed("vae-3-s0", "evaluation", NUM_STEPS, {}))
    view.console.print(view.progress)
    assert "measuring" in text.getvalue()
    view.show(Started("vae-10-s0"))
    view.show(Failed("vae-10-s0", "no such file [/data]"))
    assert "✗ vae-10-s0  no such file [/data]" in text.getvalue()
    view.show(Finished("vae-3-s0", 61.0))
    view.console.print(view.progress)
    assert "✓ vae-3-s0  1 min 01 s" in text.getvalue()
    assert "2/2" in text.getvalue()


def test_a_scoring_is_counted_in_images_beside_a_download(make_plan: Callable[..., Plan], clock: Clock) -> None:
    class HalfDone:
        num_bytes = 42_000_000

    specs = [run.spec for run in make_plan(jobs=1).runs]
    plan = ScoringPlan([PlannedScoring(spec, "trained", 0, 300.0, 20.0, 1500) for spec in specs], 1, "cpu")
    view, text = BarView(plan, clock, cast("Download", HalfDone())), io.StringIO()
    view.progress.live.console = view.console = Console(file=text, width=160)
    view.show(Started("vae-3-s0"))
    view.show(Progressed("vae-3-s0", "inception", 0, {}))
    clock.seconds = 100.0
    view.show(Progressed("vae-3-s0", "inception", 500, {}))
    view.console.print(view.progress)
    assert "500/1500 about 3 min left 5.0 images/s" in text.getvalue()
    assert "42 MB" in text.getvalue()
    assert view.pace.share_done == pytest.approx(100 / 640)
    view.show(Progressed("vae-3-s0", "inception", 1750, {}))
    assert view.pace.seconds_left > 0


def test_what_a_checkpoint_holds_is_not_estimated_again(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text("runs: {a: {model: gan, num_training_steps: 1000}}")
    suite = load_suite(file)
    (spec,) = plan_runs(suite)
    paths = OutputPaths(tmp_path / "out").run(spec.folder_name)
    paths.folder.mkdir(parents=True)
    paths.checkpoint(250).write_bytes(b"")
    (paths.folder / "checkpoint-of-mine.pt").write_bytes(b"")
    (run,) = plan_suite(suite, tmp_path / "out", jobs=1, device="cpu").runs
    assert (run.state, run.finished_steps) == ("interrupted", 250)
    full, rest = (estimate_training_seconds(spec.settings, steps, 1e9) for steps in (0, 250))
    assert rest == pytest.approx(0.75 * full)


def test_a_trained_run_is_only_measured_and_then_scored(
    make_plan: Callable[..., Plan], clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(jobs=1, finished_steps=NUM_STEPS)
    LineView(plan, clock).show(Started("vae-3-s0"))
    scorings = [PlannedScoring(run.spec, "trained", 0, 300.0, 20.0, 1500) for run in plan.runs]
    LineView(ScoringPlan(scorings, 1, "cpu"), clock).show(Started("vae-3-s0"))
    assert capsys.readouterr().out == "measuring vae-3-s0\nscoring vae-3-s0\n"


@pytest.mark.parametrize(("capability", "is_told"), [("AVX2", True), ("AVX512_BF16", False)])
def test_bf16_that_is_emulated_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capability: str, *, is_told: bool
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: capability)
    monkeypatch.setattr(runner, "call_in_worker", workers._call)  # which has what is patched here
    path = tmp_path / "suite.yaml"
    for precision in ("fp32", "bf16"):
        path.write_text(f"dataset: mnist-5k\nruns:\n  a: {{model: vae, latent_dim: 2, precision: {precision}}}\n")
        plan = plan_suite(load_suite(path), tmp_path / "out", jobs=1, device="cpu", is_dry=True)
        assert will_emulate_bf16(plan) == (is_told and precision == "bf16")
