from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from synthetic import write_outlined

from reportgen.paper.analysis.results import Results, load_results
from reportgen.paper.report import assemble
from reportgen.paper.report.figure_cache import FigureCache

SHORT = """
sections:
  - {id: settings}
  - {id: vae_fid, question: "4"}
  - {id: vae_effect}
"""


@pytest.fixture(scope="session", autouse=True)
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Draw each figure once for all tests, as a report that is rendered again does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assemble, "FigureCache", partial(FigureCache, tmp_path_factory.mktemp("figures")))
        yield


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished suite whose outline has three sections."""
    return load_results(write_outlined(tmp_path_factory.mktemp("short"), SHORT))
