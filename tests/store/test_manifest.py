from __future__ import annotations

import json

import pytest
from synthetic import ROOT

from reportgen.base.errors import RunError
from reportgen.store.manifest import FORMAT_VERSION, is_stage_finished, read_identity, record_stage
from reportgen.store.paths import RunPaths
from reportgen.store.states import find_state, read_failure

EXPERIMENTS = ROOT / "experiments.yaml"


def finish(paths: RunPaths) -> None:
    record_stage(paths, "training", "t", [paths.history])
    record_stage(paths, "evaluation", "e", [paths.evaluation])


def test_state_follows_from_files(paths: RunPaths) -> None:
    assert find_state(paths, "t", "e") == "missing"
    record_stage(paths, "training", "t", [paths.history])
    assert find_state(paths, "t", "e") == "trained"
    paths.failure.write_text("{}")
    assert find_state(paths, "t", "e") == "failed"
    record_stage(paths, "evaluation", "e", [paths.evaluation])
    assert find_state(paths, "t", "e") == "finished"
    assert find_state(paths, "t", "other") == "failed"


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_damaged_file_means_not_finished(paths: RunPaths, damage: str) -> None:
    finish(paths)
    assert is_stage_finished(paths, "training", "t")
    if damage == "flip":
        paths.history.write_bytes(b"S" + paths.history.read_bytes()[1:])
    elif damage == "truncate":
        paths.history.write_bytes(b"")
    else:
        paths.history.unlink()
    assert not is_stage_finished(paths, "training", "t")
    assert is_stage_finished(paths, "evaluation", "e")


@pytest.mark.fault(row=13)
@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"stages": {}}', '{"format": "1", "stages": {}}', '{"format": 1, "stages": []}']
    + [
        f'{{"format": 1, "stages": {{"training": {entry}, "evaluation": {entry}}}}}'
        for entry in (
            "3",
            "[]",
            "{}",
            '{"key": "t"}',
            '{"kex": "t", "files": {}}',
            '{"key": 1, "files": {}}',
            '{"key": "t", "files": ["history.csv"]}',
            '{"key": "t", "files": {"history.csv": 1}}',
            '{"key": "t", "files": {}, "identity": 1}',
        )
    ],
)
def test_damaged_manifest_means_missing(paths: RunPaths, content: str) -> None:
    finish(paths)
    paths.manifest.write_text(content)
    for check_files in (False, True):
        assert find_state(paths, "t", "e", check_files=check_files) == "missing"
    assert read_identity(paths, "training") is None
    finish(paths)
    assert find_state(paths, "t", "e", check_files=True) == "finished"


@pytest.mark.parametrize("content", ["{}", "[]", '{"reason": 3, "details": ""}'])
def test_a_damaged_failure_is_still_one(paths: RunPaths, content: str) -> None:
    assert read_failure(paths) == ""
    paths.failure.write_text(content)
    assert find_state(paths, "t", "e") == "failed"
    assert read_failure(paths) == "unknown"


def test_of_a_manifest_only_the_damaged_stage_is_lost(paths: RunPaths) -> None:
    finish(paths)
    paths.manifest.write_text(paths.manifest.read_text().replace('"key": "e"', '"kez": "e"'))
    assert find_state(paths, "t", "e") == "trained"


def test_newer_format_is_refused(paths: RunPaths) -> None:
    finish(paths)
    manifest = json.loads(paths.manifest.read_text())
    paths.manifest.write_text(json.dumps(manifest | {"format": FORMAT_VERSION + 1}))
    with pytest.raises(RunError, match="newer than this program"):
        find_state(paths, "t", "e")
