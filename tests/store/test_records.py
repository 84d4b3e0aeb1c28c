"""Records as the lab leaves them on disk, as the paper reads them, and those of an older program."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import make_tasks
from synthetic import make_evaluation, make_results, make_run_record, write_output

from reportgen.base.errors import RunError
from reportgen.base.files import read_json, write_json
from reportgen.lab.execution import execute_run
from reportgen.paper.analysis.results import load_results
from reportgen.paper.report.assemble import build_report
from reportgen.store.housekeeping import Change, explain_run
from reportgen.store.manifest import FORMAT_VERSION, record_stage
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import read_evaluation, read_run_record, write_record
from reportgen.store.states import find_state
from reportgen.store.suites import write_suite
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec, plan_runs

SUITE = """
dataset: mnist-5k
fid: {num_images: 50, inception: off}
interpolation: {num_points: 3}
defaults:
  vae: {num_training_steps: 10, batch_size: 8, image_interval: 5}
  gan: {num_training_steps: 10, batch_size: 8, image_interval: 5}
runs:
  vae: {section: vae_latent, model: vae, latent_dim: 2}
  gan: {section: gan_grid, model: gan, latent_dim: 4, hidden_dim: 4}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite's file and the two finished runs that it declares. Tests must not change it."""
    folder = tmp_path_factory.mktemp("trained")
    path = folder / "suite.yaml"
    path.write_text(SUITE, encoding="utf-8")
    write_suite(OutputPaths(folder), load_suite(path), path)
    for task in make_tasks(path, folder):
        execute_run(task, lambda *_: None)
    return folder


@pytest.fixture
def spec(tmp_path: Path) -> RunSpec:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return plan_runs(load_suite(path))[0]


def list_runs(folder: Path) -> list[tuple[RunSpec, RunPaths]]:
    specs = plan_runs(load_suite(folder / "suite.yaml"))
    return [(spec, OutputPaths(folder).run(spec.folder_name)) for spec in specs]


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = read_json(path)
    change(content)
    write_json(path, content)


def test_what_the_lab_wrote_is_read_back_to_equal_json(trained: Path) -> None:
    for spec, paths in list_runs(trained):
        record, evaluation = read_run_record(paths), read_evaluation(paths)
        assert record.model_dump(mode="json") == read_json(paths.spec)
        assert evaluation.model_dump(mode="json") == read_json(paths.evaluation)
        assert (record.settings, record.key, record.trained_together) == (spec.settings, spec.training_key, 1)
        assert (evaluation.reconstruction is None) == (spec.settings.model == "gan")
        assert list(evaluation.evolution) == ([5, 10] if spec.settings.model == "gan" else [])


@pytest.mark.parametrize(
    "field",
    [
        "memorisation",
        "reconstruction",
        "dataset.pixel_entropy",
        "scores.classifier.yardsticks.3.fid",
        "interpolation.random_pairs.detour.2",
        "classifier.reliability.0.read",
    ],
)
def test_a_record_that_lacks_a_field_is_refused_in_one_line(spec: RunSpec, tmp_path: Path, field: str) -> None:
    paths = RunPaths(tmp_path)
    write_record(paths.evaluation, make_evaluation(spec))
    edit(paths.evaluation, lambda content: lose(content, field))
    with pytest.raises(RunError) as caught:
        read_evaluation(paths)
    assert str(caught.value) == f"{paths.evaluation}: {field} is missing; 'reportgen run' measures the run again"


def lose(content: Any, field: str) -> None:
    """Delete a field by its dotted path, in which numbers are places in a list."""
    *parents, last = [int(name) if name.isdecimal() else name for name in field.split(".")]
    for parent in parents:
        content = content[parent]
    del content[last]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content.update(colour="red"), "colour: extra inputs are not permitted"),
        (lambda content: content["digits"]["all_counts"].pop(), "digits.all_counts: tuple should have at least 11"),
    ],
)
def test_a_record_with_another_shape_is_refused(
    spec: RunSpec, tmp_path: Path, change: Callable[[Any], object], said: str
) -> None:
    write_record(RunPaths(tmp_path).evaluation, make_evaluation(spec))
    edit(RunPaths(tmp_path).evaluation, change)
    with pytest.raises(RunError, match=re.escape(said)):
        read_evaluation(RunPaths(tmp_path))


def test_what_is_no_record_at_all_is_refused_in_one_line(tmp_path: Path) -> None:
    write_json(RunPaths(tmp_path).spec, [])
    with pytest.raises(RunError, match=r"spec\.json: the record: .*; delete .*, then 'reportgen run' trains"):
        read_run_record(RunPaths(tmp_path))


def test_what_only_newer_trainings_record_may_lack(spec: RunSpec, tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    write_record(paths.spec, make_run_record(spec).model_copy(update={"trained_together": 3, "changed_device": True}))
    assert read_run_record(paths).trained_together == 3

    def make_older(content: dict[str, Any]) -> None:
        del content["trained_together"], content["changed_device"]

    edit(paths.spec, make_older)
    assert (read_run_record(paths).trained_together, read_run_record(paths).changed_device) == (None, None)
    report = build_report(make_results(load_suite(tmp_path / "suite.yaml")), "en", draws=False)
    assert report.sections[-1].id == "appendix"
    assert "side by side" not in repr(report.sections[-2])


# ---- folders of an older or newer program ---------------------------------------------------------------------------


def make_format_1(spec: RunSpec, paths: RunPaths) -> None:
    """As the first format had it: fields are missing, and all checksums hold."""
    edit(paths.evaluation, lambda content: content["dataset"].pop("pixel_entropy"))
    vouch_for_evaluation(spec, paths)
    edit(paths.manifest, lambda content: content.update(format=1))


def lose_a_field(spec: RunSpec, paths: RunPaths) -> None:
    edit(paths.evaluation, lambda content: content.pop("memorisation"))


def lose_a_field_and_vouch_for_the_rest(spec: RunSpec, paths: RunPaths) -> None:
    lose_a_field(spec, paths)
    vouch_for_evaluation(spec, paths)


def vouch_for_evaluation(spec: RunSpec, paths: RunPaths) -> None:
    names = json.loads(paths.manifest.read_text())["stages"]["evaluation"]["files"]
    files = [paths.folder / name for name in names]
    record_stage(paths, "evaluation", spec.evaluation_key, files, spec.evaluation_identity)


@pytest.mark.fault(row=13)
@pytest.mark.parametrize("damage", [make_format_1, lose_a_field, lose_a_field_and_vouch_for_the_rest])
def test_an_older_or_damaged_evaluation_is_measured_again_and_nothing_is_trained(
    trained: Path, tmp_path: Path, damage: Callable[[RunSpec, RunPaths], None]
) -> None:
    shutil.copytree(trained, tmp_path / "out")
    stages = []
    for task, (spec, paths) in zip(
        make_tasks(trained / "suite.yaml", tmp_path / "out"), list_runs(tmp_path / "out"), strict=True
    ):
        before = paths.weights.stat().st_mtime_ns
        damage(spec, paths)
        assert find_state(paths, spec.training_key, spec.evaluation_key, check_files=True) == "trained"
        execute_run(task, lambda stage, *_: stages.append(stage))
        assert find_state(paths, spec.training_key, spec.evaluation_key, check_files=True) == "finished"
        assert paths.weights.stat().st_mtime_ns == before
        measured = OutputPaths(trained).run(spec.folder_name).evaluation
        assert paths.evaluation.read_bytes() == measured.read_bytes()
    assert stages == ["evaluation"] * 2


def test_a_folder_of_the_first_format_is_trained_and_says_why(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "out")
    runs = list_runs(tmp_path / "out")
    for spec, paths in runs:
        make_format_1(spec, paths)
    results = load_results(tmp_path / "out")
    assert [run.state for run in results.runs] == ["trained", "trained"]
    for spec, _ in runs:
        found = explain_run(OutputPaths(tmp_path / "out"), spec, [spec for spec, _ in runs])
        assert (found.state, found.training) == ("trained", ())
        assert found.evaluation == (Change("format", 1, FORMAT_VERSION),)


def test_a_stage_that_is_recorded_anew_vouches_for_no_older_one(trained: Path, tmp_path: Path) -> None:
    """Else the new format in the manifest would make an old evaluation pass for a whole one."""
    shutil.copytree(trained, tmp_path / "out")
    spec, paths = list_runs(tmp_path / "out")[0]
    make_format_1(spec, paths)
    record_stage(paths, "training", spec.training_key, [paths.spec, paths.history, paths.weights])
    assert json.loads(paths.manifest.read_text())["format"] == FORMAT_VERSION
    assert find_state(paths, spec.training_key, spec.evaluation_key) == "trained"


def test_a_damaged_record_of_a_finished_run_stops_a_report_with_one_line(tmp_path: Path) -> None:
    write_output(tmp_path)
    run = load_results(tmp_path).finished[0]
    edit(run.paths.evaluation, lambda content: content["scores"]["classifier"].pop("recall"))
    with pytest.raises(RunError, match=r"scores\.classifier\.recall is missing; 'reportgen run' measures"):
        build_report(load_results(tmp_path), "en", draws=False)


def test_a_record_of_a_training_that_cannot_be_used_says_what_makes_it_anew(trained: Path, tmp_path: Path) -> None:
    """A training whose checksums hold is not repeated by itself: what the line asks for is what helps."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    task = make_tasks(tmp_path / "suite.yaml", tmp_path)[0]
    paths = OutputPaths(tmp_path).run(task.spec.folder_name)
    record = read_json(paths.spec)
    del record["environment"]["python"]
    write_json(paths.spec, record)
    files = [paths.spec, paths.history, paths.weights]
    record_stage(paths, "training", task.spec.training_key, files, task.spec.training_identity)
    with pytest.raises(
        RunError, match=r"environment\.python is missing; delete .*, then 'reportgen run' trains"
    ) as caught:
        read_run_record(paths)
    assert str(paths.folder) in str(caught.value)
    shutil.rmtree(paths.folder)
    execute_run(task, lambda *_: None)
    assert read_run_record(paths).environment.python


def test_a_run_of_a_newer_format_is_refused_in_one_line(tmp_path: Path) -> None:
    write_output(tmp_path)
    manifest = load_results(tmp_path).finished[0].paths.manifest
    edit(manifest, lambda content: content.update(format=FORMAT_VERSION + 1))
    with pytest.raises(RunError, match=rf"manifest\.json: format {FORMAT_VERSION + 1} is newer than .* update"):
        load_results(tmp_path)
