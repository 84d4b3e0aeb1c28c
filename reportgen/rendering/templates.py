"""The Jinja2 environment: where templates are, and the filters that turn spans, pictures and code into markup."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from reportgen.report.model import Listing, Picture

HIGHLIGHT_STYLE = "friendly"


def find_templates() -> Path:
    """The folder of templates: inside an installed package, beside the package in a checkout."""
    packaged = Path(str(files("reportgen"))) / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "templates"


@cache
def load_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(find_templates()),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), disabled_extensions=("md.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["data_uri"] = to_data_uri
    environment.filters["highlight"] = highlight_code
    environment.filters["breakable"] = allow_breaks
    environment.filters["sanitised"] = Markup  # nh3 has been over it
    return environment


def to_data_uri(picture: Picture) -> str:
    """A picture as a data: URI, the only kind of address that our pages may load."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode('ascii')}"


def allow_breaks(name: str) -> Markup:
    """A long name such as ``num_training_steps`` that may be broken behind its underscores."""
    return Markup("<wbr>").join(part for part in name.replace("_", "_\0").split("\0"))


def highlight_code(listing: Listing) -> Markup:
    """Python code as HTML with classes; ``highlight_css`` has their colours."""
    return Markup(highlight(listing.code, PythonLexer(), HtmlFormatter(nowrap=True)))  # noqa: S704 - Pygments escapes


def highlight_css() -> str:
    return str(HtmlFormatter(style=HIGHLIGHT_STYLE).get_style_defs(".code"))
