"""Files shipped with the package: fonts, outlines, published scores and counts, the digit classifier and its card.

Nothing here imports torch.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
FONT_FILES = {400: FONTS / "NotoSansSC-Regular.ttf", 700: FONTS / "NotoSansSC-Bold.ttf"}
"""Font files by CSS weight."""

CLASSIFIER_WEIGHTS = FOLDER / "digit_classifier.safetensors"
CLASSIFIER_CARD = FOLDER / "digit_classifier.json"
REPLICATES = FOLDER / "replicates.json"
PUBLISHED_SCORES = FOLDER / "published_fid.csv"
PUBLISHED_COUNTS = FOLDER / "published_counts.csv"
OUTLINES = {name: FOLDER / "outlines" / f"{name}.yaml" for name in ("full", "gan", "vae-gan")}
"""Files of the shipped outlines by name."""
OWN_OUTLINE = FOLDER / "outlines" / "own.yaml"
"""An outline to be copied and changed."""


def find_templates() -> Path:
    """Return the folder of templates: inside an installed package, next to the package in a checkout."""
    packaged = FOLDER.parent / "templates"
    return packaged if packaged.is_dir() else FOLDER.parents[1] / "templates"


def find_suite() -> Path:
    """Return the shipped ``experiments.yaml``: inside an installed package, at the top of a checkout."""
    packaged = FOLDER / "experiments.yaml"
    return packaged if packaged.is_file() else FOLDER.parents[1] / "experiments.yaml"


class _CardPart(BaseModel):
    """Base of the card and its rows: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DigitReliability(_CardPart):
    """Performance of the classifier on the real test images of one digit."""

    digit: int
    num_images: int
    read: float
    """Share of these images whose confidence reaches the threshold, in [0, 1]."""
    correct: float
    """Share of the read images that are read as this digit, in [0, 1]."""


class CalibrationPoint(_CardPart):
    """Performance of the classifier at one candidate threshold."""

    threshold: float
    digits_read: float
    """Share of held-out digits whose confidence reaches this threshold, in [0, 1]."""
    digits_correct: float
    """Share of the read digits that are read correctly, in [0, 1]."""
    noise_read: float
    """Share read as a digit among the kind of noise that is read most often, in [0, 1]."""


class ClassifierCard(_CardPart):
    """Facts about the shipped classifier.

    Every evaluation stores a copy, because its readings depend on this classifier.
    """

    sha256: str
    """SHA-256 of the weights file, in hex digits."""
    test_accuracy: float
    """Accuracy on the test images without any threshold, in [0, 1]."""
    test_images: int
    temperature: float
    """Divisor of the logits before the softmax."""
    threshold: float
    """Confidence in [0, 1] below which an image is read as "?"."""
    digits_read: float
    """Share of held-out digits whose confidence reaches the threshold, in [0, 1]."""
    noise_read_by_kind: Mapping[str, float]
    """Share read as a digit at the threshold, in [0, 1], by kind of noise."""
    reliability: tuple[DigitReliability, ...]
    """One row per digit, from 0 to 9."""
    calibration: tuple[CalibrationPoint, ...]

    @property
    def worst_noise(self) -> str:
        """The kind of noise that is most often read as a digit."""
        return max(self.noise_read_by_kind, key=lambda kind: self.noise_read_by_kind[kind])

    @property
    def noise_read(self) -> float:
        """Share of the worst kind of noise that is read as a digit, in [0, 1]."""
        return self.noise_read_by_kind[self.worst_noise]


@cache
def load_card() -> ClassifierCard:
    """Load the card that is shipped with the classifier's weights."""
    return ClassifierCard.model_validate(json.loads(CLASSIFIER_CARD.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class PublishedScore:
    """An Inception FID stated in a published report of the coursework, with the settings stated there.

    ``report`` is a letter that identifies the report; ``hidden_dim`` is None for a VAE.
    """

    report: str
    year: int
    model: str
    variant: str
    latent_dim: int
    hidden_dim: int | None
    num_training_steps: int
    batch_size: int
    fid: float


@cache
def load_published_scores() -> tuple[PublishedScore, ...]:
    """Load all rows of ``published_fid.csv`` in file order."""
    with PUBLISHED_SCORES.open(encoding="utf-8", newline="") as stream:
        return tuple(
            PublishedScore(
                row["report"],
                int(row["year"]),
                row["model"],
                row["variant"],
                int(row["latent_dim"]),
                int(row["hidden_dim"]) if row["hidden_dim"] else None,
                int(row["num_training_steps"]),
                int(row["batch_size"]),
                float(row["fid"]),
            )
            for row in csv.DictReader(stream)
        )


@dataclass(frozen=True)
class PublishedCounts:
    """Digits that a published report counted among 50 samples of a GAN.

    ``counts`` [11] has the digits 0 to 9, then the samples that were not recognised.
    """

    report: str
    latent_dim: int
    hidden_dim: int
    counts: tuple[int, ...]


@cache
def load_published_counts() -> tuple[PublishedCounts, ...]:
    """Load all rows of ``published_counts.csv`` in file order."""
    with PUBLISHED_COUNTS.open(encoding="utf-8", newline="") as stream:
        return tuple(
            PublishedCounts(
                row["report"],
                int(row["latent_dim"]),
                int(row["hidden_dim"]),
                tuple(int(row[name]) for name in (*"0123456789", "unrecognised")),
            )
            for row in csv.DictReader(stream)
        )
