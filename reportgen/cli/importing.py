"""``reportgen import``: folders of the course's framework -> runs and a suite that declares them; a line on each."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
import yaml

from reportgen.base.errors import ConfigError, DataError, RunError
from reportgen.base.files import write_text
from reportgen.base.processes import Died, call_side_by_side
from reportgen.lab.data import has_mnist
from reportgen.lab.execution import prepare_dataset
from reportgen.lab.executors.workers import get_worker_context
from reportgen.lab.importing.layout import Candidate, find_candidates
from reportgen.lab.importing.runs import ImportTask, Reading, read_candidate, try_import
from reportgen.lab.importing.suites import Completed, complete, declare
from reportgen.lab.runner import choose_device, count_cores
from reportgen.store.paths import OutputPaths
from reportgen.store.records import read_evaluation
from reportgen.store.suites import read_suite, write_suite
from reportgen.suite.document import read_document
from reportgen.suite.loading import FULL_PROFILE, Suite, load_suite
from reportgen.suite.plan import RunSpec, plan_runs

DIED = "its process died; the machine may be out of memory: run the same command again with --jobs 1"

SUITE_NAME = "imported.yaml"
"""Name, in the output folder, of the suite that declares what was imported."""


@dataclass(frozen=True)
class Imported:
    """Outcome of an import: the suite, and how many configurations were found and are in the output now."""

    suite_file: Path
    num_found: int
    num_imported: int


@dataclass(frozen=True)
class _Base:
    """A suite that imported runs are added to, as plain values, and the folder from which it names its outline."""

    content: Mapping[str, Any]
    folder: Path
    profile: str = FULL_PROFILE


def import_folders(
    folders: Sequence[Path],
    suite_file: Path | None,
    output: Path,
    *,
    jobs: int | None,
    device: str,
    data_dir: Path | None,
) -> Imported:
    """Find, read, measure and record what some folders hold, and print a line on each configuration.

    Raises:
        ConfigError: a folder or the suite is not valid.
        DataError: there is no data to measure against.
        RunError: nothing could be imported; nothing was written then.
    """
    base = _choose_base(suite_file, OutputPaths(output))
    candidates = find_candidates(folders)
    completed = list(_complete_all(candidates, base))
    _say_assumed(completed)
    if completed and not any(one.reading.candidate.checkpoints for one in completed):
        raise RunError("curves alone make no report: a checkpoint must be there with them; nothing was written")
    if not completed:
        raise RunError(f"none of {len(candidates)} configurations can be imported; nothing was written")
    dataset = _choose_dataset(base, data_dir)
    specs = _plan(base, completed, dataset)
    device = choose_device(device)
    tasks = [ImportTask(specs[one.reading.digest], one.reading, output, data_dir, device) for one in completed]
    jobs = jobs or (1 if device != "cpu" else count_cores())
    measured = [task for task in tasks if task.reading.candidate.checkpoints]
    failed = _import_all(measured, jobs)
    if len(failed) == len(measured):
        raise RunError(f"none of {len(candidates)} configurations could be imported")
    failed |= _import_all([task for task in tasks if task not in measured], 1)
    imported = [one for one in completed if one.reading.digest not in failed]
    path = output / SUITE_NAME
    write_text(path, declare(base.content, imported, dataset, base.folder))
    write_suite(OutputPaths(output), load_suite(path, base.profile), path)
    return Imported(path, len(candidates), len(imported))


def _choose_base(suite_file: Path | None, paths: OutputPaths) -> _Base:
    """Return the suite that is named or, without one, that was last run into the output; an empty one without any."""
    if suite_file is not None:
        load_suite(suite_file)  # one line on what is wrong with it
        return _Base(read_document(suite_file).value, suite_file.parent)
    if not paths.suite.exists():
        return _Base({}, Path())
    recorded = read_suite(paths)
    return _Base(yaml.safe_load(recorded.source_text), recorded.source.parent, recorded.suite.profile)


def _complete_all(candidates: Sequence[Candidate], base: _Base) -> Iterator[Completed]:
    """Read all configurations and yield those that can be imported, each once; print what was found."""
    seen: dict[str, str] = {}
    for candidate in candidates:
        reading = read_candidate(candidate)
        place = candidate.show(candidate.folder)
        typer.echo(f"{place}: {_describe(reading)}")
        problem, remarks, one = reading.problem, list(reading.remarks), None
        if not problem and reading.digest in seen:
            problem = f"the same files as {seen[reading.digest]}"
        if not problem:
            try:
                one = complete(reading, base.content)
                remarks += one.remarks
            except ConfigError as error:
                problem = str(error)
        for remark in remarks:
            typer.echo(f"  {remark}")
        if one is None:
            typer.echo(f"  not imported: {problem}")
            for line in reading.details:
                typer.echo(f"    {line}")
        else:
            seen[reading.digest] = place
            yield one


def _say_assumed(completed: Sequence[Completed]) -> None:
    """Say once which settings no file tells, and with which values the configurations are recorded."""
    counts = Counter((name, value) for one in completed for name, value in one.assumed.items())
    if counts:
        fields = ", ".join(f"{name} {value} ({num} of {len(completed)})" for (name, value), num in counts.items())
        typer.echo(
            f"assumed, as no file tells: {fields}; a suite given by --suite can tell, under runs.<configuration>"
        )


def _describe(reading: Reading) -> str:
    """Describe what a configuration left: its checkpoints and its curves."""
    steps, curves = sorted(reading.candidate.checkpoints), reading.curves.scalars
    parts = []
    if steps:
        span = f"step {steps[-1]}" if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"
        parts.append(f"{len(steps)} checkpoint{'s' * (len(steps) > 1)} ({span if steps[-1] else 'no step named'})")
    files = len(reading.candidate.events) + len(reading.candidate.tables)
    parts.append(f"{len(curves)} curves in {files} file{'s' * (files > 1)}" if files else "no curves")
    return ", ".join(parts)


def _choose_dataset(base: _Base, data_dir: Path | None) -> str:
    """Return the dataset to measure against and say which it is: the suite's, else full MNIST where it is at hand."""
    if data_dir is not None and not data_dir.is_dir():
        raise DataError(f"--data-dir {data_dir}: no such folder; create it, or leave the option out")
    named = base.content.get("dataset")
    if named is not None:
        dataset, reason = named, "as the suite says"
    elif has_mnist(data_dir):
        dataset, reason = "mnist", "all of it is at hand"
    else:
        dataset, reason = (
            "mnist-5k",
            "full MNIST is not at hand; name its folder with --data-dir, or let --suite say mnist",
        )
    typer.echo(f"measured against {dataset}: {reason}")
    prepare_dataset(dataset, data_dir)
    return dataset


def _plan(base: _Base, completed: Sequence[Completed], dataset: str) -> dict[str, RunSpec]:
    """Return the runs that the suite will have, by the digest of what is imported."""
    with tempfile.TemporaryDirectory(prefix="reportgen-") as folder:
        path = Path(folder) / SUITE_NAME
        write_text(path, declare(base.content, completed, dataset, base.folder))
        suite: Suite = load_suite(path, base.profile)
    return {spec.settings.imported: spec for spec in plan_runs(suite) if spec.settings.imported is not None}


def _import_all(tasks: Sequence[ImportTask], jobs: int) -> set[str]:
    """Import runs, several at once, and print a line on each; return the digests of those that failed."""
    failed = set()
    for task, remark, failure in _execute(tasks, jobs):
        name = task.spec.name
        if failure:
            failed.add(task.reading.digest)
            typer.echo(f"{name}: not imported: {failure}")
        else:
            typer.echo(f"{name}: imported from {task.reading.candidate.name}: {_summarise(task)}")
        if remark:
            typer.echo(f"  {remark}")
    return failed


def _execute(tasks: Sequence[ImportTask], jobs: int) -> Iterator[tuple[ImportTask, str, str]]:
    """Yield each task as it ends, with its remark and its failure."""
    jobs = min(jobs, len(tasks))
    if jobs <= 1:
        for task in tasks:
            yield task, *try_import(task)
        return
    context, named = get_worker_context(), {task.spec.name: task for task in tasks}
    arguments = {name: (task,) for name, task in named.items()}
    with closing(call_side_by_side(try_import, arguments, context, at_once=jobs)) as calls:
        for name, outcome in calls:
            yield named[name], *(("", DIED) if isinstance(outcome, Died) else outcome)


def _summarise(task: ImportTask) -> str:
    """Return the FID of a run, by the classifier, and the share of its samples that read as digits."""
    if not task.reading.candidate.checkpoints:
        return "its curves, as it has no checkpoints"
    evaluation = read_evaluation(OutputPaths(task.output).run(task.spec.folder_name))
    scores = evaluation.scores.get("classifier")
    fid = f"FID {scores.fid:.2f}" if scores else evaluation.failures.get("classifier", "no FID")
    return f"{fid}, {evaluation.digits.read_share:.0%} of its samples read as digits"
