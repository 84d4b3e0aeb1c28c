from __future__ import annotations

import ast
import itertools
import re
import string
from pathlib import Path
from typing import get_args

import pytest
from synthetic import ROOT

from reportgen.paper.figures.style import STYLE
from reportgen.paper.i18n.translator import Number, Percent, PValue, Several, Translator, Value, load_catalogue
from reportgen.suite.languages import LANGUAGES, LOCALES, Language
from reportgen.suite.outline import Topic
from reportgen.suite.settings import LocalText

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
CJK = r"[\u4e00-\u9fff，。；：（）？、]"


def messages(language: Language) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in load_catalogue(language) if m.id}


@pytest.mark.parametrize("language", set(LANGUAGES) - {"en"})
def test_all_languages_have_the_same_messages_with_the_same_values(language: Language) -> None:
    en, other = messages("en"), messages(language)
    assert en.keys() == other.keys()
    for name in en:
        assert en[name], name
        assert other[name], name
        assert set(PLACEHOLDER.findall(en[name])) == set(PLACEHOLDER.findall(other[name])), name
        for pattern in (r"\[\[[^\]]+\]\]", r"\$[^$]+\$"):
            assert sorted(re.findall(pattern, en[name])) == sorted(re.findall(pattern, other[name])), name


def test_every_language_has_a_locale_and_texts_of_the_user() -> None:
    assert set(LOCALES) == set(LocalText.model_fields) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_fuzzy_or_malformed(language: Language) -> None:
    for message in load_catalogue(language):
        assert not message.fuzzy
        if message.id:
            text = str(message.string)
            assert text % dict.fromkeys(PLACEHOLDER.findall(text), "x")


def test_chinese_has_no_stray_spaces_at_its_borders() -> None:
    for name, text in messages("zh").items():
        assert not re.search(rf"{CJK} [A-Za-z0-9%$`]|[A-Za-z0-9%$`] {CJK}|{CJK} {CJK}", text), (name, text)


def test_chinese_uses_its_own_punctuation() -> None:
    for name, text in messages("zh").items():
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", text), (name, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_count_stands_right_behind_a_name_that_ends_in_a_digit(language: Language) -> None:
    """GAN 100_64 and 1,000 images read as GAN 100_641,000."""
    for name, text in messages(language).items():
        assert not re.search(r"%\((label|other|best|worst|near|seed|example)\)s(%\(seed\)s)?%\(num\w*\)s", text), name


FAMILIES = {
    *("quantity", "column", "curve", "seed_rule"),  # of a quantity or a logged metric
    *("value", "dataset", "model", "loss", "setup", "state", "detector", "resize", "noise"),  # of a setting or a record
    *("section", "table", "figure", "listing", "label"),  # of an element of the report
    *("page", "author", "check"),
}
"""Groups of messages whose second part is a name that the program has for something, so that code may put it in."""

ID = re.compile(r"[a-z][a-z_]*(\.[A-Za-z][A-Za-z0-9_-]*){1,2}")
"""The grammar of ids: group, name and, where a wording is chosen by the data, case."""


def list_literals(folder: str = "paper") -> set[str]:
    """Return every text in the code of a folder of the package that has the form of an id."""
    nodes = (
        node
        for path in (ROOT / "reportgen" / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if ID.fullmatch(text)}


def list_groups() -> set[str]:
    return {name.partition(".")[0] for name in messages("en")}


def test_both_catalogues_have_one_order_and_the_same_comments() -> None:
    en, zh = ([(m.id, m.user_comments, m.auto_comments) for m in load_catalogue(name) if m.id] for name in ("en", "zh"))
    assert en == zh


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_of_a_group_stand_together_under_a_heading(language: Language) -> None:
    groups = itertools.groupby(
        (m for m in load_catalogue(language) if m.id), key=lambda message: str(message.id).partition(".")[0]
    )
    firsts = [(group, next(of_group)) for group, of_group in groups]
    assert len(firsts) == len(list_groups())
    for group, first in firsts:
        assert "".join(first.user_comments[:1]).startswith(f"---- {group}: "), group


def test_every_wording_that_the_data_choose_says_when_it_is_printed() -> None:
    literals = list_literals("paper/claims")
    chosen = [m for m in load_catalogue("en") if m.id in literals]
    assert len(chosen) > 100
    assert [m.id for m in chosen if not m.auto_comments] == []


def test_ids_have_one_grammar() -> None:
    for name in messages("en"):
        assert ID.fullmatch(name) or name == "column.", name


def test_every_message_stands_in_the_code_by_its_whole_id() -> None:
    literals = list_literals()
    unused = [name for name in messages("en") if name.partition(".")[0] not in FAMILIES and name not in literals]
    assert unused == []


def test_every_message_that_the_code_names_is_there() -> None:
    named = {name for name in list_literals() if name.partition(".")[0] in list_groups()}
    assert {name for name in named if name not in messages("en")} <= {*get_args(Topic), *STYLE}


def test_no_wording_is_put_together_from_parts() -> None:
    for path in (ROOT / "reportgen" / "paper").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                start = str(node.values[0].value)
                group = start.partition(".")[0]
                is_id = re.fullmatch(r"[a-z_]+\.[a-z_.]*", start) and group in {
                    m.partition(".")[0] for m in messages("en")
                }
                assert not is_id or group in FAMILIES, f"{path}: {start}"


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (1234567, "1,234,567", "1,234,567"),
        (Number(1234.5, 1), "1,234.5", "1,234.5"),
        (Number(0.004, 2), "0.00", "0.00"),
        (Number(float("nan")), "–", "–"),
        (Percent(0.1234, 1), "12.3%", "12.3%"),
        (PValue(0.00001), "< 0.001", "< 0.001"),
        (PValue(0.25), "= 0.250", "= 0.250"),
        (Several(["a", "b", "c"]), "a, b, and c", "a、b和c"),
        (Several([]), "", ""),
    ],
)
def test_values_are_written_as_the_language_does(value: Value, en: str, zh: str) -> None:
    assert Translator("en").format(value) == en
    assert Translator("zh").format(value) == zh


def test_dates_are_in_words() -> None:
    assert Translator("en").format_date("2026-01-02T03:04:05+00:00") == "January 2, 2026"
    assert Translator("zh").format_date("2026-01-02T03:04:05+00:00") == "2026年1月2日"


def test_a_missing_message_is_a_bug() -> None:
    with pytest.raises(KeyError, match=r"no\.such\.message"):
        Translator("zh")("no.such.message")


def test_bundled_fonts_cover_both_catalogues() -> None:
    from fontTools.ttLib import TTFont

    fonts = Path(ROOT / "reportgen/assets/fonts")
    needed = {ord(c) for language in LANGUAGES for text in messages(language).values() for c in text}
    needed |= {ord(c) for c in string.printable if c.isprintable()}
    for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"):
        missing = {chr(code) for code in needed - set(TTFont(fonts / name).getBestCmap())}
        assert not missing


@pytest.mark.fault(row=7)
def test_bundled_fonts_are_those_of_the_readme_and_have_rare_names() -> None:
    import hashlib

    from fontTools.ttLib import TTFont

    from reportgen.assets import FONT_FILES, FONTS

    readme = (FONTS / "README.md").read_text(encoding="utf-8")
    for path in FONT_FILES.values():
        assert f"| {path.name} | {hashlib.sha256(path.read_bytes()).hexdigest()} |" in readme
        assert {ord(c) for c in "䶮㛃喆堃翀赟祎珺淼㼆"} <= set(TTFont(path).getBestCmap())
