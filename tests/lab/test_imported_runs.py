"""Runs that were trained elsewhere: measured and recorded like any other, in the files of a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
import torch
from framework import build_gan, read_networks, rename, run_import, write_events, write_gan, write_vae

from reportgen.base.errors import RunError
from reportgen.lab import importing
from reportgen.lab.execution import execute_run
from reportgen.lab.runner import plan_suite
from reportgen.lab.tasks import Task
from reportgen.paper.analysis.results import load_results
from reportgen.paper.report.assemble import build_report
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import read_evaluation, read_run_record
from reportgen.store.states import find_state
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec, plan_runs
from reportgen.suite.settings import GanSettings

COMMON = "dataset: mnist-5k\nfid: {num_images: 50, inception: off}\n"

NATIVE = f"""{COMMON}
defaults:
  vae: {{num_training_steps: 2, batch_size: 8}}
  gan: {{num_training_steps: 2, batch_size: 8}}
runs:
  conv: {{model: gan, latent_dim: 4, hidden_dim: 4}}
  mlp: {{model: gan, architecture: mlp, latent_dim: 4, hidden_dim: 4}}
  vae: {{model: vae, latent_dim: 3}}
  linear: {{model: vae, architecture: linear, latent_dim: 8, num_training_steps: 150}}
"""

CONFIGURATIONS = {
    "gan-4_4": "z-4_gh-4_dh-4_batch-8_num-train-steps-2",
    "gan-mlp-4_4": "z-4_batch-8_hidden-4_num-train-steps-2-use_mlp_True",
    "vae-3": "latent-9_hidden-4_batch-8_num-train-steps-2",
    "vae-linear-8": "swapped",
}
ALONE = "z-6_hidden-5_batch-8_num-train-steps-12"
"""A configuration of which nothing but curves is there."""
"""Base name of a run that was trained here -> the folder of its twin, of which one is misnamed."""

Step = tuple[int, str, float]


def log(model: str, num: int = 12) -> list[Step]:
    """Rows as the framework logs them, with the tags of one year for GANs."""
    tags = {
        "gan": ("discriminator_loss", "generator_loss", "D(x)", "D(G(z1))", "D(G(z2))", "fid"),
        "vae": ("reconstruction_loss", "KL_divergence", "loss", "dev/loss"),
    }
    return [(step, tag, 0.5 + step / 100) for tag in tags[model] for step in range(num)]


def swap_halves(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A VAE whose encoder gives log-variances before means."""
    heads = ("encoder.fc.2.weight", "encoder.fc.2.bias")
    return {name: torch.cat(t.chunk(2)[::-1]) if name in heads else t for name, t in state.items()}


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunPaths]:
    """Runs that were trained here, by their base names without the seed."""
    folder = tmp_path_factory.mktemp("native")
    (folder / "suite.yaml").write_text(NATIVE)
    specs = plan_runs(load_suite(folder / "suite.yaml"))
    for spec in specs:
        execute_run(Task(spec, folder, None, "cpu"), lambda *_: None)
    return {spec.settings.base_name: OutputPaths(folder).run(spec.folder_name) for spec in specs}


@pytest.fixture(scope="module")
def homework(tmp_path_factory: pytest.TempPathFactory, native: Mapping[str, RunPaths]) -> Path:
    """The same weights as the framework would have left them, two steps of each GAN; the MLP has no curves."""
    folder = tmp_path_factory.mktemp("作业") / "homework"
    write_events(folder / "a" / "runs" / ALONE, log("gan"))
    for base, name in CONFIGURATIONS.items():
        networks = read_networks(native[base])
        results, runs = folder / "results" / name, folder / "a" / "runs" / name
        if "vae" in networks:
            if base == "vae-3":
                write_vae(results / "1", networks["vae"])
                write_events(runs, log("vae"))
            else:
                write_vae(results / "149", swap_halves(networks["vae"]))
            continue
        for step in ("0", "1"):
            generator, discriminator = rename(networks["generator"], "decoder"), networks["discriminator"]
            write_gan(results / step, generator, rename(discriminator, "main"))
        if base == "gan-4_4":
            write_events(runs, log("gan"))
    return folder


@pytest.fixture(scope="module")
def suite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("suite") / "own.yaml"
    entry = f"  {CONFIGURATIONS['gan-4_4']}: {{model: gan, activation: relu, learning_rate: 0.001, hidden_dim: 5}}\n"
    path.write_text(
        f"{COMMON}report: {{author: {{name: 李}}}}\ndefaults: {{gan: {{learning_rate: 0.5}}}}\nruns:\n{entry}"
    )
    return path


@pytest.fixture(scope="module")
def output(
    tmp_path_factory: pytest.TempPathFactory, native: Mapping[str, RunPaths], homework: Path, suite_file: Path
) -> Path:
    """All of it imported. Tests must not change it."""
    folder = tmp_path_factory.mktemp("imported")
    keep_cache(native, folder)
    found = run_import(homework, folder, suite_file)
    assert (found.num_found, found.num_imported) == (5, 5)
    return folder


def keep_cache(native: Mapping[str, RunPaths], output: Path) -> None:
    """Give an output the real side of scores, which takes most of the time."""
    shutil.copytree(native["vae-3"].folder.parent.parent / "cache", output / "cache")


def list_specs(output: Path) -> dict[str, RunSpec]:
    return {spec.settings.base_name: spec for spec in plan_runs(load_suite(output / "imported.yaml"))}


def list_paths(output: Path) -> dict[str, RunPaths]:
    """Runs that were imported, by the base names of those with the same weights that were trained here."""
    paths = {base: OutputPaths(output).run(spec.folder_name) for base, spec in list_specs(output).items()}
    return {**paths, "gan-4_4": paths["gan-relu-4_4"]}


# ---- the same as a run that was trained here ------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["gan-mlp-4_4", "vae-3", "vae-linear-8"])
def test_imported_weights_are_measured_to_the_same_bits_as_those_of_a_run_trained_here(
    native: Mapping[str, RunPaths], output: Path, base: str
) -> None:
    here, imported = native[base], list_paths(output)[base]
    assert here.weights.read_bytes() == imported.weights.read_bytes()
    expected, found = (read_evaluation(paths).model_dump(exclude={"evolution"}) for paths in (here, imported))
    assert expected == found
    for name in ("counted", "interpolation", "nearest"):
        assert here.image(name).read_bytes() == imported.image(name).read_bytes()


def test_generators_with_another_discriminator_in_the_report_draw_the_same(
    native: Mapping[str, RunPaths], output: Path
) -> None:
    """The suite says that its D has ReLUs; no weight tells, and the generator does not depend on it."""
    expected, found = (read_evaluation(paths) for paths in (native["gan-4_4"], list_paths(output)["gan-4_4"]))
    assert expected.scores == found.scores
    assert expected.interpolation == found.interpolation
    assert expected.discriminator != found.discriminator


def test_an_imported_run_is_finished_and_run_leaves_it_alone(output: Path) -> None:
    specs = list_specs(output)
    for spec in specs.values():
        paths = OutputPaths(output).run(spec.folder_name)
        expected = "finished" if spec.settings.base_name != "gan-6_5" else "curves"
        assert find_state(paths, spec.training_key, spec.evaluation_key, check_files=True) == expected
        assert not list(output.glob("runs/.*.tmp"))
    suite = load_suite(output / "imported.yaml")
    plan = plan_suite(suite, output, only=(), jobs=1, device="cpu", is_dry=True)
    assert not plan.missing


def test_its_record_has_its_origin(output: Path) -> None:
    record = read_run_record(list_paths(output)["gan-mlp-4_4"])
    assert record.origin is not None
    assert record.origin.folder == f"homework/results/{CONFIGURATIONS['gan-mlp-4_4']}"
    assert record.origin.steps == (1, 2)
    assert len(record.origin.files) == 4
    assert record.train_seconds is None
    assert record.settings.imported is not None


def test_all_saved_steps_are_scored_and_logged_curves_count_steps_from_one(output: Path) -> None:
    history = pd.read_csv(list_paths(output)["gan-4_4"].history)
    assert list(history.loc[history.metric == "sample_fid", "step"]) == [1, 2]
    logged = history[history.metric == "D_G_z1"]
    assert list(logged.step) == list(range(1, 13))
    vae = pd.read_csv(list_paths(output)["vae-3"].history)
    assert set(vae.metric) >= {"train_total", "dev_total", "dev_kl", "sample_fid"}
    assert (vae.metric == "dev_total").sum() == 12, "logged ones are not measured again"
    assert (vae.metric == "dev_kl").sum() == 1


def test_curves_without_checkpoints_are_a_run_without_weights(output: Path) -> None:
    paths, record = list_paths(output)["gan-6_5"], read_run_record(list_paths(output)["gan-6_5"])
    assert set(pd.read_csv(paths.history).metric) == {"discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2"}
    assert not paths.weights.exists()
    assert record.origin is not None
    assert record.origin.steps == ()
    assert record.origin.folder == f"homework/a/runs/{ALONE}"
    assert "figure-gan_alone" in build_report(load_results(output), "en").labels


def test_curves_alone_make_no_report(tmp_path: Path) -> None:
    write_events(tmp_path / "hw" / ALONE, log("gan"))
    with pytest.raises(RunError, match="curves alone make no report: a checkpoint must be there with them"):
        run_import(tmp_path / "hw", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_settings_are_from_tensors_then_the_suite_then_the_name(output: Path) -> None:
    settings = {base: spec.settings for base, spec in list_specs(output).items()}
    gan, mlp, vae = settings["gan-relu-4_4"], settings["gan-mlp-4_4"], settings["vae-3"]
    assert isinstance(gan, GanSettings)
    assert (gan.hidden_dim, gan.activation, gan.learning_rate, gan.batch_size) == (4, "relu", 0.001, 8)
    assert (mlp.learning_rate, mlp.num_training_steps) == (0.5, 2)
    assert (vae.latent_dim, vae.learning_rate) == (3, 0.001)
    assert load_suite(output / "imported.yaml").report.author.name == "李"


def test_a_report_is_made_of_what_was_imported(output: Path) -> None:
    report = build_report(load_results(output), "zh", draws=False)
    assert "table-imported" in report.labels
    assert not any(str(output.parent) in attachment.content.decode() for attachment in report.attachments[:3])


def test_importing_the_same_again_changes_nothing_and_other_runs_join_it(
    homework: Path, output: Path, suite_file: Path, tmp_path: Path
) -> None:
    def list_all() -> dict[Path, int]:
        return {p: p.stat().st_mtime_ns for p in (output / "runs").rglob("*") if p.is_file() and p.parts[-2] != "runs"}

    before, declared = list_all(), load_suite(output / "imported.yaml")
    run_import(homework, output)
    assert list_all() == before
    assert load_suite(output / "imported.yaml") == declared


def test_a_run_whose_files_are_gone_is_not_trained(output: Path, tmp_path: Path) -> None:
    task = Task(list_specs(output)["gan-mlp-4_4"], tmp_path, None, "cpu")
    with pytest.raises(RunError, match="trained elsewhere and its files are not here; run 'reportgen import FOLDER'"):
        execute_run(task, lambda *_: None)


def test_what_is_said_while_importing(
    homework: Path, output: Path, suite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(homework, output, suite_file)
    lines = capsys.readouterr().out
    assert f"homework/results/{CONFIGURATIONS['gan-4_4']}: 2 checkpoints (steps 1 to 2), 6 curves in 1 file\n" in lines
    assert "  no metric of a gan, left out: fid\n" in lines
    assert "  hidden_dim is 4, the suite says 5\n" in lines
    assert "  latent_dim is 3, the folder's name says 9\n" in lines
    assert "  batch_size 8: from the folder's name\n" in lines
    assert "assumed, as no file tells: " in lines
    assert "learning_rate 0.001 (2 of 5)" in lines
    assert "activation leaky_relu (2 of 5)" in lines
    assert "measured against mnist-5k: as the suite says\n" in lines
    assert "vae-linear-8-s0: imported from swapped: FID" in lines
    assert "gan-mlp-4_4-s0: imported from z-4_batch-8_hidden-4_num-train-steps-2-use_mlp_True: FID " in lines


def test_a_run_that_cannot_be_measured_leaves_nothing(
    native: Mapping[str, RunPaths], homework: Path, suite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_cache(native, tmp_path / "out")

    def fail(*_: object) -> None:
        raise RunError("the trained model draws NaN pixels")

    monkeypatch.setattr(importing.runs, "record_evaluation", fail)
    with pytest.raises(RunError, match="none of 5 configurations could be imported"):
        run_import(homework, tmp_path / "out", suite_file)
    assert not [path for path in (tmp_path / "out" / "runs").iterdir() if path.is_dir()]
    assert not (tmp_path / "out" / "imported.yaml").exists()


def test_one_bad_step_refuses_the_run_and_others_are_imported(
    native: Mapping[str, RunPaths], tmp_path: Path, suite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_cache(native, tmp_path / "out")
    write_gan(tmp_path / "hw" / "bad" / "1", *build_gan(2))
    write_gan(tmp_path / "hw" / "good" / "1", *build_gan(2))
    torn = tmp_path / "hw" / "bad" / "2"
    write_gan(torn, *build_gan(2))
    (torn / "generator.bin").write_bytes((torn / "generator.bin").read_bytes()[:1000])
    found = run_import(tmp_path / "hw", tmp_path / "out", suite_file)
    assert (found.num_found, found.num_imported) == (2, 1)
    assert "not imported: step 3, generator.bin: it cannot be read: half-written" in capsys.readouterr().out
    assert len([path for path in (tmp_path / "out" / "runs").iterdir() if path.is_dir()]) == 1


def test_what_a_killed_import_left_is_cleared_away(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "vae-3-s0-abc")
    (tmp_path / ".vae-3-s0-abc.killed.tmp").mkdir()
    paths.folder.mkdir()
    with importing.runs._build_beside(paths) as beside:
        (beside.folder / "whole").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["vae-3-s0-abc"]
    assert (paths.folder / "whole").is_file()


def test_records_are_json(output: Path) -> None:
    paths = list_paths(output)["vae-3"]
    assert json.loads(paths.spec.read_text())["origin"]["steps"] == [2]
