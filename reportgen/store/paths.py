"""What a run leaves on disk, and the only place that knows file names.

    output/
      suite.json                  the resolved suite that was run last; what a report is rendered from
      runs/<name>-<key>/
        spec.json                 the resolved spec, the environment, the source of what ran
        history.csv               tidy: step, metric, value
        weights.safetensors
        evaluation.json           scores, digit counts, interpolation ends, each with what it rests on
        images/*.png              grids of 32x32 images
        tensorboard/              the history as TensorBoard events
        manifest.json             written last: the finished stages, with the SHA-256 of each of their files
        run.log                   when it was started, taken up again, stopped, and why it failed
        failure.json              why the last attempt failed; gone once a later one succeeds
        checkpoint-<step>.pt      a training to go on with, two generations; gone once it is finished
      cache/                      what can be computed again: real features, figures, what was rendered from what
      report.<lang>.<format>

A stage is finished when the manifest lists it under its key and its files have those checksums. No status flag exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """The file names of one run."""

    folder: Path

    @property
    def spec(self) -> Path:
        return self.folder / "spec.json"

    @property
    def history(self) -> Path:
        return self.folder / "history.csv"

    @property
    def weights(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation.json"

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def tensorboard(self) -> Path:
        return self.folder / "tensorboard"

    @property
    def events(self) -> Path:
        """TensorBoard finds it by its name; ``history.csv`` has the same values, so no stage depends on it."""
        return self.tensorboard / "events.out.tfevents.reportgen"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def failure(self) -> Path:
        return self.folder / "failure.json"

    @property
    def lock(self) -> Path:
        return self.folder.parent / f".{self.folder.name}.lock"

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    @property
    def holder(self) -> Path:
        """Who works on it: believed only while the lock is held."""
        return self.folder.parent / f".{self.folder.name}.holder.json"

    def image(self, name: str) -> Path:
        return self.images / f"{name}.png"

    def grid(self, name: str, step: int) -> Path:
        """The grid of images that training drew at a step."""
        return self.image(f"{name}-{step:06d}")

    def list_grid_steps(self, name: str) -> list[int]:
        """The steps at which training drew this grid, ascending."""
        return sorted(int(path.stem.rpartition("-")[2]) for path in self.images.glob(f"{name}-*.png"))

    def checkpoint(self, step: int) -> Path:
        return self.folder / f"checkpoint-{step:09d}.pt"

    def list_checkpoints(self) -> list[Path]:
        """The newest first."""
        paths = self.folder.glob("checkpoint-*.pt")
        return sorted((path for path in paths if path.stem.removeprefix("checkpoint-").isdecimal()), reverse=True)

    def find_checkpointed_step(self) -> int:
        """The step of the newest checkpoint; 0 if there is none."""
        return max(map(_read_step, self.list_checkpoints()), default=0)

    def thin_checkpoints(self, step: int, num_kept: int) -> None:
        """Keep the newest ones up to the step just kept; what claims to be newer was not fit to go on from."""
        up_to_now = [path for path in self.list_checkpoints() if _read_step(path) <= step]
        for path in set(self.list_checkpoints()) - set(up_to_now[:num_kept]):
            path.unlink(missing_ok=True)


def _read_step(checkpoint: Path) -> int:
    return int(checkpoint.stem.removeprefix("checkpoint-"))


@dataclass(frozen=True)
class OutputPaths:
    """The file names of one output folder."""

    root: Path

    @property
    def suite(self) -> Path:
        return self.root / "suite.json"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def run(self, folder_name: str) -> RunPaths:
        return RunPaths(self.runs / folder_name)

    @property
    def figures(self) -> Path:
        return self.cache / "figures"

    @property
    def rendered(self) -> Path:
        """What the reports that are there were made from."""
        return self.cache / "rendered.json"

    def report(self, language: str, extension: str) -> Path:
        return self.root / f"report.{language}.{extension}"

    def report_assets(self, language: str) -> Path:
        """The folder of pictures beside a Markdown report."""
        return self.root / f"report.{language}.files"
