"""The data that a report carries: the table of its runs, and all numbers, out and back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from synthetic import ROOT, make_results, write_output

from reportgen.base.errors import RenderError
from reportgen.base.files import write_json
from reportgen.paper.analysis.attachments import (
    export_metrics,
    export_runs,
    hash_results,
    import_metrics,
    tabulate_runs,
)
from reportgen.paper.analysis.quantities import STATISTICS
from reportgen.paper.analysis.results import (
    Results,
    load_results,
)
from reportgen.paper.report.assemble import build_report
from reportgen.paper.verification import (
    compare_attachments,
    list_items,
)
from reportgen.store.paths import OutputPaths
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec, plan_runs


@pytest.mark.fault(row=17)
def test_a_score_that_is_nan_comes_back(tmp_path: Path) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"]["classifier"]["kid"] = float("nan")

    results = make_results(load_suite(ROOT / "experiments.yaml", "quick"), change=change)
    again, _ = import_metrics(export_metrics(results, "en", {}), "")
    a, b = (list(list_items(build_report(r, "en", draws=False))) for r in (results, again))
    assert a == b


def test_an_outline_of_ones_own_is_not_asked_for(results: Results) -> None:
    text = results.recorded.source_text
    inline = re.sub(r"(?m)^report:\n(?:  .*\n)+", "report: {outline: short.yaml}\n", text)
    assert inline != text
    attachments = {"runs.csv": export_runs(results), "experiments.yaml": inline}
    assert list(compare_attachments(results, attachments)) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"reportgen":"0.1.0","suite":{}}', "null"])
def test_broken_data_are_one_line(text: str) -> None:
    with pytest.raises(RenderError, match=r"metrics\.json: cannot be read|made by reportgen"):
        import_metrics(text, "")


def test_data_come_back_as_they_went(results: Results) -> None:
    text = export_metrics(results, "zh", {})
    again, language = import_metrics(text, results.recorded.source_text)
    assert language == "zh"
    assert export_metrics(again, "zh", {}) == text
    a, b = (list(list_items(build_report(r, "zh", draws=False))) for r in (results, again))
    assert a == b
    assert hash_results(text) == hash_results(export_metrics(results, "en", {}))
    assert hash_results(text) != hash_results(text.replace('"seeds":[0]', '"seeds":[1]', 1))


def test_a_run_keeps_the_key_that_it_was_recorded_under(results: Results) -> None:
    key = results.runs[0].spec.training_key
    text = export_metrics(results, "en", {}).replace(key, "0123456789")
    again, _ = import_metrics(text, results.recorded.source_text)
    assert again.runs[0].key == "0123456789"
    assert again.runs[1].key == results.runs[1].spec.training_key
    assert "0123456789" in export_runs(again)


def test_table_of_runs_has_every_run_and_its_failure(tmp_path: Path) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name == "vae-3-s0")
    frame = tabulate_runs(load_results(tmp_path))
    assert len(frame) == 15
    assert frame.set_index("run").loc["vae-3-s0", "state"] == "missing"
    assert frame["classifier_fid"].notna().sum() == 14


@pytest.mark.fault(row=6)
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_in_the_csv_is_no_formula(tmp_path: Path, start: str) -> None:
    suite = write_output(tmp_path, leave_out=lambda spec: spec.name == "vae-3-s0")
    spec = next(spec for spec in plan_runs(suite) if spec.name == "vae-3-s0")
    write_json(OutputPaths(tmp_path).run(spec.folder_name).failure, {"reason": f'{start}cmd("x")', "details": ""})
    assert f"'{start}cmd" in export_runs(load_results(tmp_path))
    assert f',"{start}cmd' not in export_runs(load_results(tmp_path))


def test_a_run_that_is_not_finished_comes_back_without_numbers() -> None:
    suite = load_suite(ROOT / "experiments.yaml", "quick")
    results = make_results(suite, leave_out=lambda spec: spec.name == "vae-3-s0")
    again, _ = import_metrics(export_metrics(results, "en", {}), "")
    (left_out,) = again.unfinished
    assert (left_out.spec.name, left_out.state) == ("vae-3-s0", "missing")
    assert len(again.finished) == len(results.finished) == len(results.runs) - 1


def test_the_csv_has_every_statistic_of_images_with_that_of_real_ones(tmp_path: Path) -> None:
    write_output(tmp_path)
    table = tabulate_runs(load_results(tmp_path))
    for quantity in STATISTICS:
        assert (table[quantity.name] > 0).all()
        assert (table[f"{quantity.name}_real"] > 0).all()


def test_the_csv_has_the_balance_and_the_codes_of_each_run(tmp_path: Path) -> None:
    write_output(tmp_path, change=lambda spec, evaluation: evaluation.update(variety=[None] * 9 + [0.5]))
    table = tabulate_runs(load_results(tmp_path)).set_index("run")
    assert (table["variety"] == 0.5).all()
    assert table.loc["vae-100-s0", "active_units"] == 20
    assert table["active_units"].isna().sum() == 10  # of the GANs
    assert not any("yardstick" in name for name in table.columns)
