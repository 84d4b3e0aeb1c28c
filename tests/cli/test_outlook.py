"""``reportgen plan``: its table, its options and its errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from synthetic import ROOT, TINY, WITHOUT_TORCH, write_output

from reportgen.cli.outlook import FIDS, LACKS, SUBJECTS, WIDTH, format_outlook
from reportgen.paper.analysis.planning import (
    Lack,
    Outlook,
    PlannedContrast,
    Subject,
    choose_planned_fid,
    plan_contrasts,
)
from reportgen.paper.analysis.results import Cohort
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs


def run_plan(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command where torch cannot be imported."""
    command = [sys.executable, "-c", WITHOUT_TORCH, "plan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_the_homework_is_planned_without_torch_and_without_being_run(tmp_path: Path) -> None:
    found = run_plan("experiments.yaml", "--output", tmp_path / "out")
    assert found.returncode == 0, found.stderr
    assert "profile full, dataset mnist: 45 runs, 0 finished, 45 to do" in found.stdout
    assert " for seed 0, which comes first; about " in found.stdout
    assert "vae-3-s0" not in found.stdout  # no list of runs
    for name in SUBJECTS.values():
        assert re.search(rf"(?m)^{name} .* 3 +\d\.\d\d( +\d+){{6}}$", found.stdout), name
    assert re.search(r"(?m)^one more seed of all: 15 runs, about .+ and .+ for Inception$", found.stdout)
    assert not (tmp_path / "out").exists()


def test_a_profile_and_globs_choose_the_runs(tmp_path: Path) -> None:
    arguments = ["--profile", "quick", "--only", "vae-*", "--only", "gan-mlp-*", "--jobs", "3", "--output", tmp_path]
    found = run_plan("experiments.yaml", *arguments)
    assert found.returncode == 0, found.stderr
    assert "profile quick, dataset mnist-5k: 6 runs, 0 finished, 6 to do with 3 at once" in found.stdout
    assert "GAN grid" not in found.stdout
    assert f"GAN: MLP              -  {LACKS['no_baseline']}" in found.stdout
    (time,) = re.findall(r"estimated time: (.+)", found.stdout)
    assert f"one more seed of all: 6 runs, {time}\n" in found.stdout  # the suite has one seed


def test_trainings_that_are_there_count(tmp_path: Path) -> None:
    suite_file, folder = tmp_path / "suite.yaml", tmp_path / "out"
    suite_file.write_text("seeds: [0, 1]\n" + TINY, encoding="utf-8")
    write_output(folder, suite_file=suite_file, profile="full")
    there, without = (run_plan(suite_file, "--output", path).stdout for path in (folder, tmp_path / "none"))
    assert re.search(r"(\d+) runs, \1 finished, 0 to do", there)
    assert "estimated time" not in there
    assert "one more seed of all: " in there
    rows = [re.findall(r"(?m)^GAN: ReLU .*", text) for text in (there, without)]
    assert len(rows[0]) == len(rows[1]) == 1
    assert rows[0] != rows[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["no.yaml"], "no.yaml: no such file"),
        (["experiments.yaml", "--profile", "quik"], "no profile 'quik'; choose from: full, quick"),
        (["experiments.yaml", "--only", "vae-*", "--only", "vea-*"], "--only vea-*: no run has such a name"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, arguments: list[str], expected: str) -> None:
    found = run_plan(*arguments, "--output", tmp_path / "out")
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert expected in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("profile", ["full", "quick"])
def test_the_table_is_aligned_and_fits_its_width(profile: str) -> None:
    suite = load_suite(ROOT / "experiments.yaml", profile)
    lines = format_outlook(plan_contrasts(suite, plan_runs(suite), Cohort()), choose_planned_fid(suite))
    assert max(map(len, lines)) <= WIDTH
    assert all(line.isascii() for line in lines)
    table = lines[: lines.index("")]
    assert {len(line) for line in table if re.search(r"\d$", line) and line[0] != " "} == {len(table[0])}
    for name in ("compared", "FID", "seeds", "from", "chance", "seeds needed"):
        assert any(re.match(rf"{name}  ", line) for line in lines), name


def test_long_names_go_on_in_further_lines(tmp_path: Path) -> None:
    text = TINY.replace("[2, 4, 8]", "[2, 4], learning_rate: 0.000123, log_interval: 3").replace("[4, 8]", "[4, 8, 9]")
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    suite = load_suite(tmp_path / "suite.yaml")
    lines = format_outlook(plan_contrasts(suite, plan_runs(suite), Cohort()), choose_planned_fid(suite))
    assert max(map(len, lines)) <= WIDTH
    assert any("learning_rate=0.000123" in line for line in lines)


def test_too_many_seeds_are_said_to_be_and_a_dash_has_its_reason() -> None:
    spec = plan_runs(load_suite(ROOT / "experiments.yaml"))[0]
    outlook = Outlook(1.5, (0.049, 0.5, 1.0), (None, 12, 1))
    known = PlannedContrast("vae_latent", [spec], [spec], None, 3, outlook)
    lines = format_outlook([known, PlannedContrast("gan_relu", lack="no_prior")], "fid_classifier")
    assert lines[2].split()[-8:] == ["3", "1.50", "5", "50", "100", ">50", "12", "1"]
    assert lines[3] == f"GAN: ReLU             -  {LACKS['no_prior']}"


def test_runs_that_answer_nothing_are_said_to() -> None:
    assert format_outlook([], "fid_classifier") == [
        "these runs answer no question of the report, so there is nothing to plan seeds for"
    ]


def test_everything_that_may_be_planned_has_a_name() -> None:
    assert set(SUBJECTS) == set(get_args(Subject))
    assert set(LACKS) == set(get_args(Lack))
    assert set(FIDS) == {choose_planned_fid(load_suite(ROOT / "experiments.yaml", name)) for name in ("full", "quick")}
