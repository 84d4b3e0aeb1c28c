"""The Jinja2 environment: the folder of the templates and their filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import pygments
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import Name, Punctuation, Text, Whitespace

from reportgen.assets import find_templates
from reportgen.paper.report.model import Listing, Section
from reportgen.suite.languages import Language

HIGHLIGHT_STYLE = "friendly"
UNSTYLED = (Name, Punctuation, Whitespace)
"""Tokens that look like plain text and therefore need no element of their own."""


@cache
def load_environment() -> Environment:
    """Load the environment of all templates; undefined variables are errors, and HTML is escaped."""
    environment = Environment(
        loader=FileSystemLoader(find_templates()),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), disabled_extensions=("md.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["highlight"] = highlight_code
    environment.filters["breakable"] = allow_breaks
    environment.filters["glued"] = glue
    environment.filters["halve"] = halve
    environment.filters["sanitised"] = Markup  # for HTML that nh3 has sanitised
    return environment


def allow_breaks(name: str) -> Markup:
    """Allow line breaks after the underscores of a long name such as ``num_training_steps``."""
    return Markup("<wbr>").join(part for part in name.replace("_", "_\0").split("\0"))


LATIN_RUN = re.compile(r"[!-~±–−×]+(?: [!-~±–−×]+)+")
"""Latin words with single spaces between them."""
MAX_GLUED = 30
"""Most characters of Latin words in a Chinese text that no line break may part."""


def glue(text: str, language: Language) -> str | Markup:
    """Keep a value with its interval on one line, and in a Chinese text short Latin names such as ``GAN 100_16``.

    WeasyPrint justifies a line by its spaces alone: between ideographs there are none, so that those of such a name
    would become wide gaps. In a box of its own (class ``glued``) they are left as they are.
    """
    if language != "zh":
        return text.replace(" ± ", "\u00a0±\u00a0")
    parts, end = [], 0
    for run in LATIN_RUN.finditer(text):
        if len(run[0]) <= MAX_GLUED:
            parts += [escape(text[end : run.start()]), Markup('<span class="glued">{}</span>').format(run[0])]
            end = run.end()
    return Markup("").join([*parts, escape(text[end:])])


def halve(sections: Sequence[Section]) -> tuple[Sequence[Section], Sequence[Section]]:
    """Split the table of contents into two columns of similar length; CSS columns would repeat the layout often."""
    lengths = [1 + len(section.sections) for section in sections]
    cuts = range(len(sections), -1, -1)  # descending, so that a single section goes to the left
    cut = min(cuts, key=lambda cut: abs(sum(lengths[:cut]) - sum(lengths[cut:])))
    return sections[:cut], sections[cut:]


def highlight_code(listing: Listing) -> Markup:
    """Return Python code as HTML with the classes that ``highlight_css`` styles."""
    tokens = ((Text if kind in UNSTYLED else kind, text) for kind, text in pygments.lex(listing.code, PythonLexer()))
    return Markup(pygments.format(tokens, HtmlFormatter(nowrap=True)))  # noqa: S704 - Pygments escapes


def highlight_css() -> str:
    """Return the CSS of highlighted code."""
    return str(HtmlFormatter(style=HIGHLIGHT_STYLE).get_style_defs(".code"))
