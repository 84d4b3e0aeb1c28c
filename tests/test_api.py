"""The Python interface: its examples, its tables, what it imports, and a suite from its file to its report."""

from __future__ import annotations

import doctest
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running import TWO_RUNS
from synthetic import ROOT, write_output

from reportgen import api
from reportgen.base.errors import RunError
from reportgen.lab.executors import Event, Finished

EXAMPLES = [found for found in doctest.DocTestFinder(recurse=True).find(api) if found.examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda found: found.name)
def test_examples(
    example: doctest.DocTest, synthetic_output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    example.globs["output"] = shutil.copytree(synthetic_output, tmp_path / "output")
    result = doctest.DocTestRunner().run(example)
    assert (result.failed, result.attempted) == (0, len(example.examples))


def test_every_function_has_an_example() -> None:
    assert {found.name.rpartition(".")[2] for found in EXAMPLES} >= {"load_suite", "run", "load_results", "render"}


def test_importing_it_is_cheap() -> None:
    code = (
        "import sys, reportgen, reportgen.api\n"
        "print(sorted({'torch', 'torchvision', 'matplotlib', 'pandas', 'weasyprint'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"


def test_frames_of_several_seeds(tmp_path: Path) -> None:
    write_output(tmp_path, profile="full", leave_out=lambda spec: spec.name == "vae-3-s2")
    frames = api.load_results(tmp_path)
    assert len(frames.runs) == 44
    assert frames.configurations.set_index("name").loc[["vae-3", "vae-10"], "num_seeds"].tolist() == [2, 3]
    vae = frames.runs[frames.runs["name"].str.startswith("vae-10-")]
    mean = frames.configurations.set_index("name").loc["vae-10", "classifier.fid"]
    assert vae["classifier.fid"].mean() == pytest.approx(mean)
    assert list(frames.histories) == ["name", "seed", "step", "metric", "value"]
    assert not frames.histories.isna().any().any()


def test_nothing_finished_gives_empty_frames(tmp_path: Path) -> None:
    write_output(tmp_path / "out", leave_out=lambda spec: True)
    assert all(len(frame) == 0 for frame in vars(api.load_results(tmp_path / "out")).values())
    with pytest.raises(RunError, match="nothing was run into this folder yet"):
        api.load_results(tmp_path)


@pytest.mark.slow
def test_a_suite_is_run_and_rendered(tmp_path: Path) -> None:
    suite, output = tmp_path / "suite.yaml", tmp_path / "out"
    suite.write_text(TWO_RUNS, encoding="utf-8")
    events: list[Event] = []
    api.run(suite, output=output, device="cpu", on_event=events.append)
    assert sorted(event.name for event in events if isinstance(event, Finished)) == ["vae-2-s0", "vae-3-s0"]
    assert len(api.load_results(output).runs) == 2
    assert api.render(output, ["en"], ["html"]) == [output / "report.en.html"]
