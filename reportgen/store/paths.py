"""The files of an output folder; no other module knows their names.

    output/
      suite.json                  the resolved suite of the last `reportgen run`, from which reports are rendered
      runs/<name>-<key>/
        spec.json                 the resolved spec, the environment, the source code that ran
        history.csv               tidy: step, metric, value; grows with every checkpoint, whole when the run is trained
        weights.safetensors         absent only where curves alone were imported
        evaluation.json           scores, digit counts, interpolation ends, each with its provenance
        latents.csv               of a VAE: dev images in latent space, label, axis1, axis2, ...
        inception.json            scores on the features of Inception-v3, if they are wanted and its weights were there
        images/*.png              grids of 32x32 images
        tensorboard/              the history as TensorBoard events
        manifest.json             written last: the finished stages, with the SHA-256 of each of their files
        run.log                   when the run was started, resumed and stopped, and why it failed
        failure.json              the reason of the last failure; removed by a later success
        checkpoint-<step>.pt      state to resume from, the newest two; removed when the training is finished
      cache/                      results that can be recomputed: real features, figures, the record of renderings
      report.<lang>.<format>

A stage is finished if the manifest lists it under its key and its files have those checksums. No status flag exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunPaths:
    """File names of one run."""

    folder: Path

    @property
    def spec(self) -> Path:
        """The resolved spec, the environment and the source code that ran."""
        return self.folder / "spec.json"

    @property
    def history(self) -> Path:
        """The logged metrics, tidy: step, metric, value.

        While the run trains, rows are appended as plain text with every checkpoint (``tail -F`` follows them): the last
        line may then be torn, and a kill leaves it so until the run resumes. Finished trainings have all of it.
        """
        return self.folder / "history.csv"

    @property
    def weights(self) -> Path:
        """The weights of all networks, named ``<network>.<parameter>``."""
        return self.folder / "weights.safetensors"

    @property
    def evaluation(self) -> Path:
        """The record of the evaluation."""
        return self.folder / "evaluation.json"

    @property
    def latents(self) -> Path:
        """Posterior means of dev images on two or three axes: label, axis1, axis2, ...; only a VAE has it."""
        return self.folder / "latents.csv"

    @property
    def inception(self) -> Path:
        """The record of the Inception scores."""
        return self.folder / "inception.json"

    @property
    def images(self) -> Path:
        """The folder of image grids."""
        return self.folder / "images"

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard events."""
        return self.folder / "tensorboard"

    @property
    def events(self) -> Path:
        """The history as TensorBoard events, under a name that TensorBoard recognises; no stage depends on it."""
        return self.tensorboard / "events.out.tfevents.reportgen"

    @property
    def manifest(self) -> Path:
        """The finished stages with the checksums of their files."""
        return self.folder / "manifest.json"

    @property
    def failure(self) -> Path:
        """The reason of the last failure; absent after a success."""
        return self.folder / "failure.json"

    @property
    def lock(self) -> Path:
        """The lock file, beside the run's folder."""
        return self.folder.parent / f".{self.folder.name}.lock"

    @property
    def log(self) -> Path:
        """The log of starts, stops and failures."""
        return self.folder / "run.log"

    @property
    def holder(self) -> Path:
        """The process that works on the run; valid only while the lock is held."""
        return self.folder.parent / f".{self.folder.name}.holder.json"

    def image(self, name: str) -> Path:
        """Return the path of an image grid."""
        return self.images / f"{name}.png"

    def grid(self, name: str, step: int) -> Path:
        """Return the path of a grid that training drew at a step."""
        return self.image(f"{name}-{step:06d}")

    def list_grid_steps(self, name: str) -> list[int]:
        """List the steps at which training drew a grid, ascending."""
        return sorted(int(path.stem.rpartition("-")[2]) for path in self.images.glob(f"{name}-*.png"))

    def checkpoint(self, step: int) -> Path:
        """Return the path of the checkpoint of a step."""
        return self.folder / f"checkpoint-{step:09d}.pt"

    def list_checkpoints(self) -> list[Path]:
        """List the checkpoints, the newest first."""
        paths = self.folder.glob("checkpoint-*.pt")
        return sorted((path for path in paths if path.stem.removeprefix("checkpoint-").isdecimal()), reverse=True)

    def find_checkpointed_step(self) -> int:
        """Return the step of the newest checkpoint; 0 if there is none."""
        return max(map(_read_step, self.list_checkpoints()), default=0)

    def thin_checkpoints(self, step: int, num_kept: int) -> None:
        """Delete all checkpoints but the newest ``num_kept`` up to ``step``.

        Checkpoints of later steps are deleted too: the training could not resume from them.
        """
        up_to_now = [path for path in self.list_checkpoints() if _read_step(path) <= step]
        for path in set(self.list_checkpoints()) - set(up_to_now[:num_kept]):
            path.unlink(missing_ok=True)


def _read_step(checkpoint: Path) -> int:
    return int(checkpoint.stem.removeprefix("checkpoint-"))


@dataclass(frozen=True)
class OutputPaths:
    """File names of one output folder."""

    root: Path

    @property
    def suite(self) -> Path:
        """The resolved suite of the last ``reportgen run``."""
        return self.root / "suite.json"

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        """The folder of results that can be recomputed."""
        return self.root / "cache"

    def run(self, folder_name: str) -> RunPaths:
        """Return the file names of a run."""
        return RunPaths(self.runs / folder_name)

    @property
    def figures(self) -> Path:
        """The cache of figures."""
        return self.cache / "figures"

    @property
    def rendered(self) -> Path:
        """The record of what the reports were rendered from."""
        return self.cache / "rendered.json"

    def report(self, language: str, extension: str) -> Path:
        """Return the path of a report."""
        return self.root / f"report.{language}.{extension}"

    def report_assets(self, language: str) -> Path:
        """Return the folder of pictures beside a Markdown report."""
        return self.root / f"report.{language}.files"
