"""The commands: each makes one library call; errors that the user can solve become one line and an exit status."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reportgen import __version__
from reportgen.base.errors import ConfigError, DataError, ReportgenError
from reportgen.base.files import write_text
from reportgen.suite.editions import EditionName
from reportgen.suite.languages import LANGUAGES, Language

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from reportgen.base.fetching import Download
    from reportgen.cli.retraining import Retrained
    from reportgen.lab.executors import Event
    from reportgen.lab.runner import Plan, ScoringPlan
    from reportgen.paper.analysis.results import Results
    from reportgen.paper.report.requirements import Check

app = typer.Typer(
    help="Declare experiments in one YAML file, run them, hand in the report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

OutputOption = Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder of results and reports.")]
DEFAULT_OUTPUT = Path("output")
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs, and nothing else.")]
AUTO_PROFILE = "auto"


LanguageChoice = Literal[Language, "all"]
"""Languages in which a report can be rendered, or every one of them."""


def main() -> None:
    """Run the console script; print errors that the user can solve as one line, and let bugs keep their traceback."""
    signal.signal(signal.SIGTERM, _exit_on_sigterm)
    try:
        app()
    except ReportgenError as error:
        typer.echo(f"reportgen: {error}", err=True)
        sys.exit(error.exit_status)


def _exit_on_sigterm(*_: object) -> None:
    """Exit by an exception, as on an interrupt, so that no worker is left behind."""
    sys.exit(128 + signal.SIGTERM)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reportgen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None: ...


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder of the suite; made if need be.")] = Path(),
    edition: Annotated[
        EditionName, typer.Option(help="1 or 2 of the homework, full for both, own for questions of yours.")
    ] = "full",
) -> None:
    """Write a commented experiments.yaml to begin with; nothing is overwritten."""
    from reportgen.suite.editions import write_edition

    written = write_edition(folder, edition)
    typer.echo(f"written: {', '.join(map(str, written))}")
    typer.echo(f"next: reportgen run {shlex.quote(str(written[0]))} --profile quick --render")


@app.command()
def run(
    suite_file: Annotated[Path, typer.Argument(metavar="SUITE", help="The suite, for example experiments.yaml.")],
    profile: Annotated[
        str, typer.Option(metavar="P", help="full, a profile of the file, or auto: full on a GPU, else quick.")
    ] = "full",
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only runs whose names match, e.g. 'vae-*'; again for further globs."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes at once. Default: one per core; six on a GPU.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:0, ...")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Datasets in torchvision's layout. Default: $REPORTGEN_DATA.")
    ] = None,
    checkpoint_steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Keep a training every N steps, besides by the clock.")
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, metavar="N", help="Take up a run whose process died up to N times.")
    ] = 1,
    time_limit: Annotated[
        float | None, typer.Option(min=0.01, metavar="MIN", help="Minutes that one run may take.")
    ] = None,
    eager: Annotated[
        bool,
        typer.Option("--eager", help="On a GPU: train each run by itself and without CUDA graphs; much slower."),
    ] = False,
    output: OutputOption = DEFAULT_OUTPUT,
    with_report: Annotated[
        bool,
        typer.Option(
            "--render", help="Also render the report: once three runs are finished, after each seed, and at the end."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and the estimated time; do nothing.")
    ] = False,
) -> None:
    """Train and measure every declared run that is not finished yet."""
    from reportgen.cli.reporting import render_apart
    from reportgen.lab.runner import execute_plan, plan_suite, prepare_plan, will_emulate_bf16
    from reportgen.store.paths import OutputPaths
    from reportgen.store.suites import write_suite
    from reportgen.suite.loading import load_suite

    suite = load_suite(suite_file, _resolve_profile(profile))
    plan = plan_suite(suite, output, only=only or (), jobs=jobs, device=device, is_dry=dry_run)
    _print_plan(plan, suite.profile, suite.dataset, every_run=dry_run)
    if dry_run:
        return
    prepare_plan(plan, data_dir)
    if will_emulate_bf16(plan):
        typer.echo(
            "precision bf16: this processor has no bfloat16 arithmetic and takes several times as long as in fp32; "
            "leave `precision` out of the file, or train on a GPU"
        )
    write_suite(OutputPaths(output), suite, suite_file)
    execute = partial(
        execute_plan,
        output=output,
        data_dir=data_dir,
        checkpoint_steps=checkpoint_steps,
        retries=retries,
        time_limit=time_limit and 60 * time_limit,
        eager=eager,
    )
    download = _begin_download(plan)
    failures = _follow(plan, execute(plan), output if with_report else None, download)
    hint = "" if with_report else "; next: reportgen render"
    if failures:
        typer.echo(f"{len(failures)} of {len(plan.missing)} runs failed; the others are finished:")
    else:
        typer.echo(f"all {len(plan.runs)} runs are finished in {output}/runs{hint}")
    _list_failures(failures, output)
    status = render_apart(output) if with_report else 0
    scoring = _prepare_scoring(plan, {name for name, _ in failures}, download)
    if scoring is not None:
        unscored = _follow(scoring, execute(scoring))
        if unscored:
            typer.echo(f"{len(unscored)} runs could not be scored by Inception:")
        else:
            typer.echo(f"they have their Inception FID now{hint}")
        _list_failures(unscored, output)
        failures += unscored
        status = render_apart(output) if with_report else 0
    if failures or status:
        raise typer.Exit(3 if failures else status)


def _list_failures(failures: Sequence[tuple[str, str]], output: Path) -> None:
    for name, reason in failures:
        typer.echo(f"  {name}: {reason}")
    if failures:
        typer.echo(f"each run's log: {output}/runs/<run>/run.log")


def _begin_download(plan: Plan) -> Download | None:
    """Begin to download the Inception weights if they are needed and not there."""
    from reportgen.base.fetching import Download

    scoring = plan.scoring
    return Download() if scoring is not None and scoring.missing and scoring.weights is None else None


def _prepare_scoring(plan: Plan, failed: Container[str], download: Download | None) -> ScoringPlan | None:
    """Return what is left to score, without runs that failed; None if there is nothing or, as is said, no weights."""
    from reportgen.cli.progress import DownloadBar, format_duration

    scoring = plan.scoring.leave_out(failed) if plan.scoring is not None else None
    if scoring is None or not scoring.missing:
        return None
    if download is not None:
        try:
            with DownloadBar() as show:
                scoring = replace(scoring, weights=download.collect(show))
        except DataError as error:
            typer.echo(
                f"no Inception FID yet for {len(scoring.missing)} runs: {error}. Then the same command measures it and "
                "trains nothing; 'fid: {inception: off}' in the suite leaves it out"
            )
            return None
    seconds = scoring.estimated_seconds
    typer.echo(f"the Inception FID of {len(scoring.missing)} runs comes last, about {format_duration(seconds)}")
    return scoring


def _resolve_profile(name: str, *, without_torch: bool = False, quiet: bool = False) -> str:
    from reportgen.lab.runner import find_cuda, has_nvidia_gpu
    from reportgen.suite.loading import FULL_PROFILE

    if name != AUTO_PROFILE:
        return name
    has_gpu = has_nvidia_gpu() if without_torch else find_cuda()
    if not quiet:
        typer.echo(
            "a CUDA device was found: running the full profile"
            if has_gpu
            else "no CUDA device was found: running the quick profile (small and fast; PROFILE=full or --profile full "
            "runs the homework's settings)"
        )
    return FULL_PROFILE if has_gpu else "quick"


def _print_plan(plan: Plan, profile: str, dataset: str, *, every_run: bool) -> None:
    from reportgen.cli.progress import format_duration
    from reportgen.store.states import DONE

    num_cached = len(plan.runs) - len(plan.missing)
    typer.echo(
        f"profile {profile}, dataset {dataset}: {len(plan.runs)} runs, {num_cached} finished, "
        f"{len(plan.missing)} to do with {plan.jobs} at once"
    )
    if every_run:
        for run in plan.runs:
            left = "" if run.state in DONE else f"about {format_duration(run.estimated_seconds)}"
            steps = f"{run.spec.settings.num_training_steps} steps"
            typer.echo(f"  {run.state:<9} {run.spec.name:<24} {steps:>12}  {left:<15}  ({', '.join(run.spec.groups)})")
    if plan.missing:
        whole = f"about {format_duration(plan.estimated_seconds)}"
        if plan.first_pass is not None:
            seed, seconds = plan.first_pass
            whole = f"about {format_duration(seconds)} for seed {seed}, which comes first; {whole} for all seeds"
        typer.echo(f"estimated time: {whole}")
    if plan.scoring is not None and plan.scoring.missing:
        typer.echo(
            f"the Inception FID comes last, when a report can be made already: about "
            f"{format_duration(plan.scoring.estimated_seconds)} more; 'fid: {{inception: off}}' leaves it out"
        )


@contextmanager
def _resumable() -> Iterator[None]:
    """Say on an interrupt that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("reportgen: interrupted; run the same command again to resume", err=True)
        raise


def _follow(
    plan: Plan, events: Iterator[Event], reports_in: Path | None = None, download: Download | None = None
) -> list[tuple[str, str]]:
    """Show events to the end, with reports of what is finished so far in a folder; return failed runs with reasons."""
    from reportgen.cli.progress import make_view
    from reportgen.cli.reporting import InterimReports
    from reportgen.lab.executors import Failed

    failures: list[tuple[str, str]] = []
    if not plan.missing:
        return failures
    with _resumable(), ExitStack() as stack:
        view = stack.enter_context(make_view(plan, download))
        reports = reports_in and stack.enter_context(InterimReports(plan, reports_in, view.say))
        for event in events:
            view.show(event)
            if reports:
                reports.follow(event)
            if isinstance(event, Failed):
                failures.append((event.name, event.reason))
    return failures


@app.command(name="import")
def import_(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Checkpoints and curves of the course's framework.")
    ],
    suite_file: Annotated[
        Path | None,
        typer.Option("--suite", metavar="SUITE", help="A suite to add the runs to; settings that no file holds."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at once, as for 'reportgen run'.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda:0, ...")] = "auto",
    data_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Datasets, as for 'reportgen run'.")] = None,
    output: OutputOption = DEFAULT_OUTPUT,
    with_report: Annotated[bool, typer.Option("--render", help="Also render the report.")] = False,
) -> None:
    """Import what was trained with the course's framework: measured, in tables and in the report like any other run."""
    from reportgen.cli.importing import import_folders
    from reportgen.cli.reporting import render_apart

    with _resumable():
        imported = import_folders(folders, suite_file, output, jobs=jobs, device=device, data_dir=data_dir)
    typer.echo(
        f"{imported.num_imported} of {imported.num_found} configurations are in {output}/runs, declared in "
        f"{imported.suite_file}{'' if with_report else '; next: reportgen render'}"
    )
    status = render_apart(output) if with_report else 0
    if imported.num_imported < imported.num_found or status:
        raise typer.Exit(status or 3)


@app.command()
def plan(
    suite_file: Annotated[Path, typer.Argument(metavar="SUITE", help="The suite, for example experiments.yaml.")],
    profile: Annotated[str, typer.Option(metavar="P", help="As for 'reportgen run'.")] = "full",
    only: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only runs whose names match, as for 'reportgen run'.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes at once, as for 'reportgen run'.")] = None,
    output: OutputOption = DEFAULT_OUTPUT,
    as_json: JsonOption = False,
) -> None:
    """Print what a suite costs and what its seeds can show of each question; nothing is trained, no torch is needed."""
    from reportgen.cli.as_json import describe_plan, print_object
    from reportgen.cli.outlook import format_outlook
    from reportgen.cli.progress import format_duration
    from reportgen.lab.runner import plan_another_seed, plan_suite
    from reportgen.paper.analysis.planning import choose_planned_fid, plan_contrasts
    from reportgen.paper.analysis.results import load_cohort
    from reportgen.suite.loading import load_suite

    suite = load_suite(suite_file, _resolve_profile(profile, without_torch=True, quiet=as_json))
    planned = plan_suite(suite, output, only=only or (), jobs=jobs, device="auto", is_dry=True, without_torch=True)
    contrasts = plan_contrasts(suite, [run.spec for run in planned.runs], load_cohort(suite, output))
    another, fid = plan_another_seed(suite, planned), choose_planned_fid(suite)
    if as_json:
        print_object("plan", describe_plan(suite, planned, contrasts, fid, another))
        return
    _print_plan(planned, suite.profile, suite.dataset, every_run=False)
    typer.echo()
    for line in format_outlook(contrasts, fid):
        typer.echo(line)
    scoring = f" and {format_duration(another.scoring.estimated_seconds)} for Inception" if another.scoring else ""
    duration = f"about {format_duration(another.estimated_seconds)}{scoring}"
    typer.echo(f"\none more seed of all: {len(another.runs)} runs, {duration}")


@app.command()
def render(
    lang: Annotated[LanguageChoice, typer.Option(help="Language of the report.")] = "all",
    format_: Annotated[str, typer.Option("--format", metavar="html,pdf,md", help="Formats, by comma.")] = "html,pdf",
    notes: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Your notes: DIR/<lang>/<section>.md. Default: beside the suite.")
    ] = None,
    output: OutputOption = DEFAULT_OUTPUT,
    with_stdin: Annotated[
        bool,
        typer.Option("--with-stdin", hidden=True, help="End when standard input is closed, as by a parent's end."),
    ] = False,
) -> None:
    """Render the report from what is in the output folder; nothing is trained, no torch is needed."""
    from reportgen.base.processes import end_without_parent
    from reportgen.paper.rendering import FORMATS, render_reports

    if with_stdin:
        threading.Thread(target=end_without_parent, args=(sys.stdin,), daemon=True).start()
    formats = [name.strip() for name in format_.split(",") if name.strip()]
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ConfigError(f"--format {format_}: unknown format; choose from: {', '.join(FORMATS)}")
    languages = LANGUAGES if lang == "all" else [lang]
    if notes is not None and not notes.is_dir():
        raise ConfigError(f"--notes {notes}: no such folder; create it, or leave the option out")
    rendered = render_reports(output, languages, formats, warn=_warn, notes=notes)
    for path in rendered.paths:
        typer.echo(f"{path}{' (nothing has changed since it was made)' if rendered.is_unchanged else ''}")
    _ask_for_author(output)


def _ask_for_author(output: Path) -> None:
    """Say which fields of the author are empty and how to set them; nothing if none is."""
    from reportgen.store.paths import OutputPaths
    from reportgen.store.suites import read_suite

    recorded = read_suite(OutputPaths(output))
    empty = [name for name, value in recorded.suite.report.author.model_dump().items() if not value]
    if empty:
        message = (
            f"{', '.join(empty)} of the author {'is' if len(empty) == 1 else 'are'} blank on the first page: set "
            f"report.author in {recorded.source.name}, then 'reportgen run' it again (no finished training is repeated)"
        )
        typer.echo(f"reportgen: {message}", err=True)


def _warn(message: str) -> None:
    typer.echo(f"reportgen: warning: {message}", err=True)


@app.command()
def notes(
    lang: Annotated[Language | None, typer.Option(help="Language of the notes; both if left out.")] = None,
    output: OutputOption = DEFAULT_OUTPUT,
) -> None:
    """Write a skeleton of your own words for each section, beside the suite: say what you saw, and render again."""
    from reportgen.paper.analysis.results import load_results
    from reportgen.paper.report.assemble import build_report
    from reportgen.paper.report.notes import write_skeletons

    results = load_results(output)
    folder = results.recorded.source.parent / "notes"
    reports = [build_report(results, name, draws=False) for name in ([lang] if lang else LANGUAGES)]
    written = [path for report in reports for path in write_skeletons(folder, report)]
    for path in written:
        typer.echo(path)
    typer.echo(
        f"{len(written)} notes written in {folder}; what you write outside the comments is printed"
        if written
        else f"{folder}: every section has its note"
    )


@app.command()
def check(
    lang: Annotated[Language, typer.Option(help="Language of the lines.")] = "en",
    output: OutputOption = DEFAULT_OUTPUT,
    as_json: JsonOption = False,
) -> None:
    """Check the homework's requirements before you hand in; exit status 1 if one is not met."""
    from reportgen.cli.as_json import describe_checks, print_object
    from reportgen.paper.analysis.results import load_results
    from reportgen.paper.report.assemble import check_results

    checks = check_results(load_results(output), lang)
    if as_json:
        print_object("check", describe_checks(checks))
    else:
        _print_checks(checks)
    _ask_for_author(output)
    if not all(line.is_met for line in checks):
        raise typer.Exit(1)


def _print_checks(checks: Sequence[Check]) -> None:
    for line in checks:
        question = f"[{line.question}] " if line.question else ""
        missing = "" if line.is_met else f" ({line.missing})"
        typer.echo(f"{'ok     ' if line.is_met else 'MISSING'} {question}{line.section}: {line.wanted}{missing}")
    typer.echo(f"{sum(line.is_met for line in checks)} of {len(checks)} requirements are met")


@app.command()
def verify(
    reports: Annotated[list[Path], typer.Argument(metavar="PDF...", help="Reports that reportgen made.")],
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a table of all reports; - prints it.")
    ] = None,
    retrain: Annotated[
        str | None, typer.Option(metavar="RUN", help="Also train and measure this run again, and compare; for one PDF.")
    ] = None,
    device: Annotated[str, typer.Option(help="For --retrain: auto, cpu, cuda:0, ...")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="For --retrain: datasets in torchvision's layout.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make PDFs again from the data that each carries and compare their pages.

    Exit status 0 only if every page was compared and nothing differs.
    """
    from reportgen.cli.as_json import print_object
    from reportgen.cli.checking import (
        describe_retrained,
        describe_verifications,
        tabulate_verifications,
        verify_all,
        write_shared,
    )

    if retrain is not None and len(reports) > 1:
        raise ConfigError(f"--retrain {retrain}: {len(reports)} reports; it takes a single one")
    if as_json and str(csv) == "-":
        raise ConfigError("--csv -: --json alone is printed; name a file for the table")
    found, unreadable = verify_all(reports, quiet=as_json)
    if len(reports) > 1 and not as_json:
        write_shared(found)
    if csv is not None:
        _write_table(csv, tabulate_verifications(reports, found))
    retrained = None if retrain is None else _retrain(found[reports[0]].results, retrain, device, data_dir)
    if as_json:
        again = None if retrained is None else describe_retrained(*retrained)
        print_object("verify", {**describe_verifications(reports, found, unreadable), "retrained": again})
    elif retrained is not None:
        _print_retrained(*retrained)
    is_same = retrained is None or all(value.is_same for value in retrained[1])
    if unreadable or not is_same or not all(v.is_fine for v in found.values()):
        raise typer.Exit(1)


def _write_table(path: Path, table: str) -> None:
    """Write a table to a file, or print it for ``-``."""
    if str(path) == "-":
        typer.echo(table, nl=False)
    else:
        write_text(path, table)


def _retrain(results: Results, name: str, device: str, data_dir: Path | None) -> tuple[str, list[Retrained], list[str]]:
    """Train a run again; return its name, its values and what differs between the machines."""
    from reportgen.base.fetching import find_inception
    from reportgen.cli.retraining import retrain

    if find_inception() is None and any(run.spec.name == name and run.inception for run in results.finished):
        _warn(f"{name}: its Inception scores are left out: the weights are not here (reportgen fetch inception)")
    return name, *retrain(results, name, device, data_dir)


def _print_retrained(name: str, values: Sequence[Retrained], machine: Sequence[str]) -> None:
    differing = [value for value in values if not value.is_same]
    if not differing:
        typer.echo(f"{name}: trained and measured again: all {len(values)} values are the same, bit for bit")
        return
    for value in differing[:10]:
        typer.echo(f"  {value.name}: recorded {value.recorded}, now {value.repeated}")
    typer.echo(f"{name}: trained and measured again: {len(differing)} of {len(values)} values differ")
    for line in machine:
        typer.echo(f"  which may give other bits: {line}")


@app.command()
def status(output: OutputOption = DEFAULT_OUTPUT, as_json: JsonOption = False) -> None:
    """Show the state of every run of the suite that was run last, derived from its files."""
    from reportgen.cli.as_json import print_object
    from reportgen.cli.standing import describe_status, format_status, read_status

    found = read_status(output)
    if as_json:
        print_object("status", describe_status(found))
    else:
        for line in format_status(found):
            typer.echo(line)
    if found.recorded.source_changed:
        _warn(f"{found.recorded.source} has changed since; 'reportgen run' takes it up")


@app.command()
def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name, as 'reportgen status' shows it.")],
    suite_file: Annotated[Path, typer.Option("--suite", metavar="SUITE", help="The suite.")] = Path("experiments.yaml"),
    profile: Annotated[str, typer.Option(metavar="P", help="As for 'reportgen run'.")] = "full",
    output: OutputOption = DEFAULT_OUTPUT,
    as_json: JsonOption = False,
) -> None:
    """Say what 'reportgen run' would do for a run and why: each changed field with its old and new value."""
    from reportgen.cli.as_json import describe_explanation, print_object
    from reportgen.store.housekeeping import explain_run
    from reportgen.store.paths import OutputPaths
    from reportgen.suite.loading import load_suite
    from reportgen.suite.plan import plan_runs

    specs = {spec.name: spec for spec in plan_runs(load_suite(suite_file, _resolve_profile(profile, quiet=as_json)))}
    if run not in specs:
        raise ConfigError(f"explain {run}: the suite has no such run; choose from: {', '.join(specs)}")
    found = explain_run(OutputPaths(output), specs[run], specs.values())
    if as_json:
        print_object("explain", describe_explanation(run, found))
        return
    typer.echo(f"{run}: {found.state}")
    stages = ("trained", found.training), ("measured", found.evaluation), ("scored by Inception", found.inception)
    for stage, changes in stages:
        for change in changes:
            typer.echo(f"  will be {stage} anew: {change.field} was {change.old}, is {change.new}")
    if found.state == "finished" and found.lacks_inception:
        typer.echo("  will be scored by Inception, last")
    if found.state == "missing" and found.recorded is None:
        typer.echo("  nothing was trained under this name yet")
    elif found.training and found.recorded is not None:
        typer.echo(f"  compared with {found.recorded}, which is kept until 'reportgen gc --delete'")


@app.command()
def gc(
    delete: Annotated[bool, typer.Option("--delete", help="Delete; without it nothing is touched.")] = False,
    output: OutputOption = DEFAULT_OUTPUT,
) -> None:
    """List files that the suite that was run last does not need: other runs, old checkpoints, half-written files."""
    from reportgen.store.housekeeping import find_garbage, remove
    from reportgen.store.paths import OutputPaths
    from reportgen.store.suites import read_suite
    from reportgen.suite.plan import plan_runs

    paths = OutputPaths(output)
    garbage = find_garbage(paths, plan_runs(read_suite(paths).suite))
    for item in garbage:
        if delete:
            remove(item)
        done = "deleted" if delete else "would delete"
        typer.echo(f"{done} {item.path} ({item.reason}, {item.num_bytes / 1e6:.1f} MB)")
    total = sum(item.num_bytes for item in garbage) / 1e6
    hint = "" if delete or not garbage else "; reportgen gc --delete does it"
    typer.echo(f"{len(garbage)} things, {total:.1f} MB{hint}")


@app.command()
def fetch(
    what: Annotated[str, typer.Argument(metavar="inception", help="The course's Inception weights, 95 MB.")],
) -> None:
    """Download what a run would download beside the training, and verify its checksum; a broken download goes on."""
    from reportgen.base.fetching import fetch_inception
    from reportgen.cli.progress import DownloadBar

    if what != "inception":
        raise ConfigError(f"fetch {what}: unknown; choose from: inception")
    with DownloadBar() as show:
        path = fetch_inception(on_bytes=show)
    typer.echo(f"{path}: the next 'reportgen run' measures with it; nothing is trained anew")


@app.command()
def doctor() -> None:
    """Check that this machine has all that running and rendering need, and say how to get what is missing."""
    from reportgen.cli.doctor import check_all

    checks = check_all()
    for check in checks:
        typer.echo(f"{'ok     ' if check.ok else 'MISSING'} {check.subject}: {check.found}")
        if not check.ok:
            typer.echo(f"        {check.remedy}")
    if not all(check.ok or check.optional for check in checks):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of experiments.yaml, by which editors complete and check the file."""
    from reportgen.suite.loading import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
