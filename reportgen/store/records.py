"""Typed records of the JSON files of a run: the lab writes them, the paper reads them.

No measured field has a default: an evaluation without it is incomplete, and ``reportgen run`` measures its run again.
A field that holds something else than before raises ``EVALUATION_VERSION`` in ``suite/plan.py``. Fields that were
added to ``RunRecord`` later are optional, because only a new training could fill them in: a report leaves out the
sentences that need them, and no run is trained again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reportgen.assets import ClassifierCard
from reportgen.base.errors import RunError
from reportgen.base.files import read_json, write_json
from reportgen.store.paths import RunPaths
from reportgen.suite.settings import DatasetName, Settings


class Record(BaseModel):
    """Base of all records: frozen, no unknown fields, and the fields have the names of the JSON's keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Record):
    """Code that ran, to be printed in a report's listings."""

    file: str
    """Path of the file from the folder that holds the package, with forward slashes."""
    line: int
    """Line of the file on which the text begins, from 1."""
    text: str


# ---- spec.json ------------------------------------------------------------------------------------------------------


class Environment(Record):
    """Machine and packages that trained a run; no names of users, hosts or folders."""

    packages: Mapping[str, str]
    """Distribution -> version; ``unknown`` if no such distribution is installed."""
    python: str
    system: str
    """Operating system and architecture, for example ``Linux x86_64``."""
    processor: str
    num_cpus: int | None
    """Logical cores of the machine; None if the system does not tell."""
    device: str
    """Name of the GPU, or ``CPU``."""
    num_threads: int
    """Threads that torch uses within one operator."""
    started_at: str
    """Time of the first training step: ISO 8601, UTC, to the second."""


class Origin(Record):
    """What an imported run was read from; paths are below the folder that was imported, its own name included."""

    folder: str
    """Folder of the configuration that holds the checkpoints or, without any, the curves."""
    steps: tuple[int, ...]
    """Training steps of the checkpoints, ascending, counted from 1."""
    files: Mapping[str, str]
    """Path -> SHA-256 of each file that was read."""


class RunRecord(Record):
    """spec.json: settings of a trained run, its environment and the code of its networks."""

    name: str
    """Name of the run in the suite that trained it."""
    key: str
    """Training key, see ``RunSpec.training_key``."""
    settings: Annotated[Settings, Field(discriminator="model")]
    dataset: DatasetName
    seed: int
    train_seconds: float | None
    """Wall-clock seconds of all training steps; scores of samples in training and the evaluation are not included.

    None for an imported run.
    """
    step_processor_seconds: float | None = None
    """Processor seconds of one step, the mean over all, by the clock of their thread, so that other processes do not
    count; None if steps were taken on a GPU, or not recorded."""
    trained_together: int | None = None
    """Largest number of runs, this one included, that trained side by side; None if the training did not record it."""
    changed_device: bool | None = None
    """True if it was resumed on another kind of device, with new random numbers; None if not recorded."""
    environment: Environment
    """Machine that trained the run, or imported it."""
    origin: Origin | None = None
    """Where it was imported from; None for a run that was trained here."""
    sources: Mapping[str, Source]
    """Listing -> code; ``model`` has the classes of the networks."""


# ---- evaluation.json ------------------------------------------------------------------------------------------------


Rung = Literal["real", "dev", "many_copies", "few_copies", "no_digit", "speckle", "blur", "shift", "thick"]
"""A set of real images in place of samples, as it is or damaged.

``real``: other training images; ``dev``: dev images; ``many_copies`` and ``few_copies``: some images, repeated;
``no_digit``: all digits but one; ``speckle``: 1 % of the pixels black or white; ``blur``: a Gaussian of 0.7 pixels;
``shift``: by a pixel; ``thick``: strokes a pixel thicker.
"""


class Yardstick(Record):
    """Scores of real images in place of samples: what a score does with a fault of a known kind and size."""

    rung: Rung
    missing_digit: int | None
    """The digit that is left out; None unless the rung is ``no_digit``."""
    num: int
    """Number of different images in the set; those of ``many_copies`` and ``few_copies`` are repeated."""
    fid: float
    kid: float
    precision: float
    recall: float
    density: float
    coverage: float


class Scores(Record):
    """Scores of one run on the features of one detector, with those of real images that show how to read them.

    FID and KID are 0 at best, though an estimate of the KID may be negative. Precision, recall and coverage are shares
    in [0, 1]; density is >= 0 and about 1 for real images.
    """

    detector: str
    """``classifier`` or ``inception``."""
    sha256: str
    """SHA-256 of the detector's weights, in hex digits."""
    resize: str
    """Method that brings images to the input size of the detector."""
    num_real: int
    """Number of real images that the samples are compared with."""
    num_fake: int
    """Number of samples that are scored."""
    yardsticks: tuple[Yardstick, ...]
    """Ladder of real images in place of samples, ten rungs of which lack a digit."""
    fid: float
    fid_error: float
    """Standard error over samples and over real images."""
    kid: float
    kid_error: float
    """Jackknife standard error over samples."""
    precision: float
    recall: float
    density: float
    coverage: float

    def find_yardstick(self, rung: Rung) -> Yardstick | None:
        """Return a rung of the ladder, of ``no_digit`` the one with the highest FID; None if it was not measured."""
        found = [yardstick for yardstick in self.yardsticks if yardstick.rung == rung]
        return max(found, key=lambda yardstick: yardstick.fid, default=None)


class ImageStatistic(Record):
    """Mean of a measure of single images, over the samples and over as many training images."""

    samples: float
    real: float

    @property
    def relative(self) -> float:
        """Mean over samples divided by the mean over training images."""
        return self.samples / self.real


class TrainingNeighbours(Record):
    """Distances of images to the training images nearest to them, Euclidean with pixels in [0, 1].

    A copy is at most half as far from the nearest training image as from the second nearest.
    """

    num: int
    """Number of images looked at."""
    median: float
    """Median distance to the nearest training image."""
    num_copies: int


class Memorisation(Record):
    """Training images nearest to samples, with those nearest to dev images as the yardstick."""

    samples: TrainingNeighbours
    dev: TrainingNeighbours
    shown_ratios: tuple[float, ...]
    """Distance to the nearest training image over that to the second nearest, of the samples in images/nearest.png."""


class ReconstructionReadings(Record):
    """Readings by the classifier of dev images and of their reconstructions."""

    counts: Annotated[
        tuple[Annotated[tuple[int, ...], Field(min_length=11, max_length=11)], ...], Field(min_length=10, max_length=10)
    ]
    """Numbers of images by the digit that they read as, 0 to 9, and by that of their reconstruction, 0 to 9 or none."""

    @property
    def total(self) -> int:
        """Number of dev images that read as a digit."""
        return sum(map(sum, self.counts))

    @property
    def same(self) -> int:
        """Number of reconstructions that read as the same digit as the image."""
        return sum(row[digit] for digit, row in enumerate(self.counts))

    @property
    def unread(self) -> int:
        """Number of reconstructions that read as no digit."""
        return sum(row[-1] for row in self.counts)

    @property
    def another(self) -> int:
        """Number of reconstructions that read as a different digit."""
        return self.total - self.same - self.unread


class DigitReadings(Record):
    """Readings of samples by the classifier; ``?`` stands for no digit."""

    counted: str
    """One character for each of the samples that the homework counts."""
    all_counts: Annotated[tuple[int, ...], Field(min_length=11, max_length=11)]
    """Numbers of samples that read as 0, 1, ..., 9 and as no digit, in that order."""

    @property
    def total(self) -> int:
        """Number of samples that the classifier looked at."""
        return sum(self.all_counts)

    @property
    def num_unread(self) -> int:
        """Number of samples that read as no digit."""
        return self.all_counts[-1]

    @property
    def read_share(self) -> float:
        """Share of samples that read as a digit, in [0, 1]."""
        return 1 - self.num_unread / self.total


class Measured(NamedTuple):
    """A value and its standard error from ``num`` independent images or pairs of latents; in JSON a list of three."""

    value: float | None
    """None if it could not be measured."""
    error: float | None
    """Standard error of ``value``; None if it could not be estimated."""
    num: int


class SphericalPaths(Record):
    """Measurements along great circles between the latents of random pairs, ends included; see ``RandomPairs``."""

    read_inside: Measured
    inside_change: Measured
    detour: Measured
    largest_step: Measured
    gain: Measured
    """Mean over pairs of the share read between the ends on the great circle minus that on the line."""


class RandomPairs(Record):
    """Measurements along lines through pairs of latents that were drawn at random, between the two and beyond them."""

    num_pairs: int
    num_points: int
    """Number of images from end to end of each pair, ends included."""
    num_outside: int
    """Number of images beyond the ends of each pair."""
    read_ends: Measured
    """Share of images at the ends that read as digits, in [0, 1]."""
    read_inside: Measured
    """Share of images between the ends that read as digits, in [0, 1]."""
    read_outside: Measured
    """Share of images beyond the ends that read as digits, in [0, 1]."""
    inside_change: Measured
    """Mean over pairs of the share between the ends minus the share at the ends."""
    outside_change: Measured
    """Mean over pairs of the share beyond the ends minus the share at the ends."""
    detour: Measured
    """Sum of the lengths of paths in feature space over the sum of their ends' distances, >= 1; 1 is straight."""
    largest_step: Measured
    """Largest step of a path over its mean step, averaged over pairs, >= 1; 1 is an even pace."""
    spherical: SphericalPaths


class Interpolation(Record):
    """Readings by the classifier along five strips of images between chosen latents, one character per image."""

    ends: tuple[str, ...]
    """One text per strip: the two characters that its ends read as."""
    inside: str
    """Readings from end to end, one strip after another."""
    outside: str
    """Readings over ``outside_range``, one strip after another."""
    spherical: str
    """Readings from end to end on the great circle, one strip after another."""
    outside_range: tuple[float, float]
    """First and last position of ``outside``; the ends of a strip are at 0 and 1."""
    random_pairs: RandomPairs


class DiscriminatorOutputs(Record):
    """Outputs D(x) of a GAN's discriminator on images of one kind, after training."""

    counts: Annotated[tuple[int, ...], Field(min_length=20, max_length=20)]
    """Numbers of images by D(x) in eval mode, in 20 bins of equal width from 0 to 1."""
    mean: float
    """Mean of D(x) in eval mode, with the running statistics of BatchNorm."""
    batch_mean: float
    """Mean of D(x) with the statistics of the batch, in batches of this kind alone as in training; without dropout."""


class DiscriminatorRecord(Record):
    """Outputs of a GAN's discriminator on training images, dev images and samples drawn in eval mode."""

    train: DiscriminatorOutputs
    dev: DiscriminatorOutputs
    samples: DiscriminatorOutputs


class Posterior(Record):
    """The Gaussians q(z|x) that a VAE's encoder gives to the dev images."""

    kl: tuple[float, ...]
    """KL(q(z|x) || N(0, I)) of each latent dimension, in nats, averaged over images."""
    active_units: int
    """Number of dimensions whose posterior mean has a variance above 0.01 over images (Burda et al. 2016)."""
    prior_distance: Measured
    """KL divergence, in nats, from N(0, I) of the Gaussian with the mean and covariance of all q(z|x) together."""
    axis_shares: tuple[float, ...]
    """Share of the variance of posterior means along each axis of latents.csv."""


class PixelEntropy(Record):
    """Entropy of the grey values of a split, in nats per image: the least binary cross-entropy of a reconstruction."""

    train: float
    dev: float


class DatasetFacts(Record):
    """Facts of the dataset that a run was trained on and measured against."""

    num_train: int
    num_dev: int
    class_counts: Annotated[tuple[int, ...], Field(min_length=10, max_length=10)]
    """Number of training images of each class, from 0 to 9."""
    pixel_entropy: PixelEntropy


class EvaluationRecord(Record):
    """evaluation.json: all measurements of one trained run."""

    scores: Mapping[str, Scores]
    """``classifier`` -> its scores; empty if they could not be computed."""
    failures: Mapping[str, str]
    """``classifier`` -> the reason in one line, if they could not be computed."""
    sharpness: ImageStatistic
    """Variance of the Laplacian of an image."""
    gradient_energy: ImageStatistic
    """Mean squared gradient of an image."""
    memorisation: Memorisation
    posterior: Posterior | None
    """None for a GAN, which encodes nothing."""
    reconstruction: ReconstructionReadings | None
    """None for a GAN, which reconstructs nothing."""
    digits: DigitReadings
    variety: Annotated[tuple[float | None, ...], Field(min_length=10, max_length=10)]
    """Mean pixel distance of two samples of a digit, 0 to 9, over that of two training images; None for too few.

    None for all digits if the dataset has none.
    """
    interpolation: Interpolation
    discriminator: DiscriminatorRecord | None
    """None for a VAE, which has none."""
    parameters: Mapping[str, int]
    """Network -> number of its parameters: ``encoder`` and ``decoder``, or ``generator`` and ``discriminator``."""
    evolution: Mapping[int, str]
    """Step -> readings of the samples that a GAN draws from fixed noise, one character each; empty for a VAE."""
    dataset: DatasetFacts
    classifier: ClassifierCard
    sources: Mapping[str, Source]
    """Listing -> code: ``interpolation`` draws the strips, ``digits`` reads images, ``counting`` draws and counts them.

    Older runs lack ``counting``.
    """


# ---- inception.json -------------------------------------------------------------------------------------------------


class InceptionRecord(Record):
    """inception.json: scores of one trained run on the features of Inception-v3."""

    scores: Scores | None
    """None if they could not be computed."""
    failure: str
    """Reason in one line why they could not be computed, or empty."""


# ---- failure.json, holder.json --------------------------------------------------------------------------------------


class FailureRecord(Record):
    """failure.json: the reason why the last attempt at a run failed."""

    reason: str
    """One line, printed in the summary and in the report."""
    details: str
    """Traceback of the error."""


class HolderRecord(Record):
    """holder.json: the process that holds the lock of a run."""

    pid: int
    host: str


# ---- files ----------------------------------------------------------------------------------------------------------

AnyRecord = TypeVar("AnyRecord", bound=Record)


def write_record(path: Path, record: Record) -> None:
    """Write a record as JSON, either completely or not at all.

    Raises:
        RunError: the disk is full, or the folder is not writable.
    """
    write_json(path, record.model_dump(mode="json"))


def read_run_record(paths: RunPaths) -> RunRecord:
    """Read spec.json.

    Raises:
        RunError: the file is missing, or is no complete record.
    """
    return _read_record(paths.spec, RunRecord, f"delete {paths.folder}, then 'reportgen run' trains the run again")


def read_evaluation(paths: RunPaths) -> EvaluationRecord:
    """Read evaluation.json.

    Raises:
        RunError: the file is missing, or is no complete record.
    """
    return _read_record(paths.evaluation, EvaluationRecord, "'reportgen run' measures the run again")


def read_inception(paths: RunPaths) -> InceptionRecord:
    """Read inception.json.

    Raises:
        RunError: the file is missing, or is no complete record.
    """
    return _read_record(paths.inception, InceptionRecord, "'reportgen run' measures the run again")


def _read_record(path: Path, kind: type[AnyRecord], remedy: str) -> AnyRecord:
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        raise RunError(f"{path}: {explain_problem(error)}; {remedy}") from None


def explain_problem(error: ValidationError) -> str:
    """Describe the first problem of a record in one line, with the dotted path of the field."""
    problem = error.errors(include_url=False)[0]
    field = ".".join(map(str, problem["loc"])) or "the record"
    if problem["type"] == "missing":
        return f"{field} is missing"
    return f"{field}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
