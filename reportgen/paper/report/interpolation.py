"""Section on latent interpolation and extrapolation: item 14 of the homework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from reportgen.paper.analysis.findings import read_interpolation
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_best_gan, find_main_vae
from reportgen.paper.claims.claim import Claim
from reportgen.paper.claims.interpolation import (
    answer_between,
    answer_spaces,
    claim_beyond,
    claim_blur,
    claim_spherical,
    claim_third,
)
from reportgen.paper.figures.images import Strips
from reportgen.paper.i18n.translator import Message, Number, Several, Value
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.code import point_to_code
from reportgen.paper.report.comparison import compare_sharpness
from reportgen.paper.report.model import Cell, Figure, Picture, Section, Table
from reportgen.paper.report.pictures import draw_rows
from reportgen.store.images import decode_grid
from reportgen.suite.outline import OutlineSection

LINE = ("read_ends", "read_inside", "inside_change", "detour", "largest_step", "read_outside")
"""Quantities that are measured on lines through random pairs of latent vectors."""
CIRCLE = ("read_ends", "spherical_read_inside", "spherical_inside_change", "spherical_detour", "spherical_largest_step")
"""Those of ``LINE`` that are measured on great circles, too, in the same order."""


def build_interpolation(b: Builder, _: object, wanted: OutlineSection) -> Section | None:
    """Build the section on interpolation in the best GAN and the main VAE, or in one of them; None without either."""
    shown = [c for c in (find_best_gan(b.results), find_main_vae(b.results)) if c is not None]
    if not shown:
        return None
    return b.section(
        "interpolation",
        *b.answer(_answer(b, shown)),
        b.text("interpolation.intro", points=b.results.suite.interpolation.num_points),
        b.formula(r"z_i = z_1 + \frac{i}{K - 1}\left(z_2 - z_1\right), \qquad i = 0, 1, \ldots, K - 1"),
        _show_strips(b, shown, "interpolation"),
        _show_strips(b, shown, "extrapolation"),
        _show_strips(b, shown, "spherical"),
        _tabulate_paths(b, shown),
        *b.claims(_list_claims(b, shown)),
        *point_to_code(b, wanted),
    )


def _answer(b: Builder, shown: Sequence[Configuration]) -> Claim:
    """Compare the latent spaces of a GAN and a VAE, or describe that of the only model."""
    if len(shown) == 2:
        gan, vae = shown
        return answer_spaces(gan, vae, compare_sharpness(b.results), "table-interpolation")
    return answer_between(shown[0], "table-interpolation")


def _list_claims(b: Builder, shown: Sequence[Configuration]) -> list[Claim | None]:
    """Return what the strips show between the ends and beyond them, and on the great circle."""
    rests_on = "table-interpolation"
    claims: list[Claim | None] = [claim_third(shown, rests_on)]
    if len(shown) == 2:
        gan, vae = shown
        claims.insert(0, claim_blur(vae, gan, compare_sharpness(b.results), rests_on))
    return [*claims, claim_beyond(shown, rests_on), claim_spherical(shown, rests_on)]


def _tabulate_paths(b: Builder, shown: Sequence[Configuration]) -> Table:
    """Tabulate the measurements on lines and, below them, on great circles."""
    rows = []
    for path, quantities in (("row.line", LINE), ("row.circle", CIRCLE)):
        for c in shown:
            cells = [cell for name in quantities for cell in b.quantity_cells(name, [c])]
            missing = [Cell("–", is_number=True)] * (len(LINE) - len(cells))
            rows.append([Cell(b.t(path, label=c.label), is_header=True), *cells, *missing])
    measured, has_one = read_interpolation(shown[0]), all(len(c.runs) == 1 for c in shown)
    note = b.line(
        "interpolation.note",
        num=measured.num_pairs,
        points=measured.num_points,
        outside=measured.num_outside,
        intervals=Message("interpolation.over.one" if has_one else "interpolation.over.several"),
        dims=_compare_dimensions(shown),
    )
    return b.table("interpolation", ["configuration", *LINE], rows, note=note)


def _compare_dimensions(shown: Sequence[Configuration]) -> Value:
    """Return the sentence that the two latent spaces differ in their dimension; an empty text if they do not."""
    if len({c.settings.latent_dim for c in shown}) < 2:
        return ""
    gan_dim, vae_dim = (c.settings.latent_dim for c in shown)
    return Message("interpolation.dimensions", {"gan_dim": gan_dim, "vae_dim": vae_dim})


Name = Literal["interpolation", "extrapolation", "spherical"]
"""Strips of images: between the ends on the line, beyond them, between them on the great circle."""

ALTS: Mapping[Name, str] = {
    "interpolation": "alt.interpolation",
    "extrapolation": "alt.extrapolation",
    "spherical": "alt.spherical",
}
"""Strips -> message of their alternative text."""


def _show_strips(b: Builder, shown: Sequence[Configuration], name: Name) -> Figure:
    """Return the figure of the strips of all models, side by side."""

    def draw() -> list[Picture]:
        alts = [b.t(ALTS[name], label=c.label, strips=Several(list(_read_strips(c, name)))) for c in shown]
        return [draw_rows(b, [_list_strips(b, c, name) for c in shown], " ".join(alts), beside=2)]

    return b.figure(name, draw)


def _read_strips(c: Configuration, name: Name) -> tuple[str, ...]:
    """Return what is read in each strip of a configuration."""
    reading = read_interpolation(c)
    if name == "extrapolation":
        return reading.outside
    return reading.inside if name == "interpolation" else reading.spherical


def _list_strips(b: Builder, c: Configuration, name: Name) -> Strips:
    strips, ends = _read_strips(c, name), read_interpolation(c).ends
    low, high = c.first.evaluation.interpolation.outside_range if name == "extrapolation" else (0.0, 1.0)
    rows, columns = len(strips), len(strips[0])
    images = decode_grid(c.first.read_image(c.first.paths.image(name)), rows * columns)
    return Strips(
        images.reshape(rows, columns, *images.shape[1:]),
        tuple(f"{pair[0]} → {pair[1]}" for pair in ends[:rows]),
        c.label,
        tuple(b.t.format(Number(float(position), 2)) for position in np.linspace(low, high, columns)),
        strips,
    )
