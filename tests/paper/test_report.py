"""The homework's items, on made-up results: what is there, in which language, and from which data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from synthetic import ROOT, make_results, make_scores, write_output

from reportgen.base.errors import RunError
from reportgen.paper.analysis.results import load_results
from reportgen.paper.i18n.translator import load_catalogue
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.builder import parse_markup
from reportgen.paper.report.model import Block, Figure, Listing, Paragraph, Report, Section, Span, Table
from reportgen.store.states import State
from reportgen.suite.languages import LANGUAGES, Language
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec, plan_runs

ITEMS = {
    1: ["table-vae_settings", "table-gan_settings"],
    2: ["figure-vae_curves", "figure-vae_overlay"],
    3: ["figure-vae_images", "figure-vae_samples"],
    4: ["table-vae_fid"],
    5: ["table-vae_effect", "figure-vae_scores"],
    6: [
        "figure-vae_ablation_curves-vae-linear-64",
        "figure-vae_ablation_images-vae-linear-64",
        "table-vae_ablation-vae-linear-64",
    ],
    7: ["figure-gan_curves", "figure-gan_overlay"],
    8: ["figure-gan_images", "figure-gan_evolution"],
    9: ["table-gan_fid-classifier"],
    10: ["table-gan_effect"],
    11: ["table-gan_hidden", "figure-gan_worst"],
    12: ["table-nash"],
    13: ["figure-comparison", "table-comparison"],
    14: ["figure-interpolation", "figure-extrapolation", "figure-spherical", "table-interpolation"],
    15: ["figure-counted", "table-digits", "figure-histogram"],
    16: [
        "figure-gan_ablation_curves-gan_mlp-gan-mlp-100_100",
        "table-gan_ablation-gan_mlp-gan-mlp-100_100",
    ],
    17: ["table-gan_ablation-gan_relu-gan-relu-100_100"],
    18: [
        *("listing-interpolation", "listing-digits", "listing-vae_ablation-vae-linear-64"),
        *("listing-gan_mlp-gan-mlp-100_100", "listing-gan_relu-gan-relu-100_100"),
    ],
}


def walk(sections: tuple[Section, ...]) -> Iterator[Block]:
    for section in sections:
        yield from section.blocks
        yield from walk(section.sections)


def plain(block: Paragraph) -> str:
    return "".join(span.text for span in block.line)


def texts(report: Report) -> str:
    return "\n".join(plain(b) for b in (*report.summary, *walk(report.sections)) if isinstance(b, Paragraph))


@pytest.fixture(scope="module")
def reports(synthetic_output: Path) -> dict[Language, Report]:
    results = load_results(synthetic_output)
    return {language: build_report(results, language, draws=False) for language in LANGUAGES}


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_of_the_homework_is_there(reports: dict[Language, Report], language: Language, item: int) -> None:
    assert set(ITEMS[item]) <= reports[language].labels.keys()


def test_both_languages_have_the_same_elements_and_numbers(reports: dict[Language, Report]) -> None:
    zh, en = reports["zh"], reports["en"]
    assert list(zh.labels) == list(en.labels)
    for a, b in zip(walk(zh.sections), walk(en.sections), strict=True):
        assert type(a) is type(b)
        if isinstance(a, Table) and isinstance(b, Table):
            cells = [[cell.text for row in t.rows for cell in row if cell.is_number] for t in (a, b)]
            numbers = [[re.findall(r"[+−]?\d[\d,.]*|[▼▲≈–]", text) for text in texts] for texts in cells]
            assert numbers[0] == numbers[1]
        if isinstance(a, Paragraph) and isinstance(b, Paragraph) and a.role == "finding":
            found = [sorted(re.findall(r"\d[\d,]*\.\d+", plain(p))) for p in (a, b)]
            assert found[0] == found[1]


def test_every_column_has_a_name_in_both_languages(reports: dict[Language, Report]) -> None:
    keys = {"latent_dim", "hidden_dim", "batch_size", "num_training_steps", "learning_rate", "seed", "", *"0123456789?"}
    labels = {"VAE-100", "GAN 100_100"}  # of the two models that the comparison has side by side
    known = {
        language: {m.string for m in load_catalogue(language) if str(m.id).startswith("column.")}
        for language in LANGUAGES
    }
    for language, report in reports.items():
        tables = [block for block in walk(report.sections) if isinstance(block, Table)]
        labels = {cell.text for table in tables for row in table.rows for cell in row if cell.is_header}
        for block in walk(report.sections):
            if isinstance(block, Table):
                plain_names = {name for name in block.header if not name.startswith("hidden_dim ")}
                assert plain_names <= keys | labels | known[language], block.id


def check_references(report: Report) -> None:
    for block in (*report.summary, *walk(report.sections)):
        line = block.line if isinstance(block, Paragraph) else getattr(block, "caption", ())
        assert {span.text for span in line if span.kind == "ref"} <= report.labels.keys()


def test_every_reference_points_to_something(reports: dict[Language, Report]) -> None:
    for report in reports.values():
        check_references(report)


def test_a_profile_is_named_once_on_the_first_page(reports: dict[Language, Report]) -> None:
    for report, words in ((reports["en"], "“quick”"), (reports["zh"], "“quick”")):
        assert [words in notice for notice in report.notices] == [True]


def test_full_profile_has_no_notice(tmp_path: Path) -> None:
    write_output(tmp_path, profile="full", leave_out=lambda spec: spec.name != "vae-3-s0")
    report = build_report(load_results(tmp_path), "en", draws=False)
    assert not any("profile" in notice for notice in report.notices)
    captions = ["".join(s.text for s in b.caption) for b in walk(report.sections) if isinstance(b, Table | Figure)]
    assert not any("Profile" in caption for caption in captions)


def test_best_is_bold_once(reports: dict[Language, Report]) -> None:
    for name, best in (("table-vae_fid", "VAE-100"), ("table-gan_hidden", "GAN 100_64")):
        table = next(b for b in walk(reports["en"].sections) if isinstance(b, Table) and b.id == name)
        bold = [row[0].text for row in table.rows if any(cell.is_best for cell in row)]
        assert bold == [best]


def test_sentences_follow_the_data(tmp_path: Path) -> None:
    def reverse(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        scores = evaluation["scores"]["classifier"]
        scores["fid"] = 1e5 / scores["fid"]

    write_output(tmp_path / "a")
    write_output(tmp_path / "b", change=reverse)
    rising, falling = (texts(build_report(load_results(tmp_path / n), "en", draws=False)) for n in ("b", "a"))
    assert falling != rising
    assert "the lowest classifier FID is 6.03, of VAE-100" in falling.replace("The lowest", "the lowest")
    assert "of VAE-3" in rising


@pytest.mark.parametrize(("fid", "words"), [(30.0, "is the best with"), (300.0, "which is not below")])
def test_inception_scores_have_a_column_of_their_own(tmp_path: Path, fid: float, words: str) -> None:
    def add_inception(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"]["inception"] = make_scores("inception", fid + spec.settings.latent_dim / 1000, 1.0)

    write_output(tmp_path, profile="full", change=add_inception)
    report = build_report(load_results(tmp_path), "en", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-vae_fid")
    assert table.header[2:4] == ("Classifier FID", "Inception FID")
    assert "table-gan_fid-inception" in report.labels
    assert words in texts(report)
    assert "reportgen fetch inception" not in texts(report)


def test_the_discussion_rests_on_the_courses_fid_where_all_compared_ones_have_it(tmp_path: Path) -> None:
    """By it the VAEs have the reverse order; one of the GANs lacks it."""

    def add_inception(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.configuration_name != "gan-100_4":
            fid = float(spec.settings.latent_dim) ** 3
            evaluation["scores"]["inception"] = make_scores("inception", fid, 0.01)

    write_output(tmp_path, profile="full", change=add_inception)
    report = build_report(load_results(tmp_path), "en", draws=False)
    said = texts(report)
    assert "The lowest Inception FID is 27.00" in said
    assert "digit classifier" in said


def test_without_inception_the_report_says_how_to_get_it(reports: dict[Language, Report]) -> None:
    table = next(b for b in walk(reports["en"].sections) if isinstance(b, Table) and b.id == "table-vae_fid")
    assert "Inception FID" not in table.header
    assert "are for the Inception FID, not measured" in texts(reports["en"])


def test_bold_only_where_intervals_allow_it(tmp_path: Path) -> None:
    def make_alike(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"]["classifier"] = make_scores("classifier", 10 + spec.settings.latent_dim / 1000, 1.0)

    write_output(tmp_path, change=make_alike)
    report = build_report(load_results(tmp_path), "en", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-vae_fid")
    assert not any(cell.is_best for row in table.rows for cell in row)
    assert "no difference to it is shown for VAE-10" in texts(report)


def test_real_images_in_place_of_samples_are_the_yardsticks(reports: dict[Language, Report]) -> None:
    table = next(b for b in walk(reports["en"].sections) if isinstance(b, Table) and b.id == "table-yardsticks")
    rows = [[cell.text for cell in row] for row in table.rows]
    assert rows[0] == ["real images (2,000 against as many others)", "0.50", "0.001", "0.93", "0.91", "1.02", "0.96"]
    assert rows[3][:2] == ["100 real images, repeated", "8.00"]
    assert [row[:2] for row in rows[4:6]] == [
        ["no 9 at all (the worst digit)", "1.90"],
        ["one digit missing (mean over the digits)", "1.45"],
    ]
    assert len(rows) == 10


@pytest.mark.fault(row=17)
def test_a_failed_score_is_listed_and_leaves_the_rest(tmp_path: Path) -> None:
    def fail(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.name == "gan-100_8-s0":
            evaluation["scores"] = {}
            evaluation["failures"] = {"classifier": "the features contain NaN or infinite values"}

    write_output(tmp_path, change=fail)
    report = build_report(load_results(tmp_path), "en", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-failed_scores")
    assert table.rows[0][2].text == "the features contain NaN or infinite values"
    sweep = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-gan_hidden")
    assert [row[2].text for row in sweep.rows].count("–") == 1


@pytest.mark.fault(row=17)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kept", ["vae-3-s0", "vae-linear-64-s0", "gan-100_16-s0", "gan-mlp-100_100-s0"])
def test_a_report_of_one_run_is_valid(tmp_path: Path, kept: str, language: Language) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name != kept)
    report = build_report(load_results(tmp_path), language, draws=False)
    assert {section.id for section in report.sections} >= {"settings", "methods", "appendix"}
    assert "table-unfinished" in report.labels
    check_references(report)


@pytest.mark.fault(row=17)
def test_no_finished_run_is_an_error(tmp_path: Path) -> None:
    write_output(tmp_path, leave_out=lambda spec: True)
    with pytest.raises(RunError, match="no run is finished yet"):
        build_report(load_results(tmp_path), "zh", draws=False)


@pytest.mark.fault(row=14)
def test_failed_run_is_listed_with_its_reason(tmp_path: Path) -> None:
    from reportgen.base.files import write_json
    from reportgen.store.paths import OutputPaths
    from reportgen.suite.plan import plan_runs

    suite = write_output(tmp_path, leave_out=lambda spec: spec.name == "vae-3-s0")
    spec = next(spec for spec in plan_runs(suite) if spec.name == "vae-3-s0")
    write_json(OutputPaths(tmp_path).run(spec.folder_name).failure, {"reason": "train_total became nan", "details": ""})
    report = build_report(load_results(tmp_path), "en", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-unfinished")
    assert [cell.text for cell in table.rows[0]] == ["vae-3-s0", "failed", "train_total became nan"]


@pytest.mark.parametrize(
    ("language", "running", "expected"),
    [
        ("en", ["vae-3-s0"], "Interim report, made while the training goes on: 8 of 15 runs are finished; "),
        ("en", [], "Incomplete report: 8 of 15 runs are finished; failed: vae-3-s0; not run: gan-"),
        ("zh", ["vae-3-s0"], "训练仍在进行，这是阶段性报告：计划的15次实验已完成8次；运行中：vae-3-s0；未运行：gan-"),
        ("zh", [], "本报告不完整：计划的15次实验完成了8次；失败：vae-3-s0；未运行：gan-"),
    ],
)
def test_the_first_page_says_how_far_the_suite_is(
    tmp_path: Path, language: Language, running: list[str], expected: str
) -> None:
    def is_left_out(spec: RunSpec) -> bool:
        return spec.name == "vae-3-s0" or spec.name.startswith("gan-100_")

    suite = write_output(tmp_path, leave_out=is_left_out)
    states: dict[str, State] = {s.name: "missing" if is_left_out(s) else "finished" for s in plan_runs(suite)}
    states["vae-3-s0"] = "running" if running else "failed"
    notice, provisional, _ = build_report(load_results(tmp_path, states), language, draws=False).notices
    assert "12" in provisional
    assert notice.startswith(expected)
    assert notice.endswith((".", "。"))
    assert all(name in notice for name, state in states.items() if state == "missing")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "20 of 30 runs are finished; not run: 10 runs; seeds per configuration: 1 in 10, 2 in 5."),
        ("zh", "计划的30次实验完成了20次；未运行：10次；各设置的随机种子数：10种有1个、5种有2个。"),
    ],
)
def test_the_first_page_counts_many_runs_and_unequal_seeds(tmp_path: Path, language: Language, expected: str) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("seeds: [0] ", "seeds: [0, 1] ")
    suite_file = tmp_path / "suite.yaml"
    suite_file.write_text(text, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=suite_file, leave_out=lambda s: bool(s.seed) and s.name.startswith("gan"))
    report = build_report(load_results(tmp_path / "out"), language, draws=False)
    assert report.notices[0].endswith(expected)
    check_references(report)


def test_several_seeds_give_intervals(tmp_path: Path) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("seeds: [0] ", "seeds: [0, 1, 2] ")
    suite_file = tmp_path / "suite.yaml"
    suite_file.write_text(text, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=suite_file)
    report = build_report(load_results(tmp_path / "out"), "zh", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-vae_fid")
    assert all("–" in row[2].text for row in table.rows)
    assert "每种设置只训练一次" not in texts(report)


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_of_images_that_are_no_digits_the_report_says_so(tmp_path: Path, dataset: str) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("dataset: mnist ", f"dataset: {dataset} ", 1)
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=tmp_path / "suite.yaml", profile="full")
    report = build_report(load_results(tmp_path / "out"), "en", draws=False)
    said = "The images of this data set are not digits"
    assert sum(said in plain(block) for block in report.walk() if isinstance(block, Paragraph)) == (
        0 if dataset == "mnist" else 2
    )
    assert ("published" in {section.id for section in report.sections}) == (dataset == "mnist")


@pytest.mark.fault(row=13)
def test_an_image_that_is_gone_is_one_line(tmp_path: Path) -> None:
    write_output(tmp_path)
    for path in (tmp_path / "runs").glob("gan-*/images/counted.png"):
        path.unlink()
    with pytest.raises(RunError, match=r"counted\.png: cannot be read .*'reportgen run' measures the run again"):
        build_report(load_results(tmp_path), "en")


def test_a_table_of_some_seeds_and_one_says_both(tmp_path: Path) -> None:
    """VAE-100 has finished one of three seeds."""
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("seeds: [0]", "seeds: [0, 1, 2]")
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    left_out = ("vae-100-s1", "vae-100-s2")
    write_output(tmp_path, suite_file=tmp_path / "suite.yaml", leave_out=lambda spec: spec.name in left_out)
    report = build_report(load_results(tmp_path), "en", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-vae_fid")
    assert "over seeds where there are several" in "".join(span.text for span in table.note)


def test_with_one_seed_finished_of_three_the_caution_stands(tmp_path: Path) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("seeds: [0]", "seeds: [0, 1, 2]")
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(tmp_path, suite_file=tmp_path / "suite.yaml", leave_out=lambda spec: spec.seed > 0)
    said = texts(build_report(load_results(tmp_path), "en", draws=False))
    assert "(15 trainings, seeds: 0)" in said
    assert "Each setting was trained once" in said


def test_an_ablated_vae_or_one_that_no_gan_matches_is_not_the_one_that_is_compared(tmp_path: Path) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8")
    more = "  more: {model: vae, latent_dim: [100, 128], encoder_output_relu: [true, false]}\n"
    text = re.sub("(?m)^profiles:", more + "profiles:", text)
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(tmp_path, suite_file=tmp_path / "suite.yaml")
    report = build_report(load_results(tmp_path), "en", draws=False)
    table = next(b for b in walk(report.sections) if isinstance(b, Table) and b.id == "table-comparison")
    assert table.header[1] == "VAE-100"


def test_listing_is_the_recorded_source(reports: dict[Language, Report]) -> None:
    listing = next(b for b in walk(reports["en"].sections) if isinstance(b, Listing))
    assert listing.code == 'def f(x: int) -> str:\n    return "<&>"\n'


def test_markup() -> None:
    assert parse_markup("a $x^2$ [[table-x]] **b** `c` d") == (
        Span("text", "a "),
        Span("math", "x^2"),
        Span("text", " "),
        Span("ref", "table-x"),
        Span("text", " "),
        Span("strong", "b"),
        Span("text", " "),
        Span("code", "c"),
        Span("text", " d"),
    )


def test_sections_are_numbered(reports: dict[Language, Report]) -> None:
    def numbers(sections: tuple[Section, ...]) -> list[str]:
        return [n for s in sections for n in (s.number, *numbers(s.sections))]

    assert numbers(reports["en"].sections)[:5] == ["1", "2", "2.1", "2.2", "2.3"]


def test_without_any_score_the_report_leaves_out_what_rests_on_scores() -> None:
    def fail(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"] = {}

    results = make_results(load_suite(ROOT / "experiments.yaml"), change=fail)
    report = build_report(results, "en", draws=False)
    assert "scores" not in {section.id for section in report.sections}
    assert "table-vae_effect" in report.labels
    check_references(report)


def test_a_precision_that_is_not_the_usual_one_has_a_column(tmp_path: Path) -> None:
    text = "defaults: {vae: {precision: bf16}}\nruns: {a: {model: vae}, b: {model: gan}}\n"
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    report = build_report(make_results(load_suite(tmp_path / "suite.yaml")), "en", draws=False)
    tables = {block.id: block for block in report.walk() if isinstance(block, Table)}
    shown = {model: [cell.text for cell in tables[f"table-{model}_settings"].rows[0]] for model in ("vae", "gan")}
    assert "bf16" in shown["vae"]
    assert "fp32" not in shown["gan"]


def test_runs_that_were_trained_side_by_side_are_said_to_be(tmp_path: Path) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name != "vae-3-s0")
    (path,) = tmp_path.glob("runs/*/spec.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trained_together": 4}))
    said = texts(build_report(load_results(tmp_path), "en", draws=False))
    assert "Up to 4 runs were trained side by side" in said


def test_trainings_that_scored_no_samples_have_no_curves_of_them(tmp_path: Path) -> None:
    write_output(tmp_path)
    for history in tmp_path.glob("runs/vae-10-*/history.csv"):
        rows = history.read_text(encoding="utf-8").splitlines(keepends=True)
        history.write_text("".join(row for row in rows if ",sample_" not in row), encoding="utf-8")
    report = build_report(load_results(tmp_path), "en", draws=False)
    assert "figure-vae_progress" not in report.labels
    assert [claim.rests_on for claim in report.claims if claim.topic == "progress"] == ["figure-gan_overlay"]
