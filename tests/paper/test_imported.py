"""Reports of models that were trained elsewhere, on made-up results."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic import ROOT, make_results, take_weights, write_output

from reportgen.paper.analysis.attachments import export_metrics, import_metrics, tabulate_runs
from reportgen.paper.analysis.results import Results, load_results
from reportgen.paper.analysis.trainings import GAN_METRICS, VAE_METRICS
from reportgen.paper.report.assemble import build_report, check_results
from reportgen.paper.report.model import Paragraph, Report, Table
from reportgen.suite.languages import LANGUAGES, Language
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.settings import Settings

WORDS = {"en": "imported", "zh": "导入"}


def import_all(suite: Suite, wanted: Collection[str] = ("vae", "gan")) -> Suite:
    """The suite as if its models, or those of one kind, had been trained elsewhere."""

    def mark(settings: Settings) -> Settings:
        if settings.model not in wanted:
            return settings
        return settings.model_copy(update={"imported": f"{hash(settings) % 16**16:016x}"})

    groups = [group.model_copy(update={"settings": tuple(map(mark, group.settings))}) for group in suite.groups]
    return suite.model_copy(update={"groups": tuple(groups)})


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(ROOT / "experiments.yaml", "quick")


def drop_curves(results: Results, of: Collection[str]) -> Results:
    """The results as if some models had come without training curves, but with scores of their saved steps."""
    kept = []
    for run in results.runs:
        assert run.recorded is not None
        lost = (*GAN_METRICS, "separation", *(m for m in VAE_METRICS if m.startswith("train")))
        summaries = {m: s for m, s in run.recorded.summaries.items() if m not in lost}
        is_lost = run.spec.settings.model in of
        kept.append(replace(run, recorded=replace(run.recorded, summaries=summaries)) if is_lost else run)
    return Results(results.recorded, tuple(kept))


def read(report: Report) -> str:
    blocks = [*report.summary, *(block for section in report.sections for block in section.walk())]
    return "\n".join("".join(span.text for span in b.line) for b in blocks if isinstance(b, Paragraph))


def find_table(report: Report, id_: str) -> Table:
    blocks = (block for section in report.sections for block in section.walk())
    return next(block for block in blocks if isinstance(block, Table) and block.id == id_)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_marks_what_was_imported_and_says_from_where(suite: Suite, language: str) -> None:
    results = make_results(import_all(suite, ["gan"]))
    report = build_report(results, language, draws=False)  # type: ignore[arg-type]
    rows = {row[0].text: [cell.text for cell in row] for row in find_table(report, "table-all_runs").rows}
    assert WORDS[language] in rows["GAN 100_100"]
    assert WORDS[language] not in rows["VAE-100"]
    assert rows["GAN 100_100"][2] == "–", "its seed is not known"
    origins = [cell.text for cell in find_table(report, "table-imported").rows[0]]
    assert "homework/results/z-10" in origins
    assert "5,000–10,000 (2)" in origins
    assert WORDS[language] in read(report)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_imported_models_alone_names_no_machine_that_trained_them(suite: Suite, language: str) -> None:
    text = read(build_report(make_results(import_all(suite)), language, draws=False))  # type: ignore[arg-type]
    assert {"en": "Measured on: Test CPU", "zh": "测量环境：Test CPU"}[language] in text
    assert {"en": "seeds: 0", "zh": "种子：0"}[language] not in text


def test_what_was_trained_here_is_as_it_was(suite: Suite) -> None:
    report = build_report(make_results(suite), "en", draws=False)
    assert "imported" not in read(report)
    assert "table-imported" not in report.labels


def test_an_imported_ablation_is_compared_with_an_imported_baseline(suite: Suite) -> None:
    labels = build_report(make_results(import_all(suite)), "en", draws=False).labels
    assert "table-gan_effect" in labels
    alone = build_report(make_results(import_all(suite, ["vae"])), "en", draws=False).labels
    assert any(name.startswith("table-vae_ablation") for name in alone)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", [["vae"], ["gan"], ["vae", "gan"]])
def test_a_report_without_training_curves_leaves_them_out_and_says_so_once(
    suite: Suite, language: str, of: list[str]
) -> None:
    results = drop_curves(make_results(import_all(suite)), of)
    report = build_report(results, language, draws=False)  # type: ignore[arg-type]
    for model in ("vae", "gan"):
        assert (f"figure-{model}_curves" in report.labels) == (model not in of)
        assert f"table-{model}_effect" in report.labels
    assert "nan" not in read(report)
    assert read(report).count({"en": "without training curves", "zh": "未随模型导入训练曲线"}[language]) == 1


def test_the_requirements_of_the_homework_are_those_of_any_report(suite: Suite) -> None:
    whole = check_results(make_results(import_all(suite)), "en")
    cut = check_results(drop_curves(make_results(import_all(suite)), ["gan"]), "en")
    assert sum(not check.is_met for check in cut) > sum(not check.is_met for check in whole)


def test_the_table_of_runs_has_the_digest(suite: Suite) -> None:
    table = tabulate_runs(make_results(import_all(suite, ["gan"])))
    is_gan = table["model"] == "gan"
    assert table.loc[is_gan, "imported"].str.len().eq(16).all()
    assert table.loc[~is_gan, "imported"].isna().all()


def test_files_of_older_runs_without_an_origin_are_read(tmp_path: Path) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name != "vae-10-s0")
    (run,) = load_results(tmp_path).finished
    assert run.record.origin is None
    assert not run.is_imported


@pytest.mark.parametrize("language", LANGUAGES)
def test_curves_without_weights_are_drawn_and_nothing_else_is_said_of_them(suite: Suite, language: Language) -> None:
    results = take_weights(make_results(suite), "vae-3-s0", "gan-16_16-s0")
    report = build_report(results, language, draws=False)
    assert {"figure-vae_alone", "figure-gan_alone", "table-imported"} <= report.labels.keys()
    assert {"en": "Curves without weights", "zh": "只导入了训练曲线"}[language] in read(report)
    assert "GAN 16_16" not in {row[0].text for row in find_table(report, "table-all_runs").rows}
    assert not results.unfinished


def test_a_pdf_carries_curves_without_weights(suite: Suite) -> None:
    results = take_weights(make_results(suite), "gan-16_16-s0")
    text = export_metrics(results, "en", {})
    again, _ = import_metrics(text, "")
    assert [run.state for run in again.runs] == [run.state for run in results.runs]
    assert export_metrics(again, "en", {}) == text
