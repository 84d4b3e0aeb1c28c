from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from synthetic import ROOT, write_output

from reportgen.base.errors import ConfigError
from reportgen.paper.analysis.results import load_results
from reportgen.paper.report.assemble import check_results
from reportgen.suite.editions import EDITIONS, EditionName, compose_suite, write_edition
from reportgen.suite.loading import Suite, load_suite

NAMES: tuple[EditionName, ...] = get_args(EditionName)
PROFILES = ("full", "quick")


def write(folder: Path, name: EditionName, profile: str = "full") -> Suite:
    return load_suite(write_edition(folder, name)[0], profile)


def test_the_full_one_is_the_shipped_file() -> None:
    assert compose_suite("full") == (ROOT / "experiments.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", NAMES)
def test_each_equals_the_shipped_file_in_what_both_declare(tmp_path: Path, name: EditionName, profile: str) -> None:
    suite, shipped = write(tmp_path, name, profile), load_suite(ROOT / "experiments.yaml", profile)
    for field in ("profile", "dataset", "seeds", "fid", "interpolation", "digits"):
        assert getattr(suite, field) == getattr(shipped, field), field
    assert [group.name for group in suite.groups] == list(EDITIONS[name].groups or [g.name for g in shipped.groups])
    steps = {"num_training_steps": 0}  # of GANs in edition 1 they are others
    known = {settings.model_copy(update=steps) for group in shipped.groups for settings in group.settings}
    assert {settings.model_copy(update=steps) for group in suite.groups for settings in group.settings} <= known


@pytest.mark.parametrize("name", NAMES)
def test_most_lines_are_those_of_the_shipped_file(name: EditionName) -> None:
    shipped = (ROOT / "experiments.yaml").read_text(encoding="utf-8").splitlines()
    others = [line for line in compose_suite(name).splitlines() if line not in shipped]
    assert len(others) == sum(1 for new in EDITIONS[name].lines.values() if new)
    assert max(map(len, others), default=0) <= 120


@pytest.mark.parametrize("name", NAMES)
def test_what_each_declares_meets_what_its_outline_asks_for(tmp_path: Path, name: EditionName) -> None:
    suite_file = write_edition(tmp_path, name)[0]
    write_output(tmp_path / "out", suite_file=suite_file, profile="full")
    checks = check_results(load_results(tmp_path / "out"), "en")
    assert [check for check in checks if not check.is_met and "FID" not in check.wanted] == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "outline.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"outline\.yaml: is there already"):
        write_edition(tmp_path, "own")
    assert [path.name for path in tmp_path.iterdir()] == ["outline.yaml"]
    assert [path.name for path in write_edition(tmp_path, "1")] == ["experiments.yaml", "experiments.schema.json"]
    with pytest.raises(ConfigError, match=r"experiments\.yaml: is there already"):
        write_edition(tmp_path, "2")
    (tmp_path / "experiments.yaml").unlink()
    assert [path.name for path in write_edition(tmp_path, "2")] == ["experiments.yaml"]  # the schema is kept


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written to"):
        write_edition(tmp_path / "file" / "folder", "full")
