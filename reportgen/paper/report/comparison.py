"""Section that compares VAE and GAN: item 13 of the homework."""

from __future__ import annotations

from reportgen.paper.analysis.contrasts import Families, compare_families
from reportgen.paper.analysis.quantities import STATISTICS
from reportgen.paper.analysis.results import Configuration, Results
from reportgen.paper.analysis.selection import find_comparable, find_compared, select_model
from reportgen.paper.claims.comparison import answer_comparison, claim_comparison
from reportgen.paper.i18n.translator import Message, Value
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.changes import change_between, explain_changes, list_effects
from reportgen.paper.report.model import Cell, Section, Table
from reportgen.paper.report.pictures import draw_samples
from reportgen.suite.settings import GanSettings, VaeSettings


def build_comparison(b: Builder, *_: object) -> Section | None:
    """Build the comparison of the main VAE and the best GAN of its latent dimension; None if either is absent."""
    compared = find_compared(b.results)
    if compared is None:
        return None
    vae, gan = shown = compared
    families, gans = compare_sharpness(b.results), select_model(b.results, GanSettings)
    return b.section(
        "comparison",
        *b.answer(answer_comparison(vae, gan, families, "table-comparison")),
        b.figure(
            "comparison",
            lambda: [draw_samples(b, shown)],
            vae=vae.label,
            gan=gan.label,
            choice=_name_choice(b.results),
        ),
        _tabulate(b, vae, gan),
        *b.claims(claim_comparison(vae, gan, families, gans, "table-comparison")),
    )


def compare_sharpness(results: Results) -> Families | None:
    """Compare the sharpness of all VAEs with that of all GANs; None unless there are both."""
    return compare_families("sharpness", select_model(results, VaeSettings), select_model(results, GanSettings))


def _name_choice(results: Results) -> Value:
    """Return the clause that says how the GAN was chosen; an empty text if there was no choice."""
    comparable = find_comparable(results.configurations)
    if comparable is None or len(comparable[1]) < 2:
        return ""
    return Message("comparison.choice", {"latent_dim": str(comparable[0].settings.latent_dim)})


def _tabulate(b: Builder, vae: Configuration, gan: Configuration) -> Table:
    """Tabulate both models side by side, a row per quantity, with the change from one to the other."""
    shown = [vae, gan]
    names = [*b.fids, *(quantity.name for quantity in STATISTICS), "recall", "coverage", "read_share"]
    effects = list_effects(b, change_between(vae, gan, names))
    rows = [
        [Cell(b.column(name), is_header=True), *b.quantity_cells(name, shown), effect]
        for name, effect in zip(names, effects, strict=True)
    ]
    header = ["quantity", vae.label, gan.label, "change"]
    return b.table("comparison", header, rows, note=explain_changes(b, shown))
