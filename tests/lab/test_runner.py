"""Which runs are planned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from reportgen.base.errors import ConfigError
from reportgen.lab import runner
from reportgen.lab.runner import Plan, PlannedRun, plan_another_seed, plan_suite
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs


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


def make_plan(
    suite_file: Path,
    folder: Path,
    device: str,
    finished: Sequence[str] = (),
    prefixes: str | tuple[str, ...] = "vae-",
) -> Plan:
    """Return a plan of three seeds, each later run twice as long as the one before it."""
    path = folder / "seeds.yaml"
    path.write_text("seeds: [4, 0, 2]\n" + suite_file.read_text(encoding="utf-8"), encoding="utf-8")
    runs = [
        PlannedRun(spec, "finished" if spec.name in finished else "missing", 0, 2.0**index, 0.0)
        for index, spec in enumerate(plan_runs(load_suite(path)))
        if spec.name.startswith(prefixes)
    ]
    return Plan(runs, 1, device, None)


def test_on_a_cpu_one_seed_comes_before_the_next_and_the_longest_run_first(
    tiny_suite_file: Path, tmp_path: Path
) -> None:
    plan = make_plan(tiny_suite_file, tmp_path, "cpu", finished=["vae-3-s4", "vae-3-s0", "vae-3-s2"])
    assert [run.spec.name for run in plan.missing] == [
        *("vae-linear-10-s4", "vae-10-s4"),
        *("vae-linear-10-s0", "vae-10-s0"),
        *("vae-linear-10-s2", "vae-10-s2"),
    ]
    assert plan.first_pass == (4, 2.0**6 + 2.0**3)
    assert plan.estimated_seconds == sum(run.estimated_seconds for run in plan.missing)


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        ([], ["4_4", "4_8", "10_4", "10_2", "10_8"]),
        (["gan-4_4-s4", "gan-4_4-s0"], ["4_8", "10_2", "10_8", "10_4"]),
        (["gan-4_4-s4", "gan-4_4-s0", "gan-4_4-s2"], ["10_2", "10_8", "10_4", "4_8"]),
    ],
)
def test_on_a_cpu_the_shortest_runs_begin_until_three_are_finished(
    tiny_suite_file: Path, tmp_path: Path, finished: list[str], expected: list[str]
) -> None:
    plan = make_plan(tiny_suite_file, tmp_path, "cpu", finished, prefixes=("gan-4", "gan-10"))
    names = [run.spec.name for run in plan.missing]
    assert names[: len(expected)] == [f"gan-{name}-s4" for name in expected]
    assert sorted(names) == sorted(run.spec.name for run in plan.runs if run.state == "missing")


def test_the_first_short_runs_are_of_every_model(tiny_suite_file: Path, tmp_path: Path) -> None:
    plan = make_plan(tiny_suite_file, tmp_path, "cpu", prefixes=("vae-", "gan-"))
    names = [run.spec.name for run in plan.missing]
    assert names[:5] == ["vae-3-s4", "gan-4_4-s4", "vae-10-s4", "gan-relu-10_8-s4", "gan-mlp-10_8-s4"]


def test_a_gpu_begins_all_seeds_together(tiny_suite_file: Path, tmp_path: Path) -> None:
    plan = make_plan(tiny_suite_file, tmp_path, "cuda:0")
    assert [run.spec.name for run in plan.missing[:3]] == ["vae-linear-10-s2", "vae-linear-10-s0", "vae-linear-10-s4"]
    assert plan.first_pass is None


def test_one_seed_has_one_time(tiny_suite_file: Path, tmp_path: Path) -> None:
    others = [f"vae-{name}-s{seed}" for name in ("3", "10", "linear-10") for seed in (4, 2)]
    assert make_plan(tiny_suite_file, tmp_path, "cpu", finished=others).first_pass is None


def test_another_seed_costs_what_the_first_one_does_and_scores_no_real_images_again(
    tiny_suite_file: Path, tmp_path: Path
) -> None:
    text = tiny_suite_file.read_text(encoding="utf-8").replace("inception: off", "inception: auto")
    (tmp_path / "suite.yaml").write_text("seeds: [4, 0]\n" + text, encoding="utf-8")
    suite = load_suite(tmp_path / "suite.yaml")
    plan = plan_suite(suite, tmp_path, only=["vae-*"], jobs=1, device="cpu", is_dry=True)
    another = plan_another_seed(suite, plan)
    assert {run.spec.settings for run in another.runs} == {run.spec.settings for run in plan.runs}
    assert plan.first_pass == (4, another.estimated_seconds)
    assert plan.scoring is not None
    assert another.scoring is not None
    assert 0 < another.scoring.estimated_seconds < plan.scoring.estimated_seconds / 2
    without = plan_suite(load_suite(tiny_suite_file), tmp_path, jobs=2, device="cpu", is_dry=True)
    assert plan_another_seed(load_suite(tiny_suite_file), without).scoring is None


@pytest.mark.parametrize(("has_gpu", "device"), [(True, "cuda:0"), (False, "cpu")])
def test_without_torch_the_driver_says_whether_there_is_a_gpu(
    monkeypatch: pytest.MonkeyPatch, tiny_suite_file: Path, tmp_path: Path, has_gpu: bool, device: str
) -> None:
    monkeypatch.setattr(runner, "has_nvidia_gpu", lambda: has_gpu)
    suite = load_suite(tiny_suite_file)
    plan = plan_suite(suite, tmp_path, jobs=1, device="auto", is_dry=True, without_torch=True)
    assert plan.device == plan_another_seed(suite, plan).device == device


@pytest.mark.parametrize(("status", "expected"), [(0, True), (100, False), (None, False)])
def test_a_driver_without_a_gpu_is_none(monkeypatch: pytest.MonkeyPatch, status: int | None, expected: bool) -> None:
    """Status 100 is CUDA's for no device."""
    driver = None if status is None else SimpleNamespace(cuInit=lambda flags: status)
    monkeypatch.setattr(runner, "_load_cuda_driver", lambda: driver)
    assert runner.has_nvidia_gpu() is expected
