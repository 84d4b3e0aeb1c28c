"""The table of quantities: what each is, how a configuration's value is read, and how it is compared and printed.

The name of a quantity is that of its field in a run's record, with the reading before it where a field has several
(``D_x`` is the mean over the end of training, ``spread_D_x`` the standard deviation there). The catalogues have it as
``quantity.<name>`` in sentences and ``column.<name>`` in headers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reportgen.paper.analysis.estimates import NO_RULE, Estimate, SeedRule, estimate_mean
from reportgen.paper.analysis.results import CLASSIFIER, INCEPTION, SEPARATION, Configuration
from reportgen.suite.settings import ModelName

Unit = Literal["", "share", "points", "nats", "s", "ms"]
"""``share``: a share in [0, 1], printed in percent; ``points``: a change of one, printed in percentage points."""

Scale = Literal["linear", "log", "logit"]
"""On which scale equal steps mean equal changes, by what the field takes them for: distances and ratios by factors."""

AT_HALF: Mapping[str, float] = {
    "discriminator_loss": math.log(4),
    "generator_loss": math.log(2),
    "D_x": 0.5,
    "D_G_z1": 0.5,
    "D_G_z2": 0.5,
}
"""The value of each logged metric of a GAN where D is 1/2 everywhere."""


@dataclass(frozen=True)
class Quantity:
    """One quantity of a configuration.

    ``read`` returns its value without the rule for seeds, NaN where these runs have none. ``better`` is the direction
    of the better value, None where neither is. ``rule`` says how far another seed may move a single value: somewhat
    more than seeds of one setting were measured to differ by (docs/results.md). ``model`` is the only model that has
    the quantity, None for both.
    """

    name: str
    read: Callable[[Configuration], Estimate]
    scale: Scale
    better: Literal["lower", "higher"] | None = None
    unit: Unit = ""
    decimals: int = 2
    rule: SeedRule = NO_RULE
    model: ModelName | None = None

    @property
    def is_share(self) -> bool:
        return self.unit == "share"


# ---- scores of a detector -------------------------------------------------------------------------------------------

FIDS = (
    Quantity("fid_classifier", lambda c: c.score("fid", CLASSIFIER), "log", "lower", rule=SeedRule(ratio=2.5)),
    Quantity("fid_inception", lambda c: c.score("fid", INCEPTION), "log", "lower", rule=SeedRule(ratio=2.5)),
)
"""FID by each detector; the two are never compared with each other."""

SCORES = (
    Quantity("kid", lambda c: c.score("kid"), "log", "lower", decimals=3),
    Quantity("precision", lambda c: c.score("precision"), "linear", "higher", rule=SeedRule(difference=0.4)),
    Quantity("recall", lambda c: c.score("recall"), "linear", "higher", rule=SeedRule(difference=0.25)),
    Quantity("density", lambda c: c.score("density"), "log", "higher", rule=SeedRule(difference=0.3)),
    Quantity("coverage", lambda c: c.score("coverage"), "linear", "higher", rule=SeedRule(difference=0.12)),
)
"""The scores of the classifier's features beside FID, by their names in the record."""


# ---- images and what the classifier reads ---------------------------------------------------------------------------

IMAGES = (
    Quantity("sharpness", lambda c: c.sharpness, "log", rule=SeedRule(ratio=2.1)),
    Quantity("gradient_energy", lambda c: c.gradient_energy, "log", rule=SeedRule(ratio=1.5)),
    Quantity("read_share", lambda c: c.read_share, "linear", "higher", "share", 1, SeedRule(difference=0.25)),
)

RECONSTRUCTIONS = (
    Quantity(
        "reads_same", lambda c: c.reads_as("same"), "linear", "higher", "share", 1, SeedRule(difference=0.2), "vae"
    ),
    Quantity("reads_another", lambda c: c.reads_as("another"), "linear", "lower", "share", 1, model="vae"),
    Quantity("reads_unread", lambda c: c.reads_as("unread"), "linear", "lower", "share", 1, model="vae"),
)
"""What reconstructions of readable dev images read as: their digit, another one, none."""


def _over_pairs(
    name: str,
    scale: Scale,
    better: Literal["lower", "higher"],
    unit: Unit = "",
    decimals: int = 2,
    rule: SeedRule = NO_RULE,
) -> Quantity:
    """Return a quantity of random pairs of latents under its name in the record."""
    return Quantity(name, lambda c: c.over_pairs(name), scale, better, unit, decimals, rule)


PAIRS = (
    _over_pairs("read_ends", "linear", "higher", "share", 1),
    _over_pairs("read_inside", "linear", "higher", "share", 1),
    _over_pairs("read_outside", "linear", "higher", "share", 1),
    _over_pairs("inside_change", "linear", "higher", "points", 1, SeedRule(difference=0.15)),
    _over_pairs("outside_change", "linear", "higher", "points", 1),
    _over_pairs("detour", "log", "lower", rule=SeedRule(ratio=1.4)),
    _over_pairs("largest_step", "log", "lower", rule=SeedRule(ratio=1.25)),
)
"""Between and beyond random pairs of latents of the first seed.

Shares of images that are read at the ends, between and beyond them, and their changes from the ends, pair by pair;
the length of the path over the distance of its ends (1 is straight); the largest step over the even one (1 is even).
"""


# ---- losses of a VAE ------------------------------------------------------------------------------------------------


def _of_dev(name: str, rule: SeedRule) -> Quantity:
    """Return the quantity of a dev loss at its last record."""
    return Quantity(name, lambda c: c.last(name), "log", "lower", "nats", 1, rule, "vae")


def _estimate_gap(c: Configuration) -> Estimate:
    """Return by how much the dev loss ends above the training loss, both over the last fifth and above their floors."""
    dev, train = c.tail("dev_total").mean - c.floor("dev"), c.tail("train_total").mean - c.floor("train")
    return estimate_mean([dev - train])


def _estimate_above_floor(c: Configuration) -> Estimate:
    return estimate_mean([c.last("dev_reconstruction").mean - c.floor("dev")])


VAE_LOSSES = (
    _of_dev("dev_reconstruction", SeedRule(ratio=1.15)),
    _of_dev("dev_kl", SeedRule(difference=4)),
    _of_dev("dev_total", SeedRule(ratio=1.15)),
    Quantity("above_floor", _estimate_above_floor, "log", "lower", "nats", 1, model="vae"),
    Quantity("tail_train_total", lambda c: c.tail("train_total"), "log", "lower", "nats", 1, model="vae"),
    Quantity("tail_dev_total", lambda c: c.tail("dev_total"), "log", "lower", "nats", 1, model="vae"),
    Quantity("gap", _estimate_gap, "linear", "lower", "nats", 1, model="vae"),
    Quantity("rise_dev_total", lambda c: c.rise_since_lowest("dev_total"), "linear", "lower", "nats", 1, model="vae"),
)
"""``above_floor`` is the reconstruction loss above what even a perfect one costs, ``rise`` the last value of a loss
less its lowest one."""


# ---- the end of a GAN's training ------------------------------------------------------------------------------------

JUDGED = ("D_x", "D_G_z1", "discriminator_loss", "generator_loss")
"""The metrics that are held against D = 1/2: D(G(z)) before D's update, as D(x) is."""


def _at_end(name: str, scale: Scale = "linear", unit: Unit = "", rule: SeedRule = NO_RULE) -> Quantity:
    """Return the quantity of a metric's mean over the last fifth of training."""
    return Quantity(name, lambda c: c.tail(name), scale, None, unit, rule=rule, model="gan")


def _spread(metric: str) -> Quantity:
    """Return the quantity of a metric's standard deviation over the last fifth of training."""
    return Quantity(f"spread_{metric}", lambda c: c.tail_spread(metric), "log", None, _unit_of(metric), model="gan")


def _drift(metric: str) -> Quantity:
    """Return the quantity of a metric's change over the last fifth of training."""
    return Quantity(f"drift_{metric}", lambda c: c.tail_drift(metric), "linear", None, _unit_of(metric), model="gan")


def _distance(metric: str) -> Quantity:
    """Return the quantity of a metric's distance from its value at D = 1/2, over the last fifth of training."""

    def read(c: Configuration) -> Estimate:
        return estimate_mean([abs(c.tail(metric).mean - AT_HALF[metric])])

    return Quantity(f"distance_{metric}", read, "linear", None, _unit_of(metric), model="gan")


def _unit_of(metric: str) -> Unit:
    return "nats" if metric.endswith("_loss") else ""


GAN_ENDS = (
    _at_end("discriminator_loss", "linear", "nats", SeedRule(difference=0.6)),
    _at_end("generator_loss", "log", "nats", SeedRule(ratio=2.5)),
    _at_end(SEPARATION, rule=SeedRule(difference=0.4)),
    _at_end("D_x"),
    _at_end("D_G_z1"),
    _at_end("D_G_z2"),
    *(_spread(metric) for metric in AT_HALF),
    *(_drift(metric) for metric in JUDGED),
    *(_distance(metric) for metric in JUDGED),
)


# ---- cost -----------------------------------------------------------------------------------------------------------

COSTS = (
    Quantity("train_seconds", lambda c: c.train_seconds, "log", "lower", "s", 0),
    Quantity("ms_per_step", lambda c: c.ms_per_step, "log", "lower", "ms", 1),
)


QUANTITIES: Mapping[str, Quantity] = {
    quantity.name: quantity
    for group in (FIDS, SCORES, IMAGES, RECONSTRUCTIONS, PAIRS, VAE_LOSSES, GAN_ENDS, COSTS)
    for quantity in group
}
"""Every quantity of the report by its name."""


def measure(name: str, configuration: Configuration) -> Estimate:
    """Return a configuration's value of a quantity under its rule for seeds; its mean is NaN where there is none.

    Raises:
        KeyError: there is no quantity of this name, or the configuration's model does not have it.
    """
    quantity = QUANTITIES[name]
    return replace(quantity.read(configuration), rule=quantity.rule)


def is_measured(name: str, configurations: Sequence[Configuration]) -> bool:
    """Return whether each of the configurations has a value of a quantity."""
    return all(math.isfinite(measure(name, c).mean) for c in configurations)
