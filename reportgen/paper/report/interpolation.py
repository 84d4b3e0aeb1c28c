"""Section on latent interpolation and extrapolation: item 14 of the homework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from reportgen.paper.analysis.findings import read_interpolation
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_best_gan, find_main_vae
from reportgen.paper.claims.interpolation import claim_between, claim_beyond, claim_interpolation, claim_spherical
from reportgen.paper.figures.images import WIDTH_MM, draw_strips
from reportgen.paper.i18n.translator import Number, Several
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Block, Cell, Figure, Picture, Section, Table
from reportgen.store.images import decode_grid

LINE = ("read_ends", "read_inside", "inside_change", "detour", "largest_step", "read_outside")
"""Quantities that are measured on lines through random pairs of latent vectors."""
CIRCLE = ("read_ends", "spherical_read_inside", "spherical_inside_change", "spherical_detour", "spherical_largest_step")
"""Those of ``LINE`` that are measured on great circles, too, in the same order."""


def build_interpolation(b: Builder, *_: object) -> Section | None:
    """Build the section on interpolation in the best GAN and the main VAE, or in one of them; None without either."""
    shown = [c for c in (find_best_gan(b.results), find_main_vae(b.results)) if c is not None]
    if not shown:
        return None
    first_seeds, measured = [c.first_seed for c in shown], read_interpolation(shown[0])
    if len(shown) == 2:
        gan, vae = shown
        claims = claim_interpolation(gan, vae, "table-interpolation")
    else:
        claims = [claim_between(c, "table-interpolation") for c in shown]
    beyond = [claim_beyond(c, "table-interpolation") for c in shown]
    spherical = [claim_spherical(c, "table-interpolation") for c in shown]
    apart = max(shown, key=lambda c: abs(measure("spherical_gain", c).mean))
    return b.section(
        "interpolation",
        b.text("interpolation.intro", points=b.results.suite.interpolation.num_points),
        b.formula(r"z_i = z_1 + \frac{i}{K - 1}\left(z_2 - z_1\right), \qquad i = 0, 1, \ldots, K - 1"),
        *([b.text("interpolation.chosen", gan=shown[0].label, vae=shown[1].label)] if len(shown) == 2 else []),
        *(_show_strips(b, c, "interpolation") for c in shown),
        b.text("interpolation.outside"),
        *(_show_strips(b, c, "extrapolation") for c in shown),
        b.text("interpolation.slerp"),
        b.formula(r"z(t) = \frac{\sin((1 - t)\,\omega)}{\sin\omega}\, z_1 + \frac{\sin(t\,\omega)}{\sin\omega}\, z_2"),
        _show_strips(b, apart, "spherical"),
        b.text(
            "interpolation.measures",
            num=measured.num_pairs,
            points=measured.num_points,
            inside=measured.num_points - 2,
            outside=measured.num_outside,
        ),
        _tabulate_paths(b, first_seeds, measured.num_pairs),
        *b.claims([*claims, *beyond, *spherical]),
        *_explain_dimensions(b, shown),
        b.explanation("interpolation.theory"),
        b.listing("interpolation", shown[0], "interpolation"),
    )


def _tabulate_paths(b: Builder, shown: Sequence[Configuration], num_pairs: int) -> Table:
    """Tabulate the measurements on lines and, below them, on great circles."""
    rows = []
    for path, quantities in (("row.line", LINE), ("row.circle", CIRCLE)):
        for c in shown:
            cells = [cell for name in quantities for cell in b.quantity_cells(name, [c])]
            missing = [Cell("–", is_number=True)] * (len(LINE) - len(cells))
            rows.append([Cell(b.t(path, label=c.label), is_header=True), *cells, *missing])
    note = b.line("interpolation.note", num=num_pairs)
    return b.table("interpolation", ["configuration", *LINE], rows, shown, note=note)


def _explain_dimensions(b: Builder, shown: Sequence[Configuration]) -> list[Block]:
    """Return an explanation if the two latent spaces differ in their dimension; otherwise nothing."""
    dims = [c.settings.latent_dim for c in shown]
    if len(set(dims)) < 2:
        return []
    (gan, vae), (gan_dim, vae_dim) = shown, dims
    return [b.explanation("interpolation.dimensions", gan=gan.label, vae=vae.label, gan_dim=gan_dim, vae_dim=vae_dim)]


Name = Literal["interpolation", "extrapolation", "spherical"]
"""Strips of images: between the ends on the line, beyond them, between them on the great circle."""

ALTS: Mapping[Name, str] = {
    "interpolation": "alt.interpolation",
    "extrapolation": "alt.extrapolation",
    "spherical": "alt.spherical",
}
"""Strips -> message of their alternative text."""


def _show_strips(b: Builder, c: Configuration, name: Name) -> Figure:
    """Return the figure of one configuration's strips."""
    return b.figure(name, lambda: [_draw_strips(b, c, name)], [c.first_seed], slug=c.slug, label=c.label)


def _draw_strips(b: Builder, c: Configuration, name: Name) -> Picture:
    reading = read_interpolation(c)
    strips = {"interpolation": reading.inside, "extrapolation": reading.outside, "spherical": reading.spherical}[name]
    points = len(strips[0])
    low, high = c.first.evaluation.interpolation.outside_range if name == "extrapolation" else (0.0, 1.0)
    images = decode_grid(c.first.read_image(c.first.paths.image(name)), len(strips) * points)
    labels = [f"{pair[0]} → {pair[1]}" for pair in reading.ends]
    read = [" ".join(strip) for strip in strips]
    columns = [b.t.format(Number(float(position), 2)) for position in np.linspace(low, high, points)]
    alt = b.t(ALTS[name], label=c.label, strips=Several(list(strips)))
    return b.picture("png", draw_strips, images, labels, columns, read, alt=alt, width_mm=WIDTH_MM)
