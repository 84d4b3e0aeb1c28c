"""The files that the package ships: fonts, the digit classifier's weights and what is known of them. No torch."""

from __future__ import annotations

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


@cache
def load_card() -> ClassifierCard:
    """Read the card that is shipped beside the weights."""
    return ClassifierCard(**json.loads(CLASSIFIER_CARD.read_text(encoding="utf-8")))
