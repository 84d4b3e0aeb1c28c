"""The Python interface: load a suite, train it, read its results as tables, render its report.

>>> from reportgen import api
>>> suite = api.load_suite("experiments.yaml", profile="quick")
>>> suite.dataset, suite.seeds
('mnist-5k', (0,))

Everything that a user can cause is a ``ReportgenError`` of one line (``reportgen.base.errors``); its subclasses tell
what is wrong. Nothing is printed. Importing this module imports neither torch nor matplotlib nor pandas; the functions
import what they need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.base.errors import ConfigError, RunError
from reportgen.suite.languages import LANGUAGES, Language
from reportgen.suite.loading import FULL_PROFILE, Suite
from reportgen.suite.loading import load_suite as _load_suite

if TYPE_CHECKING:
    import pandas as pd

    from reportgen.lab.executors import Event
    from reportgen.lab.runner import Plan
    from reportgen.paper.analysis.results import Configuration, RunResult

__all__ = ["Frames", "load_results", "load_suite", "render", "run"]


def load_suite(path: str | Path, profile: str = FULL_PROFILE) -> Suite:
    """Load a suite with the settings of a profile.

    Raises:
        ConfigError: the file is invalid, or has no such profile; the message names the line.

    >>> [group.name for group in load_suite("experiments.yaml").groups][:2]
    ['vae-latent-sweep', 'vae-all-linear']
    """
    return _load_suite(Path(path), profile)


def run(
    path: str | Path,
    profile: str = FULL_PROFILE,
    *,
    output: str | Path = "output",
    only: Sequence[str] = (),
    jobs: int | None = None,
    device: str = "auto",
    data_dir: str | Path | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
) -> None:
    """Train and measure every run of a suite that is not finished yet; what is finished is left as it is.

    Its workers are processes that import the main module: call it below ``if __name__ == "__main__":``. Inception
    scores that the suite wants are computed at the end if their weights are here; nothing is downloaded for them
    (``reportgen fetch inception``).

    Args:
        only: globs of names of runs, such as ``vae-*``; all by default.
        jobs: processes at once; by default one per core, six on a GPU.
        device: ``auto``, ``cpu``, ``cuda:0``, ...
        on_event: called as each run starts, progresses, and finishes or fails, with an ``Event`` of
            ``reportgen.lab.executors``, whose times are in seconds.

    Raises:
        ConfigError: the suite or an argument is wrong; nothing was written.
        DataError: a dataset cannot be had.
        RunError: some runs failed; all others are finished. The message names them with their reasons.

    >>> run("experiments.yaml", "quick", output=output, only=["vae-*"])  # these are finished: nothing to do
    >>> run("experiments.yaml", "quick", output=output, only=["vea-*"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    reportgen.base.errors.ConfigError: --only vea-*: no run has such a name; the runs are: vae-3-s0, ...
    """
    from reportgen.lab.executors import Failed
    from reportgen.lab.runner import execute_plan, plan_suite, prepare_plan
    from reportgen.store.paths import OutputPaths
    from reportgen.store.suites import write_suite

    folder, data = Path(output), None if data_dir is None else Path(data_dir)
    suite = load_suite(path, profile)
    plan = plan_suite(suite, folder, only=only, jobs=jobs, device=device)
    prepare_plan(plan, data)
    write_suite(OutputPaths(folder), suite, Path(path))
    failed: dict[str, str] = {}

    def follow(part: Plan) -> None:
        for event in execute_plan(part, folder, data):
            if isinstance(event, Failed):
                failed[event.name] = event.reason
            on_event(event)

    follow(plan)
    if plan.scoring is not None and plan.scoring.weights is not None:
        follow(plan.scoring.leave_out(failed.copy()))
    if failed:
        raise RunError("; ".join(f"{name}: {reason}" for name, reason in failed.items()))


@dataclass(frozen=True)
class Frames:
    """Results of a suite as three tables.

    ``runs`` and ``configurations`` have a row for each finished run, and for each setting over its seeds, in the order
    of the suite. Their first columns are ``name``, ``seed`` or ``num_seeds``, and ``setting.<name>``; then come the
    scores ``<detector>.<score>`` such as ``classifier.fid``, of a configuration the mean over seeds, NaN if a score was
    not measured; FID and KID have no unit, shares are in [0, 1]. ``train_seconds`` are wall-clock seconds.
    ``histories`` has a row for each logged value of a finished run: ``name``, ``seed``, ``step`` (finished training
    steps), ``metric`` and ``value`` (losses in nats, of a VAE per image; D(x) and the like in [0, 1]).
    """

    runs: pd.DataFrame
    configurations: pd.DataFrame
    histories: pd.DataFrame


def load_results(output: str | Path = "output") -> Frames:
    """Load the results of the suite that was run last into a folder; torch is not needed.

    Raises:
        RunError: no suite was run into this folder, or its files cannot be read.

    >>> frames = load_results(output)  # doctest: +NORMALIZE_WHITESPACE
    >>> frames.runs.loc[:1, ["name", "seed", "setting.latent_dim"]]
            name  seed  setting.latent_dim
    0   vae-3-s0     0                   3
    1  vae-10-s0     0                  10
    >>> len(frames.configurations), sorted(set(frames.histories["name"])) == sorted(frames.runs["name"])
    (15, True)
    """
    import pandas as pd

    from reportgen.paper.analysis.results import load_results as load

    results = load(Path(output))
    detectors = results.detectors
    runs = [_tabulate_run(run, detectors) for run in results.finished]
    configurations = [_tabulate_configuration(found, detectors) for found in results.configurations]
    histories = [_tabulate_history(run) for run in results.finished]
    columns = ["name", "seed", "step", "metric", "value"]
    joined = pd.concat(histories, ignore_index=True) if histories else pd.DataFrame(columns=columns)
    return Frames(pd.DataFrame(runs), pd.DataFrame(configurations), joined)


def _tabulate_run(run: RunResult, detectors: Sequence[str]) -> dict[str, Any]:
    scores = {d: found.model_dump() if (found := run.find_scores(d)) else {} for d in detectors}
    return {
        "name": run.spec.name,
        "seed": run.spec.seed,
        **{f"setting.{key}": value for key, value in run.spec.settings.model_dump().items()},
        **{f"{d}.{name}": scores[d].get(name, float("nan")) for d in detectors for name in _list_scores()},
        "train_seconds": run.record.train_seconds,
    }


def _tabulate_configuration(found: Configuration, detectors: Sequence[str]) -> dict[str, Any]:
    return {
        "name": found.first.spec.configuration_name,
        "num_seeds": len(found.runs),
        **{f"setting.{key}": value for key, value in found.settings.model_dump().items()},
        **{f"{d}.{name}": found.score(name, d).mean for d in detectors for name in _list_scores()},
        "train_seconds": found.train_seconds.mean,
    }


def _list_scores() -> list[str]:
    """List the scores by every detector, by their fields in ``Scores``."""
    from reportgen.paper.analysis.quantities import SCORES

    return ["fid", *(quantity.name for quantity in SCORES)]


def _tabulate_history(run: RunResult) -> pd.DataFrame:
    import pandas as pd

    parts = [
        pd.DataFrame({"step": curve.index, "metric": metric, "value": curve.to_numpy()})
        for metric, curve in run.curves.items()
    ]
    joined = pd.concat(parts, ignore_index=True)
    joined.insert(0, "name", run.spec.name)
    joined.insert(1, "seed", run.spec.seed)
    return joined


def render(
    output: str | Path = "output",
    languages: Sequence[Language] = LANGUAGES,
    formats: Sequence[str] = ("html", "pdf"),
    *,
    notes: str | Path | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Render the report from what is in the output folder; return the paths of its files.

    Its helpers are processes that import the main module: call it below ``if __name__ == "__main__":``.

    Args:
        formats: ``html``, ``pdf``, ``md``.
        notes: folder of the author's notes, by default ``notes`` beside the suite.
        warn: called with every warning, one line each.

    Raises:
        RunError: there is nothing to report.
        RenderError: a note cannot be read, or the PDF cannot be made; older reports stay where no new ones are written.
        ConfigError: a format is unknown.

    >>> render(output, ["zh"], ["docx"])
    Traceback (most recent call last):
    reportgen.base.errors.ConfigError: formats docx: unknown; choose from: html, pdf, md
    """
    from reportgen.paper.rendering import FORMATS, render_reports

    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ConfigError(f"formats {', '.join(unknown)}: unknown; choose from: {', '.join(FORMATS)}")
    return list(render_reports(Path(output), languages, formats, warn, None if notes is None else Path(notes)).paths)
