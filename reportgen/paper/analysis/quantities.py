"""The quantities of a report: how to read each from a configuration, and its scale, direction and unit.

A quantity is named like its field in a run's record, with a prefix if the field has several readings: ``D_x`` is a
metric's mean over the last fifth of training, ``spread_D_x`` its standard deviation there. The message catalogues name
it ``quantity.<name>`` in sentences and ``column.<name>`` in table headers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.paper.analysis.curves import NUM_WINDOWS, TAIL_SHARE
from reportgen.paper.analysis.estimates import Estimate, Scale, estimate_mean
from reportgen.paper.analysis.results import CLASSIFIER, INCEPTION, SEPARATION, Configuration
from reportgen.store.records import DiscriminatorRecord
from reportgen.suite.settings import ModelName

Unit = Literal["", "share", "points", "nats", "s", "ms", "thousand", "million", "billion"]
"""The unit that a value is printed in, empty for a plain number.

``share`` is a share in [0, 1], printed in percent; ``points`` a change of a share, printed in percentage points.
"""

AT_HALF: Mapping[str, float] = {
    "discriminator_loss": math.log(4),
    "generator_loss": math.log(2),
    "D_x": 0.5,
    "D_G_z1": 0.5,
    "D_G_z2": 0.5,
}
"""The value of each logged metric of a GAN whose D is 1/2 everywhere; losses in nats."""


ALIKE_FACTOR = 1.25
"""The factor up to which two values on the logarithmic scale count as alike."""
ALIKE_POINTS = 0.05
"""The difference up to which two shares count as alike."""


@dataclass(frozen=True)
class Quantity:
    """One quantity of a configuration, with all that is needed to compare and print it.

    ``read`` returns the estimate within the runs; its mean is NaN if they have no value. ``scale`` is that on which
    trainings are compared. ``better`` is the direction of better values, None if neither is. ``decimals`` are those
    printed. ``model`` is the only model that has the quantity, None for both. ``alike`` is the difference up to which
    two values count as alike, None for that of the scale and unit. ``floor`` names the split whose lowest possible loss
    is subtracted before values are put on the scale. A quantity that ``is_bounded`` lies in [0, 1], as all shares do.
    """

    name: str
    read: Callable[[Configuration], Estimate]
    scale: Scale
    better: Literal["lower", "higher"] | None = None
    unit: Unit = ""
    decimals: int = 2
    model: ModelName | None = None
    alike: float | None = None
    floor: Literal["train", "dev"] | None = None
    is_bounded: bool = False

    @property
    def is_share(self) -> bool:
        """True if values are shares in [0, 1]."""
        return self.unit == "share"

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest possible value."""
        return (0.0, 1.0) if self.is_share or self.is_bounded else (-math.inf, math.inf)

    @property
    def band(self) -> float | None:
        """The largest difference on the scale that counts as none; None if no difference does."""
        if self.scale == "log":
            return math.log(ALIKE_FACTOR)
        return ALIKE_POINTS if self.unit in ("share", "points") else self.alike

    def find_floor(self, c: Configuration) -> float:
        """Return the lowest possible value of a configuration."""
        return c.floor(self.floor) if self.floor else 0.0


# ---- scores of a detector -------------------------------------------------------------------------------------------

FIDS = (
    Quantity("fid_classifier", lambda c: c.score("fid", CLASSIFIER), "log", "lower"),
    Quantity("fid_inception", lambda c: c.score("fid", INCEPTION), "log", "lower"),
)
"""FID by the features of each detector; values of different detectors are never compared."""

SCORES = (
    Quantity("kid", lambda c: c.score("kid"), "log", "lower", decimals=3),
    Quantity("precision", lambda c: c.score("precision"), "linear", "higher", alike=ALIKE_POINTS, is_bounded=True),
    Quantity("recall", lambda c: c.score("recall"), "linear", "higher", alike=ALIKE_POINTS, is_bounded=True),
    Quantity("density", lambda c: c.score("density"), "log", "higher"),
    Quantity("coverage", lambda c: c.score("coverage"), "linear", "higher", alike=ALIKE_POINTS, is_bounded=True),
)
"""Scores other than FID, all by the classifier's features, named like their fields in the record."""


# ---- images and what the classifier reads ---------------------------------------------------------------------------


def _of_images(name: str) -> Quantity:
    """Return the quantity of a measure of single images under its name in the record."""
    return Quantity(name, lambda c: c.image_statistic(name), "log")


STATISTICS = (
    _of_images("sharpness"),
    _of_images("gradient_energy"),
)
"""Measures of single images, as multiples of those of real ones; VAE and GAN are compared in all of them."""

READINGS = (
    Quantity("read_share", lambda c: c.read_share, "linear", "higher", "share", 1),
    Quantity("class_imbalance", lambda c: c.class_imbalance, "linear", "lower", alike=ALIKE_POINTS, is_bounded=True),
    Quantity("smallest_class", lambda c: c.smallest_class, "linear", "higher", "share", 1),
    Quantity("variety", lambda c: c.variety, "log", "higher"),
)
"""Samples as digits: the share read as one, the balance of digits, and the variety within a digit.

``class_imbalance`` is the total variation distance of the digits read from the training classes (0 is balanced),
``smallest_class`` the share of the rarest digit, and ``variety`` how far two samples of a digit lie apart, as a
multiple of two real images.
"""

COPIES = (Quantity("copies", lambda c: c.copies, "linear", "lower", "share", 1),)
"""Share of samples that are copies of training images."""

RECONSTRUCTIONS = (
    Quantity("reads_same", lambda c: c.reads_as("same"), "linear", "higher", "share", 1, "vae"),
    Quantity("reads_another", lambda c: c.reads_as("another"), "linear", "lower", "share", 1, model="vae"),
    Quantity("reads_unread", lambda c: c.reads_as("unread"), "linear", "lower", "share", 1, model="vae"),
)
"""Shares of readable dev images whose reconstruction reads as the same digit, as another one, as none."""


def _measure_pairs(
    field: str,
    scale: Scale,
    better: Literal["lower", "higher"],
    unit: Unit = "",
    decimals: int = 2,
) -> Quantity:
    """Return the quantity read from a dotted field of ``RandomPairs``."""
    name = field.replace(".", "_")
    return Quantity(name, lambda c: c.over_pairs(field), scale, better, unit, decimals)


PAIRS = (
    _measure_pairs("read_ends", "linear", "higher", "share", 1),
    _measure_pairs("read_inside", "linear", "higher", "share", 1),
    _measure_pairs("read_outside", "linear", "higher", "share", 1),
    _measure_pairs("inside_change", "linear", "higher", "points", 1),
    _measure_pairs("outside_change", "linear", "higher", "points", 1),
    _measure_pairs("detour", "log", "lower"),
    _measure_pairs("largest_step", "log", "lower"),
)
"""Measurements on lines between and beyond random pairs of latents.

``read_ends``, ``read_inside`` and ``read_outside`` are shares of images read as digits at the ends, between them and
beyond them; ``inside_change`` and ``outside_change`` are changes from the ends, pair by pair. ``detour`` is the length
of the path over the distance between its ends (1 is straight), ``largest_step`` the largest step over the mean one (1
is even).
"""


CIRCLES = (
    _measure_pairs("spherical.read_inside", "linear", "higher", "share", 1),
    _measure_pairs("spherical.inside_change", "linear", "higher", "points", 1),
    _measure_pairs("spherical.detour", "log", "lower"),
    _measure_pairs("spherical.largest_step", "log", "lower"),
    _measure_pairs("spherical.gain", "linear", "higher", "points", 1),
)
"""Measurements between the same pairs on great circles; ``spherical_gain`` is what these have read more than lines."""


# ---- codes of a VAE -------------------------------------------------------------------------------------------------

CODES = (
    Quantity("active_units", lambda c: c.active_units, "linear", decimals=0, model="vae"),
    Quantity("prior_distance", lambda c: c.prior_distance, "linear", "lower", "nats", model="vae", alike=0.5),
)
"""Latent dimensions that a VAE uses, and the distance of its aggregated posterior from the prior."""


# ---- losses of a VAE ------------------------------------------------------------------------------------------------


def _measure_dev(name: str, floor: Literal["dev"] | None = "dev") -> Quantity:
    """Return the quantity that is the last recorded value of a VAE's dev loss, in nats."""
    return Quantity(name, lambda c: c.last(name), "log", "lower", "nats", 1, "vae", floor=floor)


def _estimate_gap(c: Configuration) -> Estimate:
    """Return the dev loss less the training loss over the last fifth, in nats, at the same steps.

    Dev losses are measured at a few steps, perhaps at the last one only, while the training loss falls: its mean is
    moved along its fitted line to where these are on average. The floor of its split, which no model can go below, is
    subtracted from each loss first.
    """
    above = c.floor("dev") - c.floor("train")
    place = float(np.mean(c.list_measured_steps(NUM_WINDOWS - 1))) / c.settings.num_training_steps
    ahead = (place - 1) / TAIL_SHARE + 0.5  # of the middle of the last fifth, in fifths
    drifts = [drift if math.isfinite(drift) else 0.0 for drift in c.tail_drift("train_total").values]
    losses = zip(c.tail("dev_total").values, c.tail("train_total").values, drifts, strict=True)
    return estimate_mean(dev - (train + ahead * drift) - above for dev, train, drift in losses)


def _estimate_above_floor(c: Configuration) -> Estimate:
    """Return the last dev reconstruction loss less that of a perfect reconstruction, in nats."""
    return estimate_mean(loss - c.floor("dev") for loss in c.last("dev_reconstruction").values)


VAE_LOSSES = (
    _measure_dev("dev_reconstruction"),
    _measure_dev("dev_kl", None),
    _measure_dev("dev_total"),
    Quantity("above_floor", _estimate_above_floor, "log", "lower", "nats", 1, model="vae"),
    Quantity("tail_train_total", lambda c: c.tail("train_total"), "log", "lower", "nats", 1, "vae", floor="train"),
    Quantity("tail_dev_total", lambda c: c.tail("dev_total"), "log", "lower", "nats", 1, "vae", floor="dev"),
    Quantity("gap", _estimate_gap, "linear", "lower", "nats", 1, model="vae"),
    Quantity("rise_dev_total", lambda c: c.rise_since_lowest("dev_total"), "linear", "lower", "nats", 1, model="vae"),
)
"""Losses of VAEs, in nats per image.

``above_floor`` is the reconstruction loss less that of a perfect reconstruction, ``gap`` the dev loss less the training
loss, each above its floor, and ``rise_dev_total`` the last dev loss less the lowest one.
"""


# ---- the end of a GAN's training ------------------------------------------------------------------------------------

JUDGED = ("D_x", "D_G_z1", "discriminator_loss", "generator_loss")
"""Metrics compared with their values at D = 1/2; ``D_G_z1`` is D(G(z)) before the update of D."""


_ALIKE_ENDS: Mapping[Unit, float] = {"": 0.05, "nats": 0.1}
"""Differences at the end of training that count as none, of outputs of D and of losses."""


def _measure_end(name: str, scale: Scale = "linear", unit: Unit = "") -> Quantity:
    """Return the quantity that is a GAN metric's mean over the last fifth of training."""
    read, is_bounded = lambda c: c.tail(name), name.startswith("D_")
    return Quantity(name, read, scale, None, unit, model="gan", alike=_ALIKE_ENDS[unit], is_bounded=is_bounded)


def _measure_spread(metric: str) -> Quantity:
    """Return the quantity that is a GAN metric's standard deviation over the last fifth of training."""
    return Quantity(f"spread_{metric}", lambda c: c.tail_spread(metric), "log", None, _unit_of(metric), model="gan")


def _measure_drift(metric: str) -> Quantity:
    """Return the quantity that is a GAN metric's fitted change over the last fifth of training."""
    return Quantity(f"drift_{metric}", lambda c: c.tail_drift(metric), "linear", None, _unit_of(metric), model="gan")


def _measure_change(metric: str) -> Quantity:
    """Return the quantity that is a GAN metric's mean over the last fifth of training less that over the second."""
    return Quantity(f"change_{metric}", lambda c: c.change(metric), "linear", None, _unit_of(metric), model="gan")


def _measure_distance(metric: str) -> Quantity:
    """Return the quantity that is the distance of a GAN metric from its value at D = 1/2.

    The metric enters by its mean over the last fifth of training.
    """

    def read(c: Configuration) -> Estimate:
        return estimate_mean([abs(c.tail(metric).mean - AT_HALF[metric])])

    return Quantity(f"distance_{metric}", read, "linear", None, _unit_of(metric), model="gan")


def _unit_of(metric: str) -> Unit:
    """Return the unit of a GAN's logged metric."""
    return "nats" if metric.endswith("_loss") else ""


GAN_ENDS = (
    _measure_end("discriminator_loss", "linear", "nats"),
    _measure_end("generator_loss", "log", "nats"),
    _measure_end(SEPARATION),
    _measure_end("D_x"),
    _measure_end("D_G_z1"),
    _measure_end("D_G_z2"),
    *(_measure_spread(metric) for metric in AT_HALF),
    *(_measure_drift(metric) for metric in JUDGED),
    *(_measure_distance(metric) for metric in JUDGED),
    _measure_change("discriminator_loss"),
    _measure_change("generator_loss"),
)
"""Means, spreads, drifts and distances from D = 1/2 of a GAN's metrics over the last fifth of training.

The changes of both losses are from the second fifth of training to the last.
"""


# ---- a GAN's discriminator after training ---------------------------------------------------------------------------


def _compare_outputs(name: str, read: Callable[[DiscriminatorRecord], float]) -> Quantity:
    """Return the quantity that is a difference of two mean outputs of D after training."""

    def estimate(c: Configuration) -> Estimate:
        return estimate_mean(read(row) for run in c.runs if (row := run.evaluation.discriminator) is not None)

    return Quantity(name, estimate, "linear", model="gan")


DISCRIMINATORS = (
    _compare_outputs("batch_separation", lambda d: d.train.batch_mean - d.samples.batch_mean),
    _compare_outputs("running_separation", lambda d: d.train.mean - d.samples.mean),
    _compare_outputs("train_dev_gap", lambda d: d.train.mean - d.dev.mean),
)
"""Differences of D's mean outputs after training.

Training images less samples, with BatchNorm's statistics of batches of one kind and with its running ones; training
images less dev images with the running ones.
"""


# ---- samples in the course of training ------------------------------------------------------------------------------

PROGRESS = (
    Quantity("last_sample_fid", lambda c: c.last("sample_fid"), "log", "lower"),
    Quantity("lowest_sample_fid", lambda c: c.lowest("sample_fid"), "log", "lower"),
)
"""FIDs of samples in training, of fewer than the evaluation's; only trainings that scored samples have them."""


# ---- cost -----------------------------------------------------------------------------------------------------------

DRAWING, JUDGING = ("generator", "decoder"), ("discriminator", "encoder")
"""Networks that make images of latents, and those that look at images."""


def _count_parameters(name: str, networks: Sequence[str]) -> Quantity:
    """Return the quantity that is the number of parameters of those of these networks that a model has."""

    def read(c: Configuration) -> Estimate:
        parameters = c.first.evaluation.parameters
        return estimate_mean([sum(parameters.get(network, 0) for network in networks) / 1e3])

    return Quantity(name, read, "log", "lower", "thousand", 1)


COSTS = (
    _count_parameters("drawing_parameters", DRAWING),
    _count_parameters("judging_parameters", JUDGING),
    Quantity(
        "image_macs", lambda c: estimate_mean([c.settings.count_image_macs() / 1e6]), "log", "lower", "million", 2
    ),
    Quantity("step_macs", lambda c: estimate_mean([c.settings.count_step_macs() / 1e9]), "log", "lower", "billion", 3),
    Quantity("processor_ms", lambda c: c.processor_ms, "log", "lower", "ms", 1),
    Quantity("train_seconds", lambda c: c.train_seconds, "log", "lower", "s", 0),
    Quantity("ms_per_step", lambda c: c.ms_per_step, "log", "lower", "ms", 1),
)
"""Parameters, multiply-accumulates (MACs) of drawing an image and of a training step, and times.

``processor_ms`` is the processor time of a step, which other processes do not lengthen; ``train_seconds`` and
``ms_per_step`` are the wall-clock time of training, in all and per step.
"""


QUANTITIES: Mapping[str, Quantity] = {
    quantity.name: quantity
    for group in (
        *(FIDS, SCORES, STATISTICS, READINGS, COPIES, RECONSTRUCTIONS, PAIRS, CIRCLES),
        *(CODES, VAE_LOSSES, GAN_ENDS, DISCRIMINATORS, PROGRESS, COSTS),
    )
    for quantity in group
}
"""All quantities of a report by name."""
