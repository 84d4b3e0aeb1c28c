"""What a run leaves as JSON, typed: the lab writes these records, the paper reads them.

No measured field has a default. A record that lacks one is an older one, and its run is measured again; a change of
what ``EvaluationRecord`` holds therefore raises ``FORMAT_VERSION``. Only what a training alone can record is optional
in ``RunRecord``: what depends on it is left out of a report, and nothing is trained for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reportgen.assets import ClassifierCard
from reportgen.base.errors import RunError
from reportgen.base.files import read_json, write_json
from reportgen.store.paths import RunPaths
from reportgen.suite.settings import DatasetName, Settings


class Record(BaseModel):
    """The base of all records: frozen, without unknown fields, with the names of the JSON's keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Record):
    """Code that ran, as a report lists it."""

    file: str
    """The path inside the package, with forward slashes."""
    line: int
    """The number of the text's first line in the file, from 1."""
    text: str


# ---- spec.json ------------------------------------------------------------------------------------------------------


class Environment(Record):
    """The machine and the packages that trained a run; no names of users, hosts or folders."""

    packages: Mapping[str, str]
    """Distribution -> version, ``unknown`` where it is not installed as one."""
    python: str
    system: str
    """Operating system and architecture: ``Linux x86_64``."""
    processor: str
    num_cpus: int | None
    """Logical cores of the machine; None where the system does not say."""
    device: str
    """The GPU's name, or ``CPU``."""
    num_threads: int
    """Threads of torch's operators."""
    started_at: str
    """When the first step was begun: ISO 8601, UTC, to the second."""


class RunRecord(Record):
    """spec.json: what was trained, where, and the code of its networks."""

    name: str
    """The run's name in the suite that trained it."""
    key: str
    """The training key."""
    settings: Annotated[Settings, Field(discriminator="model")]
    dataset: DatasetName
    seed: int
    train_seconds: float
    """Wall-clock seconds of all training steps, without those of measuring."""
    trained_together: int | None = None
    """The most runs, itself included, that it was trained side by side with; None in trainings before it was kept."""
    changed_device: bool | None = None
    """Whether it was resumed on another kind of device, with new random numbers; None as above."""
    environment: Environment
    sources: Mapping[str, Source]
    """``model``: the networks' classes."""


# ---- evaluation.json ------------------------------------------------------------------------------------------------


class Scores(Record):
    """The scores of one run by the features of one detector, with what tells how far they can be trusted.

    Three kinds of images take the place of samples: the run's own (no prefix), as many different real images
    (``real_...``, and ``floor`` for FID: a perfect model), and a few real images repeated up to that number
    (``copies_...``: a model without variety). FID and KID are at best 0 (KID's estimate may be negative); precision,
    recall and coverage are shares in [0, 1]; density is at least 0 and about 1 for real images.
    """

    detector: str
    """``classifier`` or ``inception``."""
    sha256: str
    """Of the detector's weights, in hex digits."""
    resize: str
    """How images were brought to the detector's size."""
    num_real: int
    """Real images that the samples are compared with."""
    num_fake: int
    """Samples that are scored."""
    floor: float
    """The FID of ``floor_num`` real images against as many others."""
    floor_num: int
    real_kid: float
    real_precision: float
    real_recall: float
    real_density: float
    real_coverage: float
    copies_num: int
    """How many different images are repeated."""
    copies_fid: float
    copies_kid: float
    copies_precision: float
    copies_recall: float
    copies_density: float
    copies_coverage: float
    fid: float
    fid_error: float
    """Standard error over samples (bootstrap)."""
    kid: float
    kid_error: float
    """Standard error over blocks of samples."""
    precision: float
    recall: float
    density: float
    coverage: float


class ImageStatistic(Record):
    """The mean of a measure of single images, over samples and over as many training images; its own unit."""

    samples: float
    real: float

    @property
    def relative(self) -> float:
        """That of samples as a multiple of that of real images."""
        return self.samples / self.real


class NearestDistances(Record):
    """Median distances to the nearest training image, of samples and of dev images, in pixels' units of [0, 1]."""

    samples: float
    dev: float


class ReconstructionReadings(Record):
    """Counts of readable dev images by what the classifier reads in their reconstruction."""

    same: int
    """The digit that it reads in the image."""
    another: int
    unread: int
    """No digit."""

    @property
    def total(self) -> int:
        """All readable dev images."""
        return self.same + self.another + self.unread


class DigitReadings(Record):
    """What the classifier reads in samples; ``?`` is no digit."""

    counted: str
    """The samples that the homework counts, a character each."""
    all_counts: Annotated[tuple[int, ...], Field(min_length=11, max_length=11)]
    """[11]: how many of all samples are read as 0 to 9, and as no digit."""

    @property
    def total(self) -> int:
        """All samples that were read."""
        return sum(self.all_counts)

    @property
    def num_unread(self) -> int:
        """Samples that are read as no digit."""
        return self.all_counts[-1]

    @property
    def read_share(self) -> float:
        """The share of all samples that are read as a digit, in [0, 1]."""
        return 1 - self.num_unread / self.total


class Measured(NamedTuple):
    """A value with its standard error from ``num`` independent pairs of latents; a list of three in JSON."""

    value: float | None
    """None where it could not be measured."""
    error: float | None
    """None where there is none."""
    num: int


class RandomPairs(Record):
    """What is seen between pairs of latents that were drawn and not chosen, and beyond them."""

    num_pairs: int
    num_points: int
    """Images from end to end of each pair, ends included."""
    num_outside: int
    """Images beyond the ends of each pair."""
    read_ends: Measured
    """The share in [0, 1] of images at the ends that are read as digits."""
    read_inside: Measured
    """The share in [0, 1] of images between the ends that are read as digits."""
    read_outside: Measured
    """The share in [0, 1] of images beyond the ends that are read as digits."""
    inside_change: Measured
    """The share between the ends less that at them, pair by pair."""
    outside_change: Measured
    """The share beyond the ends less that at them, pair by pair."""
    detour: Measured
    """The length of the path through feature space over the distance of its ends: 1 is straight."""
    largest_step: Measured
    """The largest step of a path over the even one: 1 is even."""


class Interpolation(Record):
    """What the classifier reads along five strips of images between chosen latents, a character per image."""

    ends: tuple[str, ...]
    """The two characters that the ends of each strip read as."""
    inside: str
    """From end to end, the strips one after another."""
    outside: str
    """Over ``outside_range``, the strips one after another."""
    outside_range: tuple[float, float]
    """The first and last position of ``outside``; 0 is the one end of a strip and 1 the other."""
    random_pairs: RandomPairs


class PixelEntropy(Record):
    """The cross-entropy of the images of a split with themselves: what perfect reconstruction costs, nats per image."""

    train: float
    dev: float


class DatasetFacts(Record):
    """The images that a run was trained on and measured against."""

    num_train: int
    num_dev: int
    class_counts: Annotated[tuple[int, ...], Field(min_length=10, max_length=10)]
    """[10]: training images of each class."""
    pixel_entropy: PixelEntropy


class EvaluationRecord(Record):
    """evaluation.json: everything that was measured of one trained run."""

    scores: Mapping[str, Scores]
    """By the detector's name; one that failed or was not at hand is left out."""
    failures: Mapping[str, str]
    """Detector -> why its scores could not be computed, in one line."""
    sharpness: ImageStatistic
    """The variance of the Laplacian."""
    gradient_energy: ImageStatistic
    """The mean squared gradient."""
    memorisation: NearestDistances
    reconstruction: ReconstructionReadings | None
    """None for a GAN, which reconstructs nothing."""
    digits: DigitReadings
    interpolation: Interpolation
    evolution: Mapping[int, str]
    """Step -> what the classifier reads in a GAN's samples from one fixed noise, a character each; empty for a VAE."""
    dataset: DatasetFacts
    classifier: ClassifierCard
    sources: Mapping[str, Source]
    """``interpolation`` and ``digits``: the code that interpolated and that read digits."""


# ---- failure.json, holder.json --------------------------------------------------------------------------------------


class FailureRecord(Record):
    """failure.json: why the last attempt failed."""

    reason: str
    """One line for the summary and the report."""
    details: str
    """The traceback."""


class HolderRecord(Record):
    """holder.json: the process that holds a run's lock."""

    pid: int
    host: str


# ---- files ----------------------------------------------------------------------------------------------------------

AnyRecord = TypeVar("AnyRecord", bound=Record)


def write_record(path: Path, record: Record) -> None:
    """Write a record as JSON, whole or not at all.

    Raises:
        RunError: the disk is full, or the folder may not be written to.
    """
    write_json(path, record.model_dump(mode="json"))


def read_run_record(paths: RunPaths) -> RunRecord:
    """Read spec.json.

    Raises:
        RunError: it is missing, or not a whole record.
    """
    return _read_record(paths.spec, RunRecord, "trains the run again")


def read_evaluation(paths: RunPaths) -> EvaluationRecord:
    """Read evaluation.json.

    Raises:
        RunError: it is missing, or not a whole record.
    """
    return _read_record(paths.evaluation, EvaluationRecord, "measures the run again")


def _read_record(path: Path, kind: type[AnyRecord], remedy: str) -> AnyRecord:
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        raise RunError(f"{path}: {explain_problem(error)}; 'reportgen run' {remedy}") from None


def explain_problem(error: ValidationError) -> str:
    """Return what is wrong with a record in one line: its first problem, with the field's dotted path."""
    problem = error.errors(include_url=False)[0]
    field = ".".join(map(str, problem["loc"])) or "the record"
    if problem["type"] == "missing":
        return f"{field} is missing"
    return f"{field}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
