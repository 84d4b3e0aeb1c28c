"""What is said of stale runs, and what gc would remove."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from synthetic import write_run
from typer.testing import CliRunner

from reportgen.base.errors import RunError
from reportgen.base.files import write_bytes
from reportgen.cli.commands import app
from reportgen.store.housekeeping import Change, compare_identities, explain_run, find_garbage, remove
from reportgen.store.locks import hold_run
from reportgen.store.paths import OutputPaths
from reportgen.store.states import find_state
from reportgen.store.suites import write_suite
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec, plan_runs

SUITE = """
dataset: mnist-5k
runs: {a: {model: vae, latent_dim: [3, 10], num_training_steps: 20, image_interval: 10}}
"""


def load(folder: Path, text: str = SUITE) -> list[RunSpec]:
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    suite = load_suite(folder / "suite.yaml")
    write_suite(OutputPaths(folder / "out"), suite, folder / "suite.yaml")
    return plan_runs(suite)


def finish(folder: Path, specs: list[RunSpec]) -> OutputPaths:
    paths = OutputPaths(folder / "out")
    for index, spec in enumerate(specs):
        write_run(paths.run(spec.folder_name), spec, index)
    return paths


def test_a_finished_run_needs_nothing(tmp_path: Path) -> None:
    specs = load(tmp_path)
    found = explain_run(finish(tmp_path, specs), specs[0], specs)
    assert (found.state, found.training, found.evaluation) == ("finished", (), ())


@pytest.mark.fault(row=13)
@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("num_training_steps: 20", "num_training_steps: 30", Change("settings.num_training_steps", 20, 30)),
        ("num_training_steps: 20", "num_training_steps: 20, batch_size: 8", Change("settings.batch_size", None, 8)),
        ("dataset: mnist-5k", "dataset: mnist", Change("dataset", "mnist-5k", "mnist")),
    ],
)
def test_the_field_that_made_a_run_stale_is_named(tmp_path: Path, old: str, new: str, change: Change) -> None:
    output = finish(tmp_path, load(tmp_path))
    specs = load(tmp_path, SUITE.replace(old, new))
    found = explain_run(output, specs[0], specs)
    assert found.state == "missing"
    assert found.training == (change,)


@pytest.mark.fault(row=13)
def test_a_new_measurement_is_no_new_training(tmp_path: Path) -> None:
    output = finish(tmp_path, load(tmp_path))
    specs = load(tmp_path, SUITE + "fid: {num_images: 100}\n")
    found = explain_run(output, specs[0], specs)
    assert (found.state, found.training) == ("trained", ())
    assert found.evaluation == (Change("fid_num_images", 3000, 100),)


@pytest.mark.fault(row=13)
def test_a_comment_a_title_or_a_default_written_out_changes_no_key(tmp_path: Path) -> None:
    specs = load(tmp_path)
    text = "# a comment\nreport: {title: new}\n" + SUITE.replace("model: vae,", "model: vae, batch_size: 32,")
    again = load(tmp_path, text)
    assert [(s.training_key, s.evaluation_key) for s in specs] == [(s.training_key, s.evaluation_key) for s in again]


def test_the_command_explains(tmp_path: Path) -> None:
    finish(tmp_path, load(tmp_path))
    load(tmp_path, SUITE.replace("20", "30"))
    suite, output = str(tmp_path / "suite.yaml"), str(tmp_path / "out")
    run = CliRunner().invoke(app, ["explain", "vae-3-s0", "--suite", suite, "--output", output])
    assert run.exit_code == 0
    assert "will be trained anew: settings.num_training_steps was 20, is 30" in run.stdout
    status = CliRunner().invoke(app, ["status", "--output", output])
    assert "stale       vae-3-s0" in status.stdout
    with pytest.raises(Exception, match="choose from: vae-3-s0, vae-10-s0"):
        CliRunner().invoke(app, ["explain", "x", "--suite", suite, "--output", output], catch_exceptions=False)


def test_a_sibling_in_the_suite_neither_retrains_nor_renames(tmp_path: Path) -> None:
    specs = load(tmp_path)
    output = finish(tmp_path, specs)
    more = "}, more: {model: vae, latent_dim: 3, batch_size: 8, num_training_steps: 20, image_interval: 10}}"
    grown = load(tmp_path, SUITE.replace("}}", more))
    assert [spec.name for spec in grown] == ["vae-3-batch_size=32-s0", "vae-10-s0", "vae-3-batch_size=8-s0"]
    assert [spec.folder_name for spec in grown[:2]] == [spec.folder_name for spec in specs]
    assert explain_run(output, grown[0], grown).state == "finished"
    sibling = explain_run(output, grown[2], grown)
    assert (sibling.state, sibling.recorded, sibling.training) == ("missing", None, ())
    assert find_garbage(output, grown) == []
    status = CliRunner().invoke(app, ["status", "--output", str(output.root)]).stdout
    assert "missing     vae-3-batch_size=8-s0" in status


def test_a_run_that_was_only_begun_is_not_stale(tmp_path: Path) -> None:
    specs = load(tmp_path)
    output = OutputPaths(tmp_path / "out")
    with hold_run(output.run(specs[0].folder_name)):
        pass  # killed before its first checkpoint
    assert "missing     vae-3-s0" in CliRunner().invoke(app, ["status", "--output", str(output.root)]).stdout


def test_gc_lists_first_and_deletes_only_what_no_run_needs(tmp_path: Path) -> None:
    specs = load(tmp_path)
    output = finish(tmp_path, specs)
    kept = output.run(specs[0].folder_name)
    write_bytes(kept.checkpoint(5), b"x" * 100)
    for path in (kept.folder / ".spec.json.abc.tmp", output.root / ".suite.json.abc.tmp"):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    being_written = output.root / ".report.zh.pdf.abc.tmp"
    being_written.write_bytes(b"x")
    load(tmp_path, SUITE.replace("[3, 10]", "[3]"))
    arguments = ["gc", "--output", str(output.root)]
    listed = CliRunner().invoke(app, arguments)
    assert "4 things" in listed.stdout
    assert "would delete" in listed.stdout
    assert output.run(specs[1].folder_name).folder.is_dir()
    CliRunner().invoke(app, [*arguments, "--delete"])
    assert [path.name for path in output.runs.iterdir() if path.is_dir()] == [specs[0].folder_name]
    assert find_garbage(output, specs[:1]) == []
    assert being_written.exists()
    assert explain_run(output, specs[0], specs).state == "finished"
    assert "0 things" in CliRunner().invoke(app, arguments).stdout


def test_gc_passes_over_what_is_finished_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = load(tmp_path)
    output = finish(tmp_path, specs)
    gone = output.root / ".report.zh.pdf.abc.tmp"
    glob = Path.glob
    monkeypatch.setattr(
        Path, "glob", lambda path, pattern: [*glob(path, pattern), *([gone] if path == output.root else [])]
    )
    assert find_garbage(output, specs) == []


def test_gc_leaves_alone_what_is_being_worked_on(tmp_path: Path) -> None:
    specs = load(tmp_path)
    output = finish(tmp_path, specs)
    with hold_run(output.run(specs[1].folder_name)):
        assert find_garbage(output, specs[:1]) == []
    (garbage,) = find_garbage(output, specs[:1])
    with hold_run(output.run(specs[1].folder_name)), pytest.raises(RunError, match="another process is working on it"):
        remove(garbage)
    assert find_state(output.run(specs[1].folder_name), specs[1].training_key, specs[1].evaluation_key) == "finished"
    remove(garbage)
    assert not list(output.runs.glob(f".{specs[1].folder_name}*"))


def test_changes_of_nested_fields() -> None:
    old, new = {"a": 1, "s": {"x": 1, "y": 2}}, {"a": 1, "s": {"x": 3}, "z": 4}
    assert compare_identities(old, new) == (Change("s.x", 1, 3), Change("s.y", 2, None), Change("z", None, 4))


def test_gc_keeps_the_checkpoints_of_a_run_that_goes_on(tmp_path: Path) -> None:
    specs = load(tmp_path)
    paths = OutputPaths(tmp_path / "out").run(specs[0].folder_name)
    write_bytes(paths.checkpoint(5), b"x")
    assert find_garbage(OutputPaths(tmp_path / "out"), specs) == []


@pytest.mark.fault(row=11)
def test_what_cannot_be_deleted_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = load(tmp_path)
    output = finish(tmp_path, specs)
    write_bytes(output.run(specs[0].folder_name).checkpoint(5), b"x")
    (garbage,) = find_garbage(output, specs)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(RunError, match=r"checkpoint-000000005\.pt: cannot be deleted \(Permission denied\)$"):
        remove(garbage)
