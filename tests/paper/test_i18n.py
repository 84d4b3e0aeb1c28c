from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from synthetic import ROOT

from reportgen.paper.i18n.translator import Number, Percent, PValue, Several, Translator, Value, load_catalogue
from reportgen.suite.settings import LANGUAGES, Language

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
CJK = r"[\u4e00-\u9fff，。；：（）？、]"


def messages(language: Language) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in load_catalogue(language) if m.id}


def test_both_languages_have_the_same_messages_with_the_same_values() -> None:
    en, zh = messages("en"), messages("zh")
    assert en.keys() == zh.keys()
    for name in en:
        assert en[name], name
        assert zh[name], name
        assert set(PLACEHOLDER.findall(en[name])) == set(PLACEHOLDER.findall(zh[name])), name
        for pattern in (r"\[\[[^\]]+\]\]", r"\$[^$]+\$"):
            assert sorted(re.findall(pattern, en[name])) == sorted(re.findall(pattern, zh[name])), name


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


CALLS = {"text": "", "line": "", "explanation": "", "notice": "", "t": "", "Message": "", "Claim": ""}
PREFIXED = {
    "section": "section.",
    "table": "table.",
    "figure": "figure.",
    "listing": "listing.",
    "caption": "",
    "check": "check.",
    "_show_curves": "figure.",
    "_show_strips": "figure.",
}


def id_patterns() -> set[str]:
    """Regular expressions for the ids in the report's code: literals, and f-strings with anything for their values."""
    found = {r"column\..*", r"dataset\..+", r"page\..+"}  # names of YAML keys, of datasets, of FIXED_TEXTS
    for path in [*(ROOT / "reportgen" / "paper").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                prefix = CALLS.get(name, PREFIXED.get(name))
                if prefix is not None and node.args:
                    found |= {re.escape(prefix) + pattern for pattern in to_patterns(node.args[0])}
    return found


def to_patterns(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {re.escape(node.value)}
    if isinstance(node, ast.IfExp):
        return to_patterns(node.body) | to_patterns(node.orelse)
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".+" for v in node.values]
        return {"".join(parts)}
    return set()


def test_every_message_that_the_code_names_is_there() -> None:
    ids = messages("en").keys()
    for pattern in id_patterns():
        assert any(re.fullmatch(pattern, name) for name in ids), f"no message for {pattern}"


def test_every_message_is_used() -> None:
    patterns = id_patterns()
    for name in messages("en"):
        found = [pattern for pattern in patterns if re.fullmatch(pattern, name)]
        assert found, f"{name} is used nowhere"


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
