"""Translation of messages to one language, with numbers, lists and dates in that language's format."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from typing import Literal

from babel.dates import format_date
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from reportgen.suite.languages import LOCALES, Language

MINUS = "\u2212"
"""The typographic minus sign, printed instead of a hyphen."""


@dataclass(frozen=True)
class Number:
    """A number, printed with a fixed number of decimals."""

    value: float
    decimals: int = 2


@dataclass(frozen=True)
class Percent:
    """A share in [0, 1], printed as a percentage."""

    share: float
    decimals: int = 0


@dataclass(frozen=True)
class Interval:
    """A value with the half-width of its confidence interval, if it has one, printed as 13.20 ± 0.41."""

    value: Number | Percent
    half_width: Number | Percent | None


@dataclass(frozen=True)
class Between:
    """A value with the ends of its confidence interval, printed as 13.2 (9.8–17.9)."""

    value: Number | Percent
    low: Number | Percent
    high: Number | Percent


@dataclass(frozen=True)
class PValue:
    """A p-value, printed with three decimals or as being below 0.001."""

    value: float


@dataclass(frozen=True)
class Several:
    """Several values, printed as a list in prose: a, b and c."""

    values: Sequence[Value]


@dataclass(frozen=True)
class Message:
    """Another message of the catalogue with its own values, embedded in a sentence."""

    id: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value = str | int | Number | Percent | Interval | Between | PValue | Several | Message
"""A value that a message can print."""


@cache
def load_catalogue(language: Language) -> Catalog:
    """Load the shipped message catalogue of a language."""
    path = files("reportgen.paper.i18n").joinpath("locale", language, "LC_MESSAGES", "reportgen.po")
    with path.open("rb") as stream:
        return read_po(stream, locale=LOCALES[language])


@cache
def _load_translations(language: Language) -> GNUTranslations:
    stream = io.BytesIO()
    write_mo(stream, load_catalogue(language))
    stream.seek(0)
    return GNUTranslations(stream)


class Translator:
    """Translator of message ids and values to text in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._locale = LOCALES[language]
        self._translations = _load_translations(language)

    def __call__(self, message_id: str, /, **values: Value) -> str:
        """Return the text of a message with its values filled in.

        Raises:
            KeyError: the catalogue lacks the message, or the call lacks one of its values; both are bugs.
        """
        text = self._translations.gettext(message_id)
        if text == message_id:
            raise KeyError(f"message '{message_id}' is missing in '{self.language}'")
        return text % {name: self.format(value) for name, value in values.items()}

    def has(self, message_id: str) -> bool:
        """Return True if the catalogue has this message."""
        return self._translations.gettext(message_id) != message_id

    def format(self, value: Value) -> str:
        """Format a value in the language's style, NaN as a dash."""
        if isinstance(value, str):
            return value
        if isinstance(value, Message):
            return self(value.id, **value.values)
        if isinstance(value, Several):
            return format_list([self.format(item) for item in value.values], locale=self._locale)
        return self._format_quantity(value)

    def _format_quantity(self, value: int | Number | Percent | Interval | Between | PValue) -> str:
        if isinstance(value, int):
            return format_decimal(value, locale=self._locale)
        if isinstance(value, Number):
            return self._format_decimals(value.value, value.decimals)
        if isinstance(value, Percent):
            return self._format_decimals(value.share, value.decimals, "%")
        if isinstance(value, Interval):
            text = self.format(value.value)
            return text if value.half_width is None else f"{text} ± {self.format(value.half_width)}"
        if isinstance(value, Between):
            return f"{self.format(value.value)} ({self.format(value.low)}–{self.format(value.high)})"
        return "< 0.001" if value.value < 0.001 else "= " + self._format_decimals(value.value, 3)

    def _format_decimals(self, value: float, decimals: int, unit: Literal["", "%"] = "") -> str:
        if value != value:
            return "–"
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + unit
        write = format_percent if unit else format_decimal
        text: str = write(value, pattern, locale=self._locale)
        return text.replace("-", MINUS) if any(digit in text for digit in "123456789") else text.lstrip("-")

    def format_date(self, iso: str) -> str:
        """Format the date of an ISO 8601 date or time in words."""
        from datetime import datetime

        return format_date(datetime.fromisoformat(iso), "long", locale=self._locale)
