"""The file names of a run: what is found again under them."""

from __future__ import annotations

from pathlib import Path

from reportgen.store.paths import RunPaths


def keep_checkpoints(folder: Path, *steps: int) -> RunPaths:
    paths = RunPaths(folder)
    for step in steps:
        paths.checkpoint(step).write_bytes(b"")
    return paths


def test_the_newest_checkpoint_is_that_of_the_latest_step(tmp_path: Path) -> None:
    assert keep_checkpoints(tmp_path).find_checkpointed_step() == 0
    paths = keep_checkpoints(tmp_path, 900, 1000)
    (tmp_path / "checkpoint-of-mine.pt").write_bytes(b"")
    assert paths.list_checkpoints() == [paths.checkpoint(1000), paths.checkpoint(900)]
    assert paths.find_checkpointed_step() == 1000


def test_of_checkpoints_the_newest_up_to_a_step_are_kept(tmp_path: Path) -> None:
    paths = keep_checkpoints(tmp_path, 5, 10, 15, 900)
    paths.thin_checkpoints(15, 2)
    assert paths.list_checkpoints() == [paths.checkpoint(15), paths.checkpoint(10)]


def test_grids_are_found_by_their_name_and_step(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    paths.images.mkdir()
    for name, step in (("samples", 1000), ("samples", 20), ("reconstructions", 30)):
        paths.grid(name, step).write_bytes(b"")
    paths.image("counted").write_bytes(b"")
    assert paths.list_grid_steps("samples") == [20, 1000]
    assert paths.list_grid_steps("dev") == []
