"""Section that compares VAE and GAN: item 13 of the homework."""

from __future__ import annotations

from reportgen.paper.analysis.contrasts import compare_families
from reportgen.paper.analysis.quantities import STATISTICS
from reportgen.paper.analysis.selection import find_compared, select_model
from reportgen.paper.claims.comparison import claim_comparison
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Section
from reportgen.paper.report.pictures import draw_samples
from reportgen.suite.settings import GanSettings, VaeSettings


def build_comparison(b: Builder, *_: object) -> Section | None:
    """Build the comparison of the main VAE and the best GAN of its latent dimension; None if either is absent."""
    compared = find_compared(b.results)
    if compared is None:
        return None
    vae, gan = compared
    shown = [vae, gan]
    families = compare_families("sharpness", select_model(b.results, VaeSettings), select_model(b.results, GanSettings))
    columns = [*b.fids, *(quantity.name for quantity in STATISTICS), "recall", "read_share"]
    return b.section(
        "comparison",
        b.text(
            "comparison.intro",
            vae=vae.label,
            vae_batch=vae.settings.batch_size,
            vae_steps=vae.settings.num_training_steps,
            gan=gan.label,
            gan_batch=gan.settings.batch_size,
            gan_steps=gan.settings.num_training_steps,
        ),
        b.figure("comparison", lambda: [draw_samples(b, c) for c in shown], [c.first_seed for c in shown]),
        b.table_of("comparison", shown, columns, note=b.passport(shown)),
        *b.claims(claim_comparison(vae, gan, families, "table-comparison")),
        b.explanation("comparison.theory"),
    )
