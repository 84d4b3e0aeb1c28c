"""Rendering of a report as Markdown with picture files, for authors who continue in another program."""

from __future__ import annotations

from pathlib import Path

from reportgen.paper.rendering.letters import outline_picture
from reportgen.paper.rendering.templates import load_environment
from reportgen.paper.report.model import Figure, Picture, Report

EXTENSIONS = {"image/svg+xml": "svg", "image/png": "png"}


def render_markdown(report: Report, target: Path, assets: Path) -> dict[Path, bytes]:
    """Return the contents of the files to write: pictures in the folder ``assets``, then the text ``target``."""
    names: dict[int, str] = {}
    files: dict[Path, bytes] = {}
    for figure in (block for block in report.walk() if isinstance(block, Figure)):
        for index, picture in enumerate(figure.pictures):
            name = f"{figure.id}-{index + 1}.{EXTENSIONS[picture.media_type]}"
            files[assets / name] = outline_picture(picture).content
            names[id(picture)] = f"{assets.name}/{name}"

    def address(picture: Picture) -> str:
        return names[id(picture)]

    text = load_environment().get_template("report.md.j2").render(report=report, address=address)
    return files | {target: text.encode("utf-8")}
