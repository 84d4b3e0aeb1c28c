"""The languages of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)

LOCALES: Mapping[Language, str] = {"zh": "zh_Hans_CN", "en": "en"}
"""Each language's locale in CLDR, by which numbers, lists and dates are written."""
