"""Section with the code that ran: item 18 of the homework."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.selection import find_baseline, find_best_gan, find_runs, pick
from reportgen.paper.i18n.translator import Several
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Listing, Paragraph, Section
from reportgen.suite.outline import OutlineSection

PATHS = ("lerp", "slerp", "interpolate")
"""Functions that draw the strips of an interpolation."""
ENDS = ("choose_ends",)
"""Function that chooses their ends."""

BASELINES: Mapping[str, str | None] = {"vae_ablation": "vae_conv", "gan_mlp": "gan_conv", "gan_relu": None}
"""Section on an ablation -> listing of its baseline's code; None where both share one."""


def build_code(b: Builder, *_: object) -> Section | None:
    """Build the section with the code of interpolation, of counting, and of each ablation; None without any."""
    listings = [listing for wanted in b.results.suite.outline.walk() for listing in _list_code(b, wanted)]
    return b.section("code", *listings) if listings else None


def point_to_code(b: Builder, wanted: OutlineSection) -> list[Paragraph]:
    """Return the sentence that points to the code of a section; none if the report does not show it."""
    has_section = any(section.id == "code" for section in b.results.suite.outline.walk())
    names = [f"[[{listing.id}]]" for listing in _list_code(b, wanted)] if has_section else []
    return [b.text("code.where", listings=Several(names))] if names else []


def _list_code(b: Builder, wanted: OutlineSection) -> list[Listing]:
    """Return the listings of the code that a section of the outline is about."""
    if wanted.id == "interpolation":
        c = b.results.configurations[0]
        return [
            *b.listing("interpolation", c, "interpolation", PATHS),
            *b.listing("ends", c, "interpolation", ENDS),
        ]
    if wanted.id == "collapse":
        gan = find_best_gan(b.results)
        return [listing for name in ("counting", "digits") if gan for listing in b.listing(name, gan, name)]
    if wanted.id in BASELINES:
        return [listing for c in pick(find_runs(b.results, wanted)) for listing in _list_ablation(b, wanted.id, c)]
    return []


def _list_ablation(b: Builder, name: str, ablated: Configuration) -> list[Listing]:
    """Return the code of an ablation beside that of its baseline, where it is another one."""
    baseline, other = find_baseline(b.results, ablated), BASELINES[name]
    slug = ablated.slug
    if baseline is None or other is None:
        return b.listing(name, ablated, "model", slug=slug, label=ablated.label)
    return [
        *b.listing(other, baseline, "model", beside=True, slug=slug, label=baseline.label),
        *b.listing(name, ablated, "model", beside=True, slug=slug, label=ablated.label),
    ]
