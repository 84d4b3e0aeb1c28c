"""A report as Markdown with its pictures beside it, for those who go on writing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportgen.rendering.templates import load_environment
from reportgen.report.model import Figure, Picture, Report, Section
from reportgen.store import write_bytes, write_text

EXTENSIONS = {"image/svg+xml": "svg", "image/png": "png"}


def render_markdown(report: Report, target: Path, assets: Path) -> list[Path]:
    """Write the pictures into ``assets``, then the text to ``target``; return what was written."""
    names: dict[int, str] = {}
    written = []
    for figure in _walk_figures(report.sections):
        for index, picture in enumerate(figure.pictures):
            name = f"{figure.id}-{index + 1}.{EXTENSIONS[picture.media_type]}"
            written.append(assets / name)
            write_bytes(written[-1], picture.content)
            names[id(picture)] = f"{assets.name}/{name}"

    def address(picture: Picture) -> str:
        return names[id(picture)]

    text = load_environment().get_template("report.md.j2").render(report=report, address=address)
    write_text(target, text)
    return [*written, target]


def _walk_figures(sections: tuple[Section, ...]) -> Iterator[Figure]:
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))
        yield from _walk_figures(section.sections)
