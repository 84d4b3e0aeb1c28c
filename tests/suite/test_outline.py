"""Outlines as files: the shipped ones, and one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic import ROOT

from reportgen.base.errors import ConfigError
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.outline import load_outline


def load(folder: Path, outline: str, profile: str = "full") -> Suite:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("outline: full ", f"outline: {outline} ")
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    return load_suite(folder / "suite.yaml", profile)


def write(folder: Path, text: str) -> Path:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.fault(row=4)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sections: [{id: nashh}]", r"own\.yaml:1: sections\.0\.id: unknown section 'nashh'.*did you mean 'nash'"),
        ("sections: [{id: nash}, {id: nash}]", "'nash' is there twice"),
        ("sections: []", "sections"),
        ("sections: [{id: nash, shws: []}]", "unknown key 'shws'.*did you mean 'shows'"),
        ("sections: [{id: ../x}]", "should match pattern"),
        ("sections: [{id: vae_curves, runs: gan_grid}]", r"sections\.0\.runs: 'vae_curves' shows runs of a vae"),
        ("sections: [{id: settings, settings: {gan: {nosuch: 3}}}]", "a gan has no setting 'nosuch'"),
        (
            "sections: [{id: nash, answers: [nahs]}]",
            r"own\.yaml:1: sections\.0\.answers\.0: unknown value 'nahs'; choose from: .*nash.*; did you mean 'nash'",
        ),
        ("models: [vea]\nsections: [{id: nash}]", "unknown value 'vea'"),
        ("sections: [{id: vae, sections: [{id: nash, sections: [{id: gan}]}]}]", "two levels at most"),
    ],
)
def test_a_wrong_outline_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_outline("own.yaml", write(tmp_path, text))


def test_an_unknown_outline_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no outline 'ful'; choose from: full, gan, vae-gan; did you mean 'full'"):
        load_outline("ful", tmp_path)


def test_an_own_outline_changes_no_key_and_trains_nothing(tmp_path: Path) -> None:
    from reportgen.suite.plan import plan_runs

    a, b = plan_runs(load(tmp_path, "full")), plan_runs(load(tmp_path, "gan"))
    assert [(s.training_key, s.evaluation_key) for s in a] == [(s.training_key, s.evaluation_key) for s in b]
