"""How the command line shows a suite at work: bars on a terminal, plain lines elsewhere. Part of the room of cli.py."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from reportgen.executors import Event, Failed, Finished, Progressed, Retried, Started
from reportgen.runner import Plan

SHOWN_LOSSES = ("train_reconstruction", "train_kl", "discriminator_loss", "generator_loss")
SHORT_NAMES = {
    "train_reconstruction": "rec",
    "train_kl": "KL",
    "discriminator_loss": "D",
    "generator_loss": "G",
}


class View:
    """Shows events; a context, because bars have to be put up and taken down."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def show(self, event: Event) -> None:
        raise NotImplementedError


def make_view(plan: Plan) -> View:
    return BarView(plan) if sys.stdout.isatty() else LineView(plan)


def format_duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 4 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_losses(losses: dict[str, float]) -> str:
    return "  ".join(f"{SHORT_NAMES[name]} {losses[name]:.3g}" for name in SHOWN_LOSSES if name in losses)


class LineView(View):
    """A line when a run starts and when it ends."""

    def __init__(self, plan: Plan) -> None:
        self.num_runs, self.num_done = len(plan.missing), 0

    def show(self, event: Event) -> None:
        if isinstance(event, Started):
            self._print(f"training {event.name}")
        elif isinstance(event, Finished | Failed):
            self.num_done += 1
            outcome = (
                f"done in {format_duration(event.seconds)}"
                if isinstance(event, Finished)
                else "FAILED: " + event.reason
            )
            self._print(f"[{self.num_done}/{self.num_runs}] {event.name} {outcome}")
        elif isinstance(event, Retried):
            self._print(f"{event.name}: {event.reason}; taken up again")

    def _print(self, line: str) -> None:
        print(line, flush=True)  # noqa: T201


class BarView(View):
    """A bar for every run at work, with its step rate, losses and time left, and one for the whole suite."""

    def __init__(self, plan: Plan) -> None:
        self.total_steps = {run.spec.name: run.spec.settings.num_training_steps for run in plan.missing}
        self.weight = {run.spec.name: run.estimated_seconds for run in plan.missing}
        self.console = Console()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:>11}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[losses]}"),
            console=self.console,
        )
        self.bars: dict[str, TaskID] = {}
        self.first: dict[str, tuple[int, float]] = {}
        self.suite_bar = self.progress.add_task("[bold]all runs", total=len(plan.missing), rate="", losses="")

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.progress.stop()

    def show(self, event: Event) -> None:
        name = event.name
        if isinstance(event, Started):
            self.first.pop(name, None)
            self.bars[name] = self.progress.add_task(name, total=self.total_steps[name], rate="", losses="")
        elif isinstance(event, Progressed):
            self._update(event)
        elif isinstance(event, Retried):
            self.progress.remove_task(self.bars.pop(name))
            self.console.print(f"[yellow]↻[/] {name}  {event.reason}", highlight=False)
        else:
            self.progress.remove_task(self.bars.pop(name))
            self.progress.advance(self.suite_bar)
            text = (
                f"[green]✓[/] {name}  {format_duration(event.seconds)}"
                if isinstance(event, Finished)
                else f"[red]✗[/] {name}  {event.reason}"
            )
            self.console.print(text, highlight=False)

    def _update(self, event: Progressed) -> None:
        if event.name not in self.first:  # a run that was taken up again does not begin at 0
            self.first[event.name] = (event.step, time.monotonic())
        step, since = self.first[event.name]
        rate = (event.step - step) / max(time.monotonic() - since, 1e-3)
        self.progress.update(
            self.bars[event.name],
            completed=event.step,
            rate=f"{rate:.1f} steps/s" if event.stage == "training" else "measuring",
        )
        if event.losses:
            self.progress.update(self.bars[event.name], losses=format_losses(event.losses))
