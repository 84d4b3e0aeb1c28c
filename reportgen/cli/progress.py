"""Display of a suite's progress: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from reportgen.base.fetching import INCEPTION_BYTES, Download
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
        share = max(run.num_steps - self.steps[name], 0) / max(run.num_steps - run.finished_steps, 1)
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


def make_view(plan: Plan, download: Download | None = None) -> View:
    """Return bars if standard output is a terminal, else lines; bars show a download, too."""
    return BarView(plan, download=download) if sys.stdout.isatty() else LineView(plan)


class DownloadBar:
    """Bar of a download of the Inception weights on a terminal; elsewhere nothing is shown."""

    def __enter__(self) -> Callable[[int], None]:
        """Return a function that shows how many bytes have arrived."""
        self.progress = Progress(
            TextColumn("Inception weights"), BarColumn(bar_width=24), DownloadColumn(), disable=not sys.stdout.isatty()
        )
        bar = self.progress.add_task("", total=INCEPTION_BYTES)
        self.progress.start()
        return lambda num_bytes: self.progress.update(bar, completed=num_bytes)

    def __exit__(self, *exc: object) -> None:
        self.progress.stop()


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
            self.say(f"{self.pace.runs[event.name].work} {event.name}")
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

    def say(self, line: str) -> None:
        """Print a line."""
        self.last_line = self.now()
        print(line, flush=True)  # noqa: T201


class BarView(View):
    """Bars for a terminal: one for every active run, with step rate, time left and losses, and one for the suite."""

    def __init__(self, plan: Plan, now: Callable[[], float] = time.monotonic, download: Download | None = None) -> None:
        self.pace, self.now, self.download = Pace(plan, now), now, download
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
        self.download_bar = self._add_bar("Inception weights", INCEPTION_BYTES) if download is not None else None
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
            self.bars[name] = self._add_bar(name, self.pace.runs[name].num_steps)
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
        if self.download is not None and self.download_bar is not None:
            num_bytes = self.download.num_bytes
            self.progress.update(self.download_bar, completed=num_bytes, count=f"{num_bytes / 1e6:.0f} MB")

    def _update(self, event: Progressed) -> None:
        if event.name not in self.first:  # a resumed run does not begin at 0
            self.first[event.name] = (event.step, self.now())
        first, since = self.first[event.name]
        rate = (event.step - first) / max(self.now() - since, 1e-3)
        run = self.pace.runs[event.name]
        fields = {"count": f"{event.step}/{run.num_steps}", "rate": f"{rate:.1f} {run.unit}/s", "left": ""}
        if event.stage == "evaluation":
            fields["rate"] = "measuring"
        elif rate > 0:
            fields["left"] = format_left(max(run.num_steps - event.step, 0) / rate)
        if event.losses:
            fields["losses"] = format_losses(run.spec.settings, event.losses)
        self.progress.update(self.bars[event.name], completed=event.step, **fields)  # type: ignore[arg-type]
