"""Which runs are planned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reportgen.base.errors import ConfigError
from reportgen.lab.runner import plan_suite
from reportgen.suite.loading import load_suite


def list_planned(suite_file: Path, output: Path, only: Sequence[str]) -> list[str]:
    plan = plan_suite(load_suite(suite_file), output, only=only, jobs=1, device="cpu", is_dry=True)
    return [run.spec.name for run in plan.runs]


def test_only_takes_several_globs(tiny_suite_file: Path, tmp_path: Path) -> None:
    runs = list_planned(tiny_suite_file, tmp_path, [])
    assert len(runs) > 5
    assert list_planned(tiny_suite_file, tmp_path, ["gan-mlp*", "vae-*", "vae-3-*"]) == [
        name for name in runs if name.startswith(("vae-", "gan-mlp"))
    ]


@pytest.mark.parametrize("only", [["vea-*"], ["vae-*", "vea-*"]])
def test_a_glob_that_matches_nothing_is_named_whatever_others_match(
    tiny_suite_file: Path, tmp_path: Path, only: list[str]
) -> None:
    with pytest.raises(ConfigError, match=r"^--only vea-\*: no run has such a name; the runs are: vae-3-s0, "):
        list_planned(tiny_suite_file, tmp_path, only)
