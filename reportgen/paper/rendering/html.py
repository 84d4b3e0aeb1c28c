"""Rendering of a report as one self-contained HTML page, for screens or as the source of the PDF."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path
from typing import Literal

from babel import Locale
from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import Environment
from markupsafe import Markup

from reportgen.assets import FONT_FILES
from reportgen.paper.rendering.formulas import to_mathml, to_svg_image
from reportgen.paper.rendering.letters import outline_picture
from reportgen.paper.rendering.templates import highlight_css, load_environment
from reportgen.paper.report.model import Picture, Report
from reportgen.suite.languages import LOCALES, Language

Medium = Literal["screen", "print"]


def render_html(report: Report, medium: Medium) -> str:
    """Render a page that loads nothing from elsewhere and contains no scripts.

    For a ``screen``, formulas are MathML, letters in figures are shapes, and a font with the characters in use is
    embedded; in ``print``, formulas are SVG and WeasyPrint gets the fonts through fontconfig.
    """
    environment = load_environment()
    style = _read_source(environment, "report.css") + _read_source(environment, f"{medium}.css") + highlight_css()
    page = environment.get_template("report.html.j2").render(
        report=report,
        medium=medium,
        language=_name_language(report.language),
        style=Markup(style),  # noqa: S704 - our own files
        formula=to_mathml if medium == "screen" else to_svg_image,
        source=to_screen_source if medium == "screen" else to_print_source,
    )
    if medium == "print":
        return page
    return page.replace("<style>", f"<style>\n{_embed_fonts(_collect_characters(page))}", 1)


def _name_language(language: Language) -> str:
    """Return a language as HTML has it, with its territory if its locale names one: ``zh-CN``, ``en``."""
    locale = Locale.parse(LOCALES[language])
    return "-".join(filter(None, (locale.language, locale.territory)))


def to_print_source(picture: Picture) -> str:
    """Return a picture as a data: URI, the only kind of address that our pages may load."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode('ascii')}"


def to_screen_source(picture: Picture) -> str:
    """Return a picture as a data: URI, with the letters of an SVG as shapes."""
    return to_print_source(outline_picture(picture))


def _read_source(environment: Environment, name: str) -> str:
    assert environment.loader is not None, "the environment has a loader"
    source, _, _ = environment.loader.get_source(environment, name)
    return source


def _collect_characters(page: str) -> str:
    """Return the characters of a page and all printable ASCII, sorted."""
    return "".join(sorted({*page, *map(chr, range(0x20, 0x7F))}))


def _embed_fonts(characters: str) -> str:
    """Return CSS that embeds our fonts, reduced to these characters."""
    faces = {weight: _embed_font(path, characters) for weight, path in FONT_FILES.items()}
    return "".join(
        f'@font-face {{ font-family: "Report Sans"; font-weight: {weight}; '
        f'src: url(data:font/woff;base64,{font}) format("woff"); }}\n'
        for weight, font in faces.items()
    )


@cache
def _embed_font(path: Path, characters: str) -> str:
    """Return a font, reduced to these characters, as WOFF in base64.

    WOFF2 would be a quarter smaller and take twice as long.
    """
    font = TTFont(path, recalcTimestamp=False)
    subsetter = subset.Subsetter(subset.Options(flavor="woff", hinting=False))
    subsetter.populate(text=characters)
    subsetter.subset(font)
    font.flavor = "woff"
    target = io.BytesIO()
    font.save(target)
    return base64.b64encode(target.getvalue()).decode("ascii")
