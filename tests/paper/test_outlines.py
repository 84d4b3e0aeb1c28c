"""Outlines: what each report contains, what it asks for, and what is said of what is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from synthetic import ROOT, Change, make_results, make_scores, take_weights, write_output

from reportgen.assets import OUTLINES
from reportgen.paper.analysis.results import load_results
from reportgen.paper.claims.claim import Claim
from reportgen.paper.report import vae
from reportgen.paper.report.assemble import build_report, check_results
from reportgen.paper.report.builder import parse_markup
from reportgen.paper.report.model import Figure, Paragraph, Report, Table
from reportgen.paper.report.sections import CHAPTERS, WRITERS
from reportgen.suite.languages import LANGUAGES
from reportgen.suite.loading import Group, Suite, load_suite
from reportgen.suite.outline import load_outline
from reportgen.suite.plan import RunSpec
from reportgen.suite.settings import GanSettings


def load(folder: Path, outline: str, profile: str = "full") -> Suite:
    """Return the homework, with one seed, and another outline."""
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("outline: full ", f"outline: {outline} ")
    text = text.replace("seeds: [0, 1, 2] ", "seeds: [0] ")
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    return load_suite(folder / "suite.yaml", profile)


def import_a_gan(suite: Suite) -> Suite:
    """A suite with a model beside its own that was trained elsewhere."""
    imported = Group(name="elsewhere", section=None, settings=(GanSettings(hidden_dim=7, imported="0123456789abcdef"),))
    return suite.model_copy(update={"groups": (*suite.groups, imported)})


def ids(report: Report) -> list[str]:
    return [s.id for chapter in report.sections for s in (chapter, *chapter.sections)]


def add_inception(vae: float, gan: float) -> Change:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        fid = vae if spec.settings.model == "vae" else gan
        evaluation["scores"]["inception"] = make_scores("inception", fid, 1.0)

    return change


@pytest.mark.parametrize("name", OUTLINES)
def test_a_shipped_outline_is_a_whole_report(tmp_path: Path, name: str) -> None:
    results = make_results(load(tmp_path, name))
    wanted = [section.id for section in load_outline(name, tmp_path).walk()]
    for language in LANGUAGES:
        assert ids(build_report(results, language, draws=False)) == wanted
    assert {*WRITERS, *CHAPTERS} >= set(wanted)


def test_the_second_edition_is_about_gans_only(tmp_path: Path) -> None:
    results = make_results(load(tmp_path, "gan"))
    report = build_report(results, "en", draws=False)
    assert not any("vae" in name for name in ids(report))


def test_the_first_edition_shows_the_hidden_sweep(tmp_path: Path) -> None:
    report = build_report(make_results(load(tmp_path, "vae-gan")), "en", draws=False)
    (settling,) = (block for block in report.walk() if isinstance(block, Table) and block.id == "table-gan_settling")
    shown = [row[0].text for row in settling.rows]
    assert "figure-gan_curves" in report.labels
    assert "GAN 100_4" in shown
    assert "GAN 16_16" not in shown


@pytest.mark.parametrize("name", OUTLINES)
def test_all_requirements_can_be_met(tmp_path: Path, name: str) -> None:
    suite = load(tmp_path, name)
    results = make_results(suite, change=add_inception(30.0, 50.0))
    missing = [check for check in check_results(results, "en") if not check.is_met]
    if name == "vae-gan":  # its edition trains GANs for 25,000 steps
        assert [check.missing for check in missing] == ["GAN: num_training_steps 5000 instead of 25000"]
    else:
        assert missing == []


@pytest.mark.parametrize(
    ("change", "leave_out", "profile", "missing"),
    [
        (None, None, "full", ["the Inception weights are not at hand (reportgen fetch inception)"] * 2),
        (add_inception(41.0, 81.0), None, "full", ["the best is VAE-3 with 41.0", "the best is GAN 16_16 with 81.0"]),
        (add_inception(1, 1), "vae-3", "full", ["3", "vae-3"]),
        (
            add_inception(1, 1),
            "gan-mlp-100_100",
            "full",
            ["left out: its runs are not there", "listing-gan_mlp", "gan-mlp-100_100"],
        ),
        (add_inception(1, 1), "gan-100_16", "full", ["100_16", "16", "gan-100_16"]),
        (
            add_inception(1, 1),
            None,
            "quick",
            ["VAE: num_training_steps 1800", "GAN: batch_size 8 instead of 64"],
        ),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, change: Change | None, leave_out: str | None, profile: str, missing: list[str]
) -> None:
    results = make_results(
        load(tmp_path, "full", profile), change=change, leave_out=lambda spec: spec.configuration_name == leave_out
    )
    found = [check.missing for check in check_results(results, "en") if not check.is_met]
    assert len(found) == len(missing)
    assert all(a.startswith(b) for a, b in zip(found, missing, strict=True))
    assert [check.is_met for check in check_results(results, "zh")] == [
        check.is_met for check in check_results(results, "en")
    ]


def write(folder: Path, text: str) -> Path:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return folder


def test_what_an_outline_leaves_out_is_not_pointed_to(tmp_path: Path) -> None:
    write(tmp_path, "sections: [{id: vae_images}, {id: gan_curves}]")
    report = build_report(make_results(load(tmp_path, "own.yaml")), "en", draws=False)
    assert len(report.claims) > 1
    for block in report.walk():
        for span in (*getattr(block, "evidence", ()), *getattr(block, "line", ())):
            assert span.kind != "ref" or span.text in report.labels


@pytest.mark.parametrize(("grid", "hidden", "is_met"), [(95.0, 60.0, False), (60.0, 95.0, True), (79.5, 95.0, False)])
def test_the_threshold_is_checked_as_its_section_judges_it(
    tmp_path: Path, grid: float, hidden: float, is_met: bool
) -> None:
    """By the section's own runs, and not where the interval holds the threshold of 80."""

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        fid = grid if "gan-grid" in spec.groups else hidden
        evaluation["scores"]["inception"] = make_scores("inception", fid, 1.0)

    results = make_results(load(tmp_path, "full"), change=change)
    (check,) = [c for c in check_results(results, "en") if "FID of 80" in c.wanted]
    assert check.is_met == is_met
    said = [
        claim.id for claim in build_report(results, "en", draws=False).claims if claim.values.get("threshold") == 80
    ]
    assert said == ["threshold.met" if is_met else "threshold.near" if grid < 80 else "threshold.missed"]


@pytest.mark.parametrize(("fid", "missing"), [(30.0, ""), (50.0, "the Inception weights are not at hand")])
def test_a_threshold_is_missed_only_if_all_have_been_scored(tmp_path: Path, fid: float, missing: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.configuration_name != "vae-100":
            evaluation["scores"]["inception"] = make_scores("inception", fid, 1.0)

    results = make_results(load(tmp_path, "full"), change=change)
    (check,) = [c for c in check_results(results, "en") if "FID of 40" in c.wanted]
    assert check.missing.startswith(missing)
    assert check.is_met is not bool(missing)


@pytest.mark.parametrize("id_", ["table-gan_efect", "table-gan", "figure-gan_effect"])
def test_a_reference_to_what_no_section_makes_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, id_: str
) -> None:
    claim = Claim("vae_curves", "vae_fid.only", {"score": "x", "best": "x", "fid": 1}, id_)
    monkeypatch.setattr(vae, "claim_curves", lambda *_: claim)
    with pytest.raises(AssertionError, match=f"points to {id_}, which no section makes"):
        build_report(make_results(load(tmp_path, "full")), "en", draws=False)


def test_an_element_that_its_writer_does_not_list_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WRITERS, "nash", replace(WRITERS["nash"], elements=("table-nash",)))
    with pytest.raises(AssertionError, match="nash makes figure-discriminator"):
        build_report(make_results(load(tmp_path, "full")), "en", draws=False)


def test_a_text_that_points_to_what_is_left_out_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paragraph = Paragraph(parse_markup("[[table-scores]]"))
    monkeypatch.setitem(WRITERS, "nash", replace(WRITERS["nash"], write=lambda b, *_: b.section("nash", paragraph)))
    write(tmp_path, "sections: [{id: nash}]")
    with pytest.raises(AssertionError, match="paragraph points to table-scores, which is not in this report"):
        build_report(make_results(load(tmp_path, "own.yaml")), "en", draws=False)


def test_writers_list_no_element_that_they_never_make(tmp_path: Path) -> None:
    def fail(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["failures"]["inception"] = "no memory"

    suite = import_a_gan(load(tmp_path, "full"))
    results = make_results(suite, change=fail, leave_out=lambda spec: spec.name == "vae-3-s0")
    results = take_weights(results, "vae-10-s0", "gan-16_16-s0")
    made = build_report(results, "en", draws=False).labels
    names = {name for writer in WRITERS.values() for name in writer.elements}
    assert [name for name in sorted(names) if not any(f"{id_}-".startswith(f"{name}-") for id_ in made)] == []


@pytest.mark.parametrize(
    ("asked", "change", "said"),
    [
        ("", add_inception(1, 1), []),
        (", fid_below: {gan: 17}", None, []),
        (", fid_below: {gan: 17}", add_inception(1, 1), ["17"]),
    ],
)
def test_a_threshold_is_judged_where_the_outline_asks_for_it(
    tmp_path: Path, change: Change | None, asked: str, said: list[str]
) -> None:
    write(tmp_path, f"sections: [{{id: gan_fid{asked}}}]")
    report = build_report(make_results(load(tmp_path, "own.yaml"), change=change), "en", draws=False)
    words = [span.text for block in report.walk() if isinstance(block, Paragraph) for span in block.line]
    assert [found[1] for text in words if (found := re.search(r"(?:FID below|threshold of) (\d+)", text))] == said


def test_a_sentence_that_is_left_out_answers_nothing(tmp_path: Path) -> None:
    asked = "question: '8', shows: [figure-gan_images], answers: [best]"
    write(tmp_path, f"sections: [{{id: gan_images, {asked}}}]")
    missing = [check for check in check_results(make_results(load(tmp_path, "own.yaml")), "en") if not check.is_met]
    assert [check.wanted for check in missing] == ["answers from the data (sentences found: 2)"]


@pytest.mark.parametrize(("topic", "is_met"), [("gan_effect", True), ("vae_effect", False)])
def test_a_topic_is_answered_by_a_sentence_about_it_alone(tmp_path: Path, topic: str, is_met: bool) -> None:
    write(tmp_path, f"sections: [{{id: gan_effect, answers: [{topic}]}}]")
    checks = check_results(make_results(load(tmp_path, "own.yaml")), "en")
    assert [check.missing for check in checks if check.wanted.startswith("answers")] == ["" if is_met else topic]


def has_another_seed(spec: RunSpec) -> bool:
    """Return whether the run is of another seed than the first of its configuration, which differs between models."""
    return spec.seed != (0 if spec.name.startswith("vae") else 2)


def test_check_ends_with_0_where_one_seed_of_each_configuration_is_there(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from reportgen.cli.commands import app

    write_output(tmp_path, profile="full", change=add_inception(30.0, 50.0), leave_out=has_another_seed)
    run = CliRunner().invoke(app, ["check", "--output", str(tmp_path)])
    assert run.exit_code == 0, run.stdout
    assert "MISSING" not in run.stdout
    assert run.stdout.endswith("requirements are met\n")


def test_an_ablation_is_not_the_best_gan_of_the_other_questions(tmp_path: Path) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        fid = {"gan-relu-100_100": 1.0, "gan-16_100": 2.0}.get(spec.configuration_name, 9.0)
        evaluation["scores"]["classifier"] = make_scores("classifier", fid)

    report = build_report(make_results(load(tmp_path, "full"), change=change), "en", draws=False)
    said = {claim.topic: claim.values["label"] for claim in report.claims if "label" in claim.values}
    assert said["collapse"] == "GAN 16_100"


def test_published_scores_are_drawn_beside_ours(tmp_path: Path) -> None:
    write(tmp_path, "sections: [{id: published}]")
    load(tmp_path, "own.yaml")
    names = ("gan-16_16-s0", "gan-100_100-s0", "vae-3-s0")
    write_output(
        tmp_path / "out",
        suite_file=tmp_path / "suite.yaml",
        profile="full",
        change=add_inception(30.0, 50.0),
        leave_out=lambda spec: spec.name not in names,
    )
    report = build_report(load_results(tmp_path / "out"), "en")
    (figure,) = [block for block in report.walk() if isinstance(block, Figure) and block.id == "figure-published"]
    (picture,) = figure.pictures
    assert b"GAN 100_100" in picture.content
    assert "GAN 100_100" in picture.alt
