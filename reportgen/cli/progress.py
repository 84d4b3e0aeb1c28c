"""Display of a suite's progress: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from reportgen.lab.executors import Event, Failed, Finished, Progressed, Retried, Started
from reportgen.lab.runner import Plan
from reportgen.suite.plan import schedule
from reportgen.suite.settings import Settings


class Pace:
    """Estimate of the time that is left of a suite.

    The estimates of the plan are multiplied by the ratio of actual to planned time of the work done so far.
    """

    BELIEF = 10.0
    """Seconds of imaginary work at the planned speed, which keep the ratio stable at the beginning."""

    def __init__(self, plan: Plan, now: Callable[[], float] = time.monotonic) -> None:
        self.jobs, self.now = plan.jobs, now
        self.runs = {run.spec.name: run for run in plan.missing}
        self.steps = {name: run.finished_steps for name, run in self.runs.items()}
        self.started: dict[str, float] = {}
        self.busy: dict[str, float] = {}
        self.ended: set[str] = set()

    def follow(self, event: Event) -> None:
        """Update the estimate with an event."""
        name = event.name
        if isinstance(event, Started):
            self.started[name] = self.now() - self.busy.get(name, 0.0)
            return
        if name in self.started:
            self.busy[name] = self.now() - self.started[name]
        if isinstance(event, Progressed):
            self.steps[name] = event.step
        elif isinstance(event, Finished | Failed):
            self.ended.add(name)
        if isinstance(event, Failed):
            self.busy.pop(name, None)  # its duration tells nothing about other runs

    @property
    def seconds_left(self) -> float:
        """Estimated seconds until all runs have ended."""
        left = {name: self._expect(name) for name in self.runs}
        done = sum(self.runs[name].estimated_seconds - left[name] for name in self.busy)
        factor = (self.BELIEF + sum(self.busy.values())) / (self.BELIEF + max(done, 0.0))
        at_work = len(self.started.keys() - self.ended)  # more than ``jobs`` where a process trains several
        return factor * schedule(list(left.values()), max(self.jobs, at_work))

    @property
    def share_done(self) -> float:
        """Share of the planned work that is done, in [0, 1]."""
        left, whole = sum(map(self._expect, self.runs)), sum(run.estimated_seconds for run in self.runs.values())
        return max(0.0, 1 - left / whole) if whole else 1.0

    def _expect(self, name: str) -> float:
        """Return the planned seconds that are left of a run, training and evaluation."""
        if name in self.ended:
            return 0.0
        run = self.runs[name]
        num_steps = run.spec.settings.num_training_steps
        share = (num_steps - self.steps[name]) / max(num_steps - run.finished_steps, 1)
        return run.evaluation_seconds + share * run.training_seconds


class View:
    """Base of displays of events; a context manager, so that bars are removed at the end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def show(self, event: Event) -> None:
        """Show an event; every subclass implements this."""
        raise NotImplementedError

    def say(self, line: str) -> None:
        """Print a line that stays; every subclass implements this."""
        raise NotImplementedError


def make_view(plan: Plan) -> View:
    """Return bars if standard output is a terminal, else lines."""
    return BarView(plan) if sys.stdout.isatty() else LineView(plan)


def format_duration(seconds: float) -> str:
    """Format a duration in seconds like 12 s, 3 min 20 s or 4 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_left(seconds: float) -> str:
    """Format an estimate in seconds of the time left; from two minutes on, round it to whole minutes."""
    return f"about {format_duration(seconds if seconds < 120 else round(seconds / 60) * 60).removesuffix(' 00 s')} left"


def format_losses(settings: Settings, losses: dict[str, float]) -> str:
    """Format the losses that the model shows during training, with short names and three significant digits."""
    shown = settings.PROGRESS_LOSSES
    return "  ".join(f"{short} {losses[name]:.3g}" for name, short in shown.items() if name in losses)


class LineView(View):
    """Lines for logs: one when a run starts or ends, and one about the whole suite every ``SECONDS_PER_LINE``."""

    SECONDS_PER_LINE = 300.0
    """Seconds without a line after which one about the whole suite is printed."""

    def __init__(self, plan: Plan, now: Callable[[], float] = time.monotonic) -> None:
        self.pace, self.now = Pace(plan, now), now
        self.num_runs, self.num_done = len(plan.missing), 0
        self.last_line = now()

    def show(self, event: Event) -> None:
        """Print a line when a run starts, ends or is resumed, and about the suite if the last line is old."""
        self.pace.follow(event)
        if isinstance(event, Started):
            self.say(f"{self._name_work(event.name)} {event.name}")
        elif isinstance(event, Finished | Failed):
            self.num_done += 1
            outcome = (
                f"done in {format_duration(event.seconds)}"
                if isinstance(event, Finished)
                else "FAILED: " + event.reason
            )
            self.say(f"[{self.num_done}/{self.num_runs}] {event.name} {outcome}")
        elif isinstance(event, Retried):
            self.say(f"{event.name}: {event.reason}; resumed")
        elif self.now() - self.last_line > self.SECONDS_PER_LINE:
            self.say(f"{self.pace.share_done:.0%} of all, {format_left(self.pace.seconds_left)}")

    def _name_work(self, name: str) -> str:
        run = self.pace.runs[name]
        return "measuring" if run.finished_steps == run.spec.settings.num_training_steps else "training"

    def say(self, line: str) -> None:
        """Print a line."""
        self.last_line = self.now()
        print(line, flush=True)  # noqa: T201


class BarView(View):
    """Bars for a terminal: one for every active run, with step rate, time left and losses, and one for the suite."""

    def __init__(self, plan: Plan, now: Callable[[], float] = time.monotonic) -> None:
        self.pace, self.now = Pace(plan, now), now
        self.num_runs, self.num_done = len(plan.missing), 0
        self.console = Console()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            *(TextColumn(f"{{task.fields[{field}]}}") for field in ("count", "left", "rate", "losses")),
            console=self.console,
        )
        self.bars: dict[str, TaskID] = {}
        self.first: dict[str, tuple[int, float]] = {}
        self.suite_bar = self._add_bar("[bold]all runs", 1.0)
        self._update_suite()

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.progress.stop()

    def show(self, event: Event) -> None:
        """Update the bars with an event; print a line when a run ends or is resumed."""
        self.pace.follow(event)
        name = event.name
        if isinstance(event, Started):
            self.first.pop(name, None)
            if name in self.bars:  # its worker died before it began this run
                self.progress.remove_task(self.bars.pop(name))
            self.bars[name] = self._add_bar(name, self.pace.runs[name].spec.settings.num_training_steps)
        elif isinstance(event, Progressed):
            self._update(event)
        elif isinstance(event, Retried):
            self.progress.remove_task(self.bars.pop(name))
            self.console.print(f"[yellow]↻[/] {name}  {escape(event.reason)}", highlight=False)
        else:
            self.num_done += 1
            self.progress.remove_task(self.bars.pop(name))
            text = (
                f"[green]✓[/] {name}  {format_duration(event.seconds)}"
                if isinstance(event, Finished)
                else f"[red]✗[/] {name}  {escape(event.reason)}"
            )
            self.console.print(text, highlight=False)
        self._update_suite()

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self.console.print(escape(line), highlight=False)

    def _add_bar(self, name: str, total: float) -> TaskID:
        return self.progress.add_task(name, total=total, count="", left="", rate="", losses="")

    def _update_suite(self) -> None:
        self.progress.update(
            self.suite_bar,
            completed=self.pace.share_done,
            count=f"{self.num_done}/{self.num_runs}",
            left=format_left(self.pace.seconds_left),
        )

    def _update(self, event: Progressed) -> None:
        if event.name not in self.first:  # a resumed run does not begin at 0
            self.first[event.name] = (event.step, self.now())
        first, since = self.first[event.name]
        rate = (event.step - first) / max(self.now() - since, 1e-3)
        settings = self.pace.runs[event.name].spec.settings
        num_steps = settings.num_training_steps
        fields = {"count": f"{event.step}/{num_steps}", "rate": f"{rate:.1f} steps/s", "left": ""}
        if event.stage == "evaluation":
            fields["rate"] = "measuring"
        elif rate > 0:
            fields["left"] = format_left((num_steps - event.step) / rate)
        if event.losses:
            fields["losses"] = format_losses(settings, event.losses)
        self.progress.update(self.bars[event.name], completed=event.step, **fields)  # type: ignore[arg-type]
