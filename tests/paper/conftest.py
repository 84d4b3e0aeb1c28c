from __future__ import annotations

import pytest
from synthetic import ROOT, write_output

from reportgen.paper.analysis.results import Results, load_results

SHORT = """
sections:
  - {id: settings}
  - {id: vae_fid, question: "4"}
  - {id: vae_effect}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished suite whose outline has three sections."""
    folder = tmp_path_factory.mktemp("short")
    (folder / "short.yaml").write_text(SHORT, encoding="utf-8")
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("outline: full", "outline: short.yaml")
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(folder / "out", suite_file=folder / "suite.yaml")
    return load_results(folder / "out")
