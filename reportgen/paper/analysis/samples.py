"""What samples are by rule: noisy, unreadable, crowded."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.paper.analysis.quantities import measure
from reportgen.paper.analysis.results import Configuration

NOISY = 1.2
"""A sharpness above this, real images being 1, is called noise rather than strokes."""

HIGH_PRECISION, LOW_RECALL = 0.5, 0.1
"""A precision above the one beside a recall below the other is called crowded samples."""


def is_noisy(c: Configuration) -> bool:
    """Return whether the samples are sharper than strokes are."""
    return measure("sharpness", c).mean > NOISY


def is_crowded(c: Configuration) -> bool:
    """Return whether the samples are precise without covering the real images."""
    return measure("precision", c).mean > HIGH_PRECISION and measure("recall", c).mean < LOW_RECALL


def find_noise_level(configurations: Sequence[Configuration]) -> float:
    """Return the share in [0, 1] in which the classifier reads the kind of noise that it reads most."""
    return configurations[0].first.evaluation.classifier.noise_read


def find_unreadable(configurations: Sequence[Configuration]) -> list[Configuration]:
    """Return those whose samples are read no more often than noise; one without a value is among them."""
    level = find_noise_level(configurations)
    return [c for c in configurations if not measure("read_share", c).mean > level]
