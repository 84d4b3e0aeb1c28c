from __future__ import annotations

import pytest
from synthetic import write_outlined

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
    return load_results(write_outlined(tmp_path_factory.mktemp("short"), SHORT))
