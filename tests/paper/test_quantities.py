"""The table of quantities: complete, the only place that says how one is read and written, and enough to print one."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic import ROOT, TINY, Change, make_estimate, make_results

from reportgen.paper.analysis import quantities
from reportgen.paper.analysis.effects import Effect
from reportgen.paper.analysis.estimates import Scale, estimate_mean
from reportgen.paper.analysis.findings import find_best, find_ties, find_worst
from reportgen.paper.analysis.measuring import is_measured, measure
from reportgen.paper.analysis.quantities import CIRCLES, PAIRS, QUANTITIES, SCORES, Quantity
from reportgen.paper.analysis.results import Results
from reportgen.paper.analysis.seed_model import Contrast
from reportgen.paper.i18n.quantities import (
    write_bare,
    write_bound,
    write_effect,
    write_estimate,
    write_least,
    write_value,
)
from reportgen.paper.i18n.translator import Between, Message, Number, Percent, Translator, Value, load_catalogue
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.model import Cell
from reportgen.paper.report.overview import build_settings
from reportgen.store.records import RandomPairs, Scores, SphericalPaths, Yardstick
from reportgen.suite.languages import LANGUAGES, Language
from reportgen.suite.loading import load_suite
from reportgen.suite.outline import OutlineSection
from reportgen.suite.plan import RunSpec
from reportgen.suite.settings import MODELS

PAPER = ROOT / "reportgen" / "paper"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return load(tmp_path, TINY)


def load(folder: Path, text: str, change: Change | None = None) -> Results:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return make_results(load_suite(path), change=change)


# ---- the table ------------------------------------------------------------------------------------------------------


def test_each_quantity_stands_once() -> None:
    groups = [group for group in vars(quantities).values() if isinstance(group, tuple)]
    listed = [q.name for group in groups for q in group if isinstance(q, Quantity)]
    assert sorted(listed) == sorted(QUANTITIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_quantity_is_named_in_sentences_and_headers(language: Language) -> None:
    ids = {str(m.id) for m in load_catalogue(language)}
    assert {name for name in ids if name.startswith("quantity.")} == {f"quantity.{name}" for name in QUANTITIES}
    assert {f"column.{name}" for name in QUANTITIES} <= ids


SETTINGS = {name for model in MODELS.values() for name in model.model_fields}


def test_each_other_header_is_a_setting_or_one_of_the_report() -> None:
    report = "".join(path.read_text(encoding="utf-8") for path in (PAPER / "report").glob("*.py"))
    headers = {str(m.id).removeprefix("column.") for m in load_catalogue("en") if str(m.id).startswith("column.")}
    assert [name for name in headers - set(QUANTITIES) - SETTINGS if f'"{name}"' not in report] == []


def test_scores_and_pairs_have_the_names_of_the_record() -> None:
    assert {q.name for q in SCORES} <= Scores.model_fields.keys() & Yardstick.model_fields.keys()
    on_lines = [name for name in RandomPairs.model_fields if not name.startswith("num_") and name != "spherical"]
    assert [q.name for q in PAIRS] == on_lines
    assert [q.name for q in CIRCLES] == [f"spherical_{name}" for name in SphericalPaths.model_fields]


def test_shares_run_on_a_linear_scale() -> None:
    assert {q.scale for q in QUANTITIES.values() if q.unit in ("share", "points")} == {"linear"}


def test_each_quantity_can_be_read(results: Results) -> None:
    for q in QUANTITIES.values():
        chosen = [c for c in results.configurations if q.model in (None, c.settings.model)]
        assert is_measured(q.name, chosen) is (q.name != "fid_inception"), q.name
    with pytest.raises(KeyError, match="no_such_quantity"):
        measure("no_such_quantity", results.configurations[0])


def set_recall(recalls: dict[str, float]) -> Change:
    """Return a change that gives configurations their recall, by name."""

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"]["classifier"]["recall"] = recalls.get(spec.configuration_name, 0.4)

    return change


def test_the_best_is_the_one_in_the_better_direction(tmp_path: Path) -> None:
    grid = load(tmp_path, TINY, set_recall({"gan-4_4": 0.2, "gan-4_8": 0.9})).answer("gan_grid")
    assert (find_best(grid, "recall").label, find_worst(grid, "recall").label) == ("GAN 4_8", "GAN 4_4")
    assert [c.label for c in find_ties(grid, "recall")] == ["GAN 4_8"]
    with pytest.raises(AssertionError, match="no value of D_x is better"):
        find_best(grid, "D_x")


# ---- how they are written -------------------------------------------------------------------------------------------

VALUE = estimate_mean([0.1234], 0.01)


@pytest.mark.parametrize(
    ("name", "cell", "sentence"),
    [
        ("fid_classifier", "0.12 ± 0.02", "0.12 ± 0.02"),
        ("kid", "0.123 ± 0.020", "0.123 ± 0.020"),
        ("dev_kl", "0.1 ± 0.0", "0.1 ± 0.0"),
        ("read_share", "12.3% ± 2.0%", "12.3% ± 2.0%"),
        ("inside_change", "12.3 ± 2.0", "12.3 ± 2.0 percentage points"),
    ],
)
def test_a_quantity_is_written_in_its_unit(name: str, cell: str, sentence: str) -> None:
    t = Translator("en")
    assert t.format(write_bare(name, VALUE)) == cell
    assert t.format(write_estimate(name, VALUE)) == sentence


def test_what_has_no_interval_or_no_value_is_written_without() -> None:
    t = Translator("en")
    assert t.format(write_bare("read_share", estimate_mean([0.5]))) == "50.0%"
    assert t.format(write_bare("fid_classifier", estimate_mean([]))) == "–"
    assert t.format(write_value("read_share", 0.5, less=1)) == "50%"


def test_an_interval_that_is_not_symmetric_is_written_by_its_ends() -> None:
    t = Translator("en")
    fid, share = make_estimate([2.0, 8.0], sd=0.5), make_estimate([0.5, 0.7], sd=0.01, scale="linear")
    assert fid.interval is not None
    assert write_bare("fid_classifier", fid) == Between(Number(fid.mean, 2), *(Number(end, 2) for end in fid.interval))
    assert t.format(write_bare("read_share", share)) == f"60.0% ± {100 * (share.half_width or 0):.1f}%"
    assert t.format(write_estimate("inside_change", share)).endswith("percentage points")


def make_effect(value: float, error: float, scale: Scale) -> Effect:
    return Effect(Contrast(value, error, math.inf), scale, None)


RATIO, DIFFERENCE = make_effect(math.log(2), 0.1, "log"), make_effect(-0.1, 0.02, "linear")


def format_values(message: Value) -> tuple[str, dict[str, str]]:
    """Return the id of a message with its values as they are printed."""
    assert isinstance(message, Message)
    return message.id, {name: Translator("en").format(value) for name, value in message.values.items()}


@pytest.mark.parametrize(
    ("name", "effect", "kind", "values"),
    [
        ("fid_classifier", RATIO, "ratio", ("2.00", "1.64", "2.43")),
        ("kid", make_effect(math.log(22.04), 0.3, "log"), "ratio", ("22.0", "12.2", "39.7")),
        ("read_share", DIFFERENCE, "points", ("−10.0", "−13.9", "−6.1")),
        ("inside_change", DIFFERENCE, "points", ("−10.0", "−13.9", "−6.1")),
        ("recall", DIFFERENCE, "difference", ("−0.10", "−0.14", "−0.06")),
    ],
)
def test_an_effect_is_written_as_a_factor_a_difference_or_points(
    name: str, effect: Effect, kind: str, values: tuple[str, str, str]
) -> None:
    expected = dict(zip(("value", "low", "high"), values, strict=True))
    assert format_values(write_effect(name, effect)) == (f"effect.{kind}", expected)


@pytest.mark.parametrize(
    ("name", "effect", "kind", "value"),
    [
        ("fid_classifier", RATIO, "ratio", "2.43"),
        ("fid_classifier", make_effect(-math.log(2), 0.1, "log"), "ratio", "2.43"),
        ("read_share", DIFFERENCE, "points", "13.9"),
        ("recall", DIFFERENCE, "difference", "0.14"),
    ],
)
def test_the_bound_of_an_effect_is_its_largest_size_either_way(
    name: str, effect: Effect, kind: str, value: str
) -> None:
    assert format_values(write_bound(name, effect)) == (f"bound.{kind}", {"value": value})


def test_the_smallest_effect_is_written_as_a_factor_or_in_the_unit_of_a_difference() -> None:
    assert format_values(write_least("fid_classifier", math.log(1.5))) == ("effect.least", {"value": "1.50"})
    assert write_least("read_share", 0.17) == Percent(0.17, 1)
    assert write_least("recall", 0.17) == Number(0.17, 2)


# ---- no other place -------------------------------------------------------------------------------------------------


def walk_calls(*rooms: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of these rooms with its file."""
    for path in sorted(path for room in rooms for path in (PAPER / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield str(path.relative_to(PAPER)), node


def formats_an_estimate(call: ast.Call) -> bool:
    """Return whether a call writes the mean or the interval of an estimate with decimals of its own."""
    if not isinstance(call.func, ast.Name) or call.func.id not in ("Number", "Percent", "Interval"):
        return False
    inner = [node for argument in call.args for node in ast.walk(argument)]
    return any(isinstance(node, ast.Attribute) and node.attr in ("mean", "half_width", "interval") for node in inner)


def test_no_other_module_formats_a_quantity_by_its_own_decimals() -> None:
    call = ast.parse("Number(100 * share.mean, 1)", mode="eval").body
    assert isinstance(call, ast.Call)
    assert formats_an_estimate(call)
    found = [f"{file}:{call.lineno}" for file, call in walk_calls("claims", "report") if formats_an_estimate(call)]
    assert found == []


READINGS = {
    *("score", "image_statistic", "reads_as", "over_pairs"),
    *("last", "rise_since_lowest", "tail", "tail_drift", "tail_spread"),
}
"""Methods by which a configuration is read: their estimates know nothing of how far seeds differ."""

READ_PROPERTIES = {
    *("read_share", "class_imbalance", "smallest_class", "variety", "copies", "active_units", "prior_distance"),
}
"""Its properties of this kind."""


def test_findings_sentences_and_tables_read_quantities_by_name_alone() -> None:
    paths = [PAPER / "analysis" / "findings.py", *(PAPER / "claims").glob("*.py"), *(PAPER / "report").glob("*.py")]
    found = [
        f"{path.name}:{node.lineno} {node.attr}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in READ_PROPERTIES
    ] + [
        f"{path.name}:{node.lineno} {node.func.attr}()"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READINGS
    ]
    assert found == []


# ---- a new one ------------------------------------------------------------------------------------------------------


class MoreMessages:
    """A language's messages and some more."""

    def __init__(self, translator: Translator, more: dict[str, str]) -> None:
        self.usual, self.more = translator._translations, more

    def gettext(self, message_id: str) -> str:
        return self.more.get(message_id) or self.usual.gettext(message_id)


def test_a_line_of_the_table_and_its_message_print_a_column(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    novelty = Quantity("novelty", lambda c: estimate_mean([c.settings.latent_dim / 7], 0.001), "log", decimals=4)
    monkeypatch.setitem(QUANTITIES, "novelty", novelty)
    t = Translator("en")
    monkeypatch.setattr(t, "_translations", MoreMessages(t, {"column.novelty": "Novelty"}))
    sweep = results.answer("vae_latent")
    table = Builder(results, t, draws=False).table_of("vae_fid", sweep, ["novelty"])
    assert table.header == ("Configuration", "Novelty")
    assert [row[1].text for row in table.rows] == ["0.4286 ± 0.0020", "1.4286 ± 0.0020"]


# ---- tables ---------------------------------------------------------------------------------------------------------


def test_a_table_is_a_list_of_names(results: Results) -> None:
    b = Builder(results, Translator("en"), draws=False)
    sweep = results.answer("gan_hidden")
    own = Column("lowest_step", lambda c: Cell(c.slug))
    table = b.table_of("gan_hidden", sweep, ["hidden_dim", "fid_classifier", "read_share", own], slug="x")
    assert table.id == "table-gan_hidden-x"
    assert table.header == ("Configuration", "hidden_dim", "Classifier FID", "Read as digits", "Lowest at step")
    first, *_, last = table.rows
    assert [cell.text for cell in first[:2]] == ["GAN 10_2", "2"]
    assert (first[4].text, last[3].text) == ("gan-10_2", "96.7% ± 0.6%")
    assert [row[2].is_best for row in table.rows] == [False, False, True]
    plain = b.table_of("gan_hidden", sweep, ["fid_classifier"], marks_best=False)
    assert not any(cell.is_best for row in plain.rows for cell in row)


def test_no_other_setting_has_the_name_of_a_quantity() -> None:
    """A table takes a name for the quantity's, so that a setting of that name needs a column of its own."""
    assert SETTINGS & set(QUANTITIES) == {"precision"}


def test_numeric_precision_is_not_headed_as_the_score(tmp_path: Path) -> None:
    """Both are called precision in the records."""
    results = load(tmp_path, TINY.replace("latent_dim: [3, 10]}", "latent_dim: [3, 10], precision: [fp32, bf16]}"))
    section = build_settings(Builder(results, Translator("zh"), draws=False), [], OutlineSection(id="settings"))
    header = next(block.header for block in section.blocks if hasattr(block, "header"))
    assert "运算精度" in header
    assert "精确率" not in header


def test_only_the_best_fid_is_bold(tmp_path: Path) -> None:
    results = load(tmp_path, TINY, set_recall({"gan-10_2": 0.99}))
    b, sweep = Builder(results, Translator("en"), draws=False), results.answer("gan_hidden")
    assert find_ties(sweep, "recall") == [sweep[0]]
    assert not any(cell.is_best for cell in b.quantity_cells("recall", sweep))
    assert not b.quantity_cells("fid_classifier", sweep[:1])[0].is_best
