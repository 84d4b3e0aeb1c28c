"""Print how a report reads, in figures: `python tools/readability.py REPORT.pdf...`.

Pages, of the body and of the appendix; pages that are blank at the foot; sentences that the data decided, and those of
them whose news is that nothing can be told.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pypdfium2

from reportgen.paper.analysis.attachments import import_metrics
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.model import Block, Paragraph, Report
from reportgen.paper.report.notes import import_notes
from reportgen.paper.verification import read_pdf

MARGINS_MM = (17, 15)
"""Margins above and below the text of a page."""
MAX_BLANK = 0.12
"""Share of a page's height of text that may stay blank at its foot."""
APPENDIX = ("background", "published", "methods", "code", "appendix")
"""Sections of the appendix."""
HEDGES = ("open", "flat", "unknown", "neither", "single", "mixed")
"""Last parts of the ids of messages whose news is that nothing can be told."""


def main() -> None:
    """Print the figures of every report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=Path, nargs="+")
    for path in parser.parse_args().reports:
        _, attachments = read_pdf(path)
        metrics = attachments["metrics.json"]
        results, language = import_metrics(metrics, attachments["experiments.yaml"])
        notes = import_notes(json.loads(metrics)["notes"])
        show(path, build_report(results, language, notes, draws=False))


def show(path: Path, report: Report) -> None:
    """Print the figures of one report."""
    blanks = measure_blanks(path)
    holes = [f"{page} ({share:.0%})" for page, share in enumerate(blanks, 1) if share > MAX_BLANK]
    first = [block for block in report.summary if isinstance(block, Paragraph) and block.claim]
    body = [b for s in report.sections if s.id not in APPENDIX for b in s.walk()]
    findings = list_findings(body)
    hedges = [p.claim.id for p in findings if p.claim and p.claim.id.rpartition(".")[2] in HEDGES]
    print(path)
    print(f"  pages                  {len(blanks)}, the appendix from page {find_page(path, report)}")
    print(f"  blank at the foot      {', '.join(holes) or 'none'} (more than {MAX_BLANK:.0%})")
    print(f"  sentences from data    {len(findings)}, and {len(first)} of them again on the first page")
    print(f"  answers                {sum(p.role == 'answer' for p in findings)}")
    print(f"  nothing can be told    {len(hedges)}: {', '.join(hedges)}")


def list_findings(blocks: list[Block]) -> list[Paragraph]:
    """Return the paragraphs that the data decided."""
    return [block for block in blocks if isinstance(block, Paragraph) and block.claim is not None]


def measure_blanks(path: Path) -> list[float]:
    """Return for each page the share of its height of text that is blank at the foot."""
    shares = []
    for page in pypdfium2.PdfDocument(path):
        grey = np.asarray(page.render(scale=0.5, grayscale=True).to_pil())
        per_mm = len(grey) / (page.get_height() / 72 * 25.4)
        top, bottom = round(MARGINS_MM[0] * per_mm), len(grey) - round(MARGINS_MM[1] * per_mm)
        inked = np.flatnonzero((grey[top:bottom] < 200).any(axis=1))
        shares.append(1 - (inked[-1] + 1) / (bottom - top) if len(inked) else 1.0)
    return shares


def find_page(path: Path, report: Report) -> int | str:
    """Return the page on which the appendix begins; a dash without one."""
    titles = [section.title for section in report.sections if section.id in APPENDIX]
    entries = pypdfium2.PdfDocument(path).get_toc()
    pages = [
        entry.get_dest().get_index() + 1 for entry in entries if any(entry.get_title().endswith(t) for t in titles)
    ]
    return min(pages, default="–")


if __name__ == "__main__":
    main()
