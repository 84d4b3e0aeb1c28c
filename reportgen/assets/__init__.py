"""The files that the package ships: fonts, the digit classifier's weights and what is known of them. No torch."""

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
"""Font weight -> file."""

CLASSIFIER_WEIGHTS = FOLDER / "digit_classifier.safetensors"
CLASSIFIER_CARD = FOLDER / "digit_classifier.json"
PUBLISHED_SCORES = FOLDER / "published_fid.csv"
OUTLINES = {name: FOLDER / "outlines" / f"{name}.yaml" for name in ("full", "gan", "vae-gan")}
"""Name -> file, for every outline that is shipped."""


def find_templates() -> Path:
    """The folder of templates: inside an installed package, beside the package in a checkout."""
    packaged = FOLDER.parent / "templates"
    return packaged if packaged.is_dir() else FOLDER.parents[1] / "templates"


class _CardPart(BaseModel):
    """The base of the card and its rows: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DigitReliability(_CardPart):
    """How the classifier does on the real test images of one digit."""

    digit: int
    num_images: int
    read: float
    """The share of them at or above the threshold, in [0, 1]."""
    correct: float
    """The share of those that are read which is read as this digit, in [0, 1]."""


class CalibrationPoint(_CardPart):
    """What one threshold would do."""

    threshold: float
    digits_read: float
    """The share of held-out digits at or above it, in [0, 1]."""
    digits_correct: float
    """The share of those that are read which is read correctly, in [0, 1]."""
    noise_read: float
    """The share at or above it of the kind of noise that is read most often, in [0, 1]."""


class ClassifierCard(_CardPart):
    """What is known of the shipped classifier; it travels with every evaluation, which rests on it."""

    sha256: str
    """Of the weights, in hex digits."""
    test_accuracy: float
    """In [0, 1], without any threshold."""
    test_images: int
    temperature: float
    """What logits are divided by before their softmax."""
    threshold: float
    """The confidence in [0, 1] below which an image reads as "?"."""
    digits_read: float
    """The share of held-out digits at or above the threshold, in [0, 1]."""
    noise_read_by_kind: Mapping[str, float]
    """Kind of noise -> its share at or above the threshold, in [0, 1]."""
    reliability: tuple[DigitReliability, ...]
    """A row per digit, from 0 to 9."""
    calibration: tuple[CalibrationPoint, ...]

    @property
    def worst_noise(self) -> str:
        """The kind of noise that is read most often."""
        return max(self.noise_read_by_kind, key=lambda kind: self.noise_read_by_kind[kind])

    @property
    def noise_read(self) -> float:
        """The share of that kind which is read, in [0, 1]."""
        return self.noise_read_by_kind[self.worst_noise]


@cache
def load_card() -> ClassifierCard:
    """Read the card that is shipped beside the weights."""
    return ClassifierCard.model_validate(json.loads(CLASSIFIER_CARD.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class PublishedScore:
    """An Inception FID that a published report of the coursework states, with the settings that it states."""

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
    """All of ``published_fid.csv``, in its order; ``report`` is a letter, one per published report."""
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
