"""The files that the package ships: fonts, the digit classifier's weights and what is known of them. No torch."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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


@dataclass(frozen=True)
class DigitReliability:
    """How the classifier does on the real test images of one digit: shares in [0, 1].

    ``read`` is the share at or above the threshold, ``correct`` the share of those that is read as this digit.
    """

    digit: int
    num_images: int
    read: float
    correct: float


@dataclass(frozen=True)
class CalibrationPoint:
    """What one threshold would do: shares in [0, 1] on held-out digits, and on the noise that is read most often."""

    threshold: float
    digits_read: float
    digits_correct: float
    noise_read: float


@dataclass(frozen=True)
class ClassifierCard:
    """What is known of the shipped classifier; it travels with every score that rests on it.

    ``threshold`` is the confidence below which an image reads as "?"; ``digits_read`` and ``noise_read_by_kind`` are
    the shares of held-out digits and of each kind of noise at or above it, in [0, 1].
    """

    sha256: str
    test_accuracy: float
    test_images: int
    temperature: float
    threshold: float
    digits_read: float
    noise_read_by_kind: dict[str, float]
    reliability: list[DigitReliability]
    calibration: list[CalibrationPoint]


@cache
def load_card() -> ClassifierCard:
    """Read the card that is shipped beside the weights."""
    content = json.loads(CLASSIFIER_CARD.read_text(encoding="utf-8"))
    reliability = [DigitReliability(**row) for row in content.pop("reliability")]
    calibration = [CalibrationPoint(**row) for row in content.pop("calibration")]
    return ClassifierCard(**content, reliability=reliability, calibration=calibration)


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
