"""Section on the latent space of the VAEs, and the figure of what their reconstructions turn into."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from reportgen.paper.analysis.latent import count_readings, rank_dimensions
from reportgen.paper.analysis.measuring import is_measured
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import pick
from reportgen.paper.claims.vae import (
    claim_choice,
    claim_collapse,
    claim_hole,
    claim_paths,
    claim_units,
    claim_why,
    write_units,
)
from reportgen.paper.figures.latent import COLUMNS, Scatter, draw_kl, draw_latents, draw_readings
from reportgen.paper.i18n.translator import Percent, Several
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.model import Cell, Figure, Picture, Section
from reportgen.paper.report.pictures import choose_colours
from reportgen.suite.outline import OutlineSection

PATHS = ("read_inside", "inside_change")
"""Quantities of interpolation that are tabulated for every VAE."""


def build_space(b: Builder, sweep: Sequence[Configuration], _: OutlineSection) -> Section | None:
    """Build the section on the dimensions that the VAEs use and on the codes of dev images; None without any VAE."""
    if not sweep:
        return None
    shown = pick(sweep)
    units = Column("active_units", lambda c: Cell(b.t.format(write_units(c)), is_number=True))
    columns: list[str | Column] = ["latent_dim", units, "dev_kl", "prior_distance"]
    columns += [name for name in PATHS if is_measured(name, sweep)]
    table = b.table_of("vae_space", sweep, columns, note=b.line("vae_space.note", over=b.name_spread(sweep, "images")))
    choice, in_use = claim_choice(sweep, table.id), claim_units(sweep, table.id)
    return b.section(
        "vae_space",
        *b.answer(choice or in_use),
        table,
        *b.claims([in_use] if choice else []),
        b.figure("vae_kl", lambda: [_draw_kl(b, shown)]),
        b.figure("vae_latents", lambda: _draw_latents(b, shown)),
        *b.claims(claim(sweep, table.id) for claim in (claim_paths, claim_why, claim_collapse, claim_hole)),
    )


def _draw_kl(b: Builder, shown: Sequence[Configuration]) -> Picture:
    return b.picture(
        "svg",
        draw_kl,
        {c.label: rank_dimensions(c) for c in shown},
        colours=choose_colours(shown),
        x_label=b.t("axis.rank"),
        y_label=b.t("axis.kl"),
        alt=b.t("alt.vae_kl", labels=b.labels(shown)),
        width_mm=125,
    )


def _draw_latents(b: Builder, shown: Sequence[Configuration]) -> list[Picture]:
    """Draw rows of scatters, the last one with a legend."""
    scatters = [scatter for c in shown for scatter in list_scatters(b, c)]
    rows = [scatters[i : i + COLUMNS] for i in range(0, len(scatters), COLUMNS)]
    return [
        b.picture(
            "png",
            draw_latents,
            row,
            has_legend=row is rows[-1],
            alt=b.t("alt.vae_latents", labels=Several(list(dict.fromkeys(scatter.title for scatter in row)))),
            width_mm=170,
        )
        for row in rows
    ]


def list_scatters(b: Builder, c: Configuration) -> list[Scatter]:
    """Return a scatter of each pair of axes; of a single axis one in which the class is the other."""
    latents = c.first.read_latents()
    classes = latents.pop("label").to_numpy()
    points = dict(zip(_name_axes(b, c), latents.to_numpy().T, strict=True))
    if len(points) == 1:
        points[b.t("axis.class")] = classes
    pairs = itertools.combinations(points, 2)
    return [Scatter(c.label, points[x], points[y], classes, x_label=x, y_label=y) for x, y in pairs]


def _name_axes(b: Builder, c: Configuration) -> list[str]:
    """Return the label of each axis: a latent dimension or a principal axis, with its share of the variance."""
    posterior = c.first.evaluation.posterior
    assert posterior is not None, "a VAE's"
    shares = posterior.axis_shares
    kind = "axis.dimension" if len(shares) == len(posterior.kl) else "axis.principal"
    return [b.t(kind, number=number, share=Percent(share)) for number, share in enumerate(shares, start=1)]


def show_readings(b: Builder, vaes: Sequence[Configuration]) -> Figure:
    """Return the figure of the digits that reconstructions turn into, a map per VAE."""
    return b.figure("vae_readings", lambda: [_draw_readings(b, vaes)])


def _draw_readings(b: Builder, vaes: Sequence[Configuration]) -> Picture:
    return b.picture(
        "svg",
        draw_readings,
        {c.label: count_readings(c) for c in vaes},
        x_label=b.t("axis.digit_after"),
        y_label=b.t("axis.digit_before"),
        alt=b.t("alt.vae_readings", labels=b.labels(vaes)),
        width_mm=170,
    )
