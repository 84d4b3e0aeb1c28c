"""Which configurations a report is about, on made-up results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from synthetic import ROOT, make_results, make_scores

from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Results
from reportgen.paper.analysis.selection import (
    MAX_SHOWN,
    find_baseline,
    find_best_gan,
    find_compared,
    find_main_vae,
    pick,
    pick_steps,
    select_plain_gans,
)
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec

MORE_VAES = "  more: {model: vae, latent_dim: [100, 128], encoder_output_relu: [true, false]}\n"
MANY_GANS = "  many: {section: gan_grid, model: gan, latent_dim: [16, 24, 32], hidden_dim: [16, 20, 24, 28]}\n"


def make(folder: Path, more: str = "", left_out: str = "", best: str = "") -> Results:
    """Return results of the shipped suite with ``more`` runs, without those that match ``left_out``."""
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8")
    (folder / "suite.yaml").write_text(re.sub("(?m)^profiles:", f"{more}profiles:", text), encoding="utf-8")

    def change(spec: RunSpec, evaluation: dict) -> None:  # type: ignore[type-arg]
        fid = 1.0 if spec.configuration_name == best else 9.0 + spec.settings.latent_dim
        evaluation["scores"]["classifier"] = make_scores("classifier", fid)

    return make_results(
        load_suite(folder / "suite.yaml", "quick"),
        change=change,
        leave_out=lambda spec: bool(left_out and re.match(left_out, spec.name)),
    )


def test_an_ablation_is_no_plain_gan(tmp_path: Path) -> None:
    results = make(tmp_path, best="gan-relu-100_100")
    assert not [c.label for c in select_plain_gans(results) if "ReLU" in c.label or "MLP" in c.label]
    best = find_best_gan(results)
    assert best is not None
    assert best.label == "GAN 16_16"


@pytest.mark.parametrize(("left_out", "label"), [(r"gan-\d", "ReLU GAN 100_100"), ("gan", None)])
def test_an_ablated_gan_stands_in_where_there_is_no_plain_one(tmp_path: Path, left_out: str, label: str | None) -> None:
    best = find_best_gan(make(tmp_path, left_out=left_out, best="gan-relu-100_100"))
    assert (best and best.label) == label


@pytest.mark.parametrize(
    ("left_out", "label"),
    [("x", "VAE-100"), (r"gan-100_", "VAE-128"), ("vae-[1-9]", "VAE-128 (output ReLU)"), ("vae", None)],
)
def test_the_main_vae_shares_its_dimension_with_a_gan_if_it_can(
    tmp_path: Path, left_out: str, label: str | None
) -> None:
    vae = find_main_vae(make(tmp_path, MORE_VAES, left_out))
    assert (vae and vae.label) == label


def test_the_best_gan_of_the_vaes_dimension_is_compared(tmp_path: Path) -> None:
    compared = find_compared(make(tmp_path, best="gan-100_16"))
    assert compared is not None
    assert [c.label for c in compared] == ["VAE-100", "GAN 100_16"]


@pytest.mark.parametrize("left_out", ["vae", "gan"])
def test_nothing_is_compared_with_one_model(tmp_path: Path, left_out: str) -> None:
    assert find_compared(make(tmp_path, left_out=left_out)) is None


def test_a_baseline_differs_in_the_ablated_setting_alone(tmp_path: Path) -> None:
    results = make(tmp_path, MORE_VAES)
    found = {c.label: find_baseline(results, c) for c in results.configurations}
    baselines = {label: baseline and baseline.label for label, baseline in found.items()}
    assert {label: name for label, name in baselines.items() if name} == {
        "VAE-64 linear": "VAE-64",
        "VAE-100 (output ReLU)": "VAE-100",
        "VAE-128 (output ReLU)": "VAE-128",
        "MLP GAN 100_100": "GAN 100_100",
        "ReLU GAN 100_100": "GAN 100_100",
    }
    assert baselines["VAE-64"] is None


def test_of_many_a_few_are_picked_from_the_lowest_to_the_highest_fid(tmp_path: Path) -> None:
    grid = make(tmp_path, MANY_GANS).answer("gan_grid")
    picked = pick(grid)
    assert len(grid) > MAX_SHOWN == len(picked)
    assert picked == [c for c in grid if c in picked]
    fids = {measure("fid_classifier", c).mean for c in grid}
    assert {min(fids), max(fids)} <= {measure("fid_classifier", c).mean for c in picked}
    assert pick(grid[:3]) == grid[:3]


def test_steps_are_spread_evenly_with_both_ends() -> None:
    assert pick_steps(range(1000, 0, -100)) == [100, 400, 700, 1000]
    assert pick_steps([7]) == [7]
