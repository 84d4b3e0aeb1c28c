from __future__ import annotations

from pathlib import Path

import pytest
from synthetic import ROOT, make_evaluation

from reportgen.base.files import write_text
from reportgen.store.paths import RunPaths
from reportgen.store.records import write_record
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    """The paths of a run whose history and evaluation are there, and no manifest."""
    paths = RunPaths(tmp_path / "runs" / "gan-1-abc")
    write_text(paths.history, "step,metric,value\n")
    write_record(paths.evaluation, make_evaluation(plan_runs(load_suite(ROOT / "experiments.yaml"))[0]))
    return paths
