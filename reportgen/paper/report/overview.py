"""Frame of the report: summary, settings, methods, and the appendix with all runs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import assert_never, get_args

from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.power import compare_means
from reportgen.paper.analysis.quantities import QUANTITIES
from reportgen.paper.analysis.replicates import find_prior, is_convolutional_gan
from reportgen.paper.analysis.results import CLASSIFIER, INCEPTION, Configuration
from reportgen.paper.analysis.selection import (
    pick,
    select_model,
    select_scored,
)
from reportgen.paper.analysis.trainings import has_curves
from reportgen.paper.figures.scoreboard import ScoreRow, draw_scoreboard
from reportgen.paper.i18n.quantities import write_least, write_mean
from reportgen.paper.i18n.translator import Message, Number, Percent, Several, Value
from reportgen.paper.report.builder import Builder, Column
from reportgen.paper.report.fidelity import tabulate_yardsticks
from reportgen.paper.report.model import Block, Cell, Paragraph, Picture, Section, Span, Table
from reportgen.store.images import decode_grid
from reportgen.store.states import State
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import MODELS, ModelName, has_digits

COMMON_FIELDS = ("batch_size", "num_training_steps", "learning_rate")
"""Settings of every model that its table shows in addition to its dimensions."""


MAX_BESIDE = 20
"""The most configurations of a model whose settings stand beside those of another."""

MAX_NAMED = 6
"""Largest number of unfinished runs of one state that the first page names; of more it gives the number."""


# ---- notices --------------------------------------------------------------------------------------------------------


def write_notices(b: Builder) -> tuple[str, ...]:
    """Return the warnings of the first page: what is unfinished, and that a profile reduces the homework."""
    notices = [_describe_unfinished(b), b.t("notice.provisional")] if b.results.unfinished else []
    if not b.results.is_full:
        notices.append(b.t("notice.profile", profile=b.results.suite.profile))
    return tuple(notices)


def _describe_unfinished(b: Builder) -> str:
    """Describe how many runs are finished and what became of the others; where they differ, the numbers of seeds."""
    names: dict[State, list[str]] = defaultdict(list)
    for run in sorted(b.results.unfinished, key=lambda run: get_args(State).index(run.state)):
        names[run.state].append(run.spec.name)
    others = [
        b.t("notice.state", state=Message(f"state.{state}"), runs=_name_few(b, runs)) for state, runs in names.items()
    ]
    seeds = Counter(len(c.runs) for c in b.results.configurations)
    if len(seeds) > 1:
        counts = [b.t("notice.seeds.count", seeds=num_seeds, num=num) for num_seeds, num in sorted(seeds.items())]
        others.append(b.t("notice.seeds", counts=b.t("caption.list_separator").join(counts)))
    return b.t(
        "notice.training" if "running" in names else "notice.incomplete",
        num_finished=len(b.results.finished),
        num=len(b.results.runs),
        others=b.t("caption.separator").join(others),
    )


def _name_few(b: Builder, names: Sequence[str]) -> str:
    return b.t("caption.list_separator").join(names) if len(names) <= MAX_NAMED else b.t("notice.many", num=len(names))


# ---- first page -----------------------------------------------------------------------------------------------------

SUMMARISED = (
    *("vae_effect", "vae_ablation", "gan_effect", "gan_hidden", "nash"),
    *("comparison", "interpolation", "collapse", "gan_mlp", "gan_relu"),
)
"""Sections whose answers stand on the first page, in its order."""

MAX_SCORED = 16
"""The most rows of the scoreboard; of more configurations, some from the best to the worst are shown."""

NUM_THUMBNAILS = 10
"""Samples of each configuration on the scoreboard."""

SCOPE: Mapping[str, str] = {"fid_classifier": "summary.fid.classifier", "fid_inception": "summary.fid.inception"}
"""FID that the discussion rests on -> part of the scope."""


def write_summary(b: Builder, sections: Sequence[Section]) -> tuple[Block, ...]:
    """Write the first page: the scope, the answers of the sections, one caution, and the scoreboard."""
    answers = {part.id: list(_list_answers(b, part)) for section in sections for part in section.walk_sections()}
    wanted = [answer for name in SUMMARISED for answer in answers.get(name, ())]
    return (_write_scope(b), *wanted, *_write_cautions(b), *_show_scoreboard(b))


def _list_answers(b: Builder, section: Section) -> Iterator[Paragraph]:
    """Yield the answers of a section as entries of the first page, with the section's title in front."""
    for block in section.blocks:
        if isinstance(block, Paragraph) and block.role == "answer":
            yield replace(
                block,
                role="finding",
                line=(Span("strong", section.title), Span("text", b.t("summary.gap")), *block.line),
            )


def _write_scope(b: Builder) -> Paragraph:
    suite, first = b.results.suite, b.results.finished[0]
    fid = SCOPE[choose_fid(b.results.configurations)]
    if INCEPTION not in b.results.detectors and any(section.fid_below for section in suite.outline.walk()):
        fid = "summary.fid.other"
    trained = [run for run in b.results.finished if not run.is_imported]
    values: dict[str, Value] = {
        "fid": Message(fid),
        "num_configurations": len(b.results.configurations),
        "dataset": Message(f"dataset.{suite.dataset}"),
        "num_train": first.evaluation.dataset.num_train,
    }
    if not trained:
        return b.text("summary.scope.imported", **values)
    seeds = Several([str(seed) for seed in sorted({run.spec.seed for run in trained})])
    return b.text("summary.scope", num_runs=len(b.results.finished), seeds=seeds, **values)


def _write_cautions(b: Builder) -> list[Paragraph]:
    """Write what limits the answers, as far as it applies."""
    cautions = [] if has_digits(b.results.suite.dataset) else [b.text("settings.no_digits")]
    imported = _select_imported(b)
    if imported and len(imported) < len(b.results.configurations):
        cautions.append(b.text("summary.imported", labels=_name_models(b, imported)))
    if all(len(c.runs) == 1 for c in b.results.configurations):
        cautions.append(b.text("summary.one_seed"))
    return cautions


def _select_imported(b: Builder) -> list[Configuration]:
    """Return the configurations that were trained elsewhere."""
    return [c for c in b.results.configurations if c.first.is_imported]


def _name_models(b: Builder, configurations: Sequence[Configuration]) -> Several | Message:
    """Return the labels of a few configurations, or the number of many."""
    many = len(configurations) > MAX_NAMED
    return Message("page.many_models", {"num": len(configurations)}) if many else b.labels(configurations)


def _show_scoreboard(b: Builder) -> list[Block]:
    """Show the configurations in the order of their FID; nothing without any."""
    scored = select_scored(b.results.configurations)
    if not scored:
        return []
    fid = choose_fid(scored)
    shown = sorted(pick(scored, MAX_SCORED), key=lambda c: measure(fid, c).mean)
    return [b.figure("scoreboard", lambda: [_draw_scoreboard(b, shown, fid)])]


def _draw_scoreboard(b: Builder, shown: Sequence[Configuration], fid: str) -> Picture:
    header = [b.t("scoreboard.samples"), b.t("scoreboard.bar", score=b.column(fid)), "FID", b.column("recall")]
    rows = [_score(b, c, fid) for c in shown]
    alt = b.t("alt.scoreboard", labels=b.labels(shown))
    return b.picture("png", draw_scoreboard, rows, [*header, b.t("scoreboard.end")], alt=alt, width_mm=172)


def _score(b: Builder, c: Configuration, fid: str) -> ScoreRow:
    """Return the row of a configuration: its FID, its recall, and how its training ended."""
    images = decode_grid(c.first.read_image(c.first.find_grid("samples")), NUM_THUMBNAILS)
    score = measure(fid, c)
    written = [*(b.t.format(write_mean(name, c)) for name in (fid, "recall")), _describe_end(b, c)]
    return ScoreRow(c.label, list(MODELS).index(c.settings.model), images, score.mean, score.interval, tuple(written))


def _describe_end(b: Builder, c: Configuration) -> str:
    """Return D's outputs at the end of a GAN's training, or the KL divergence at the end of a VAE's."""
    match c.settings.model:
        case "vae":
            return b.t("scoreboard.vae", kl=write_mean("dev_kl", c))
        case "gan":
            return b.t("scoreboard.gan", real=write_mean("D_x", c), fake=write_mean("D_G_z1", c))
        case _:
            assert_never(c.settings.model)


# ---- settings -------------------------------------------------------------------------------------------------------


def build_settings(b: Builder, _: object, wanted: OutlineSection) -> Section:
    """Build the section on the dataset, the machine, the settings of all models, and unfinished runs."""
    record = b.results.finished[0]
    dataset = record.evaluation.dataset
    blocks: list[Block] = [
        b.text(
            "settings.dataset",
            dataset=Message(f"dataset.{b.results.suite.dataset}"),
            num_train=dataset.num_train,
            num_dev=dataset.num_dev,
        ),
        *([] if has_digits(b.results.suite.dataset) else [b.notice("settings.no_digits")]),
        _describe_machine(b),
    ]
    unlogged = [c for c in b.results.configurations if not has_curves(c)]
    if unlogged:
        blocks.append(b.text("settings.no_curves", labels=_name_models(b, unlogged)))
    if b.results.curves_alone:
        blocks.append(b.text("settings.no_weights", labels=_name_models(b, b.results.curves_alone)))
    models = {name: chosen for name, kind in MODELS.items() if (chosen := select_model(b.results, kind))}
    introduced = ["both"] if models.keys() == {"vae", "gan"} else list(models)
    blocks += [b.text(f"setup.{name}") for name in introduced]
    blocks.append(b.text("settings.scores", num=b.results.suite.fid.num_images))
    beside = len(models) > 1 and all(len(chosen) <= MAX_BESIDE for chosen in models.values())
    blocks += [
        _tabulate_settings(b, name, chosen, wanted.settings.get(name, {}), beside) for name, chosen in models.items()
    ]
    if b.results.unfinished:
        blocks.append(_list_unfinished(b))
    return b.section("settings", *blocks)


def _describe_machine(b: Builder) -> Paragraph:
    """Describe the machine that trained, or the one that measured if all models were imported."""
    trained = [run for run in b.results.finished if not run.is_imported]
    environment = (trained or b.results.finished)[0].record.environment
    values: dict[str, Value] = {
        "processor": environment.processor,
        "device": environment.device,
        "torch": environment.packages["torch"],
        "reportgen": environment.packages["reportgen"],
        "python": environment.python,
    }
    if not trained:
        return b.text("settings.machine.imported", **values)
    seconds = sum(run.record.train_seconds or 0.0 for run in trained)
    return b.text("settings.machine", minutes=Number(seconds / 60, 1), **values)


def _tabulate_settings(
    b: Builder, name: ModelName, configurations: list[Configuration], asked: Mapping[str, float], beside: bool
) -> Block:
    """Tabulate the settings of a model's configurations; what all of several share stands below the table.

    Args:
        asked: the homework's settings, which are named where a configuration has others.
    """
    model = configurations[0].settings
    columns = [Column(field, partial(_show_setting, b, field)) for field in COMMON_FIELDS]
    if any(c.settings.precision != "fp32" for c in configurations):
        columns.append(Column("arithmetic", lambda c: b.setting_cell(c.settings, "precision")))
    if not all(c.first.is_imported for c in configurations):
        columns.append(Column("seed", partial(_list_seeds, b)))
    shared = {column.name: found for column in columns if (found := _find_shared(column, configurations))}
    differing = [column for column in columns if column.name not in shared]
    table = b.tabulate(configurations, [*model.VARIANT_FIELDS, *model.DIMENSIONS, *differing])
    fields = [b.t("settings.field", name=b.column(field), value=value) for field, value in shared.items()]
    note = b.line("settings.shared", fields=b.t("caption.separator").join(fields)) if fields else ()
    others = {
        field: value
        for field, value in asked.items()
        if any(getattr(c.settings, field) != value for c in configurations)
    }
    if others:
        fields = [b.t("settings.field", name=b.column(field), value=f"{value:,g}") for field, value in others.items()]
        note = (*note, *b.line("settings.asked", fields=b.t("caption.separator").join(fields)))
    return b.table(f"{name}_settings", *table, note=note, beside=beside)


def _find_shared(column: Column, configurations: Sequence[Configuration]) -> str | None:
    """Return the text that all of several configurations have in a column; None if they differ or there is only one."""
    texts = {column.cell(c).text for c in configurations}
    return texts.pop() if len(texts) == 1 and len(configurations) > 1 else None


def _show_setting(b: Builder, field: str, c: Configuration) -> Cell:
    return b.setting_cell(c.settings, field)


def _list_seeds(b: Builder, c: Configuration) -> Cell:
    """Return the seeds of a configuration; a dash for an imported one, whose seed is not known."""
    if c.first.is_imported:
        return Cell("–", is_number=True)
    seeds = b.t("caption.list_separator").join(str(run.spec.seed) for run in c.runs)
    return Cell(seeds, is_number=True)


def _list_unfinished(b: Builder) -> Block:
    rows = [
        [Cell(run.spec.name, is_header=True), Cell(b.t(f"state.{run.state}")), Cell(run.failure or "–")]
        for run in b.results.unfinished
    ]
    return b.table("unfinished", ["run", "state", "reason"], rows)


# ---- methods --------------------------------------------------------------------------------------------------------


def build_background(b: Builder, *_: object) -> Section:
    """Build the page of theory, which holds whatever the data are, with its references."""
    models = [name for name, kind in MODELS.items() if select_model(b.results, kind)]
    blocks: list[Block] = []
    for name in models:
        blocks += [b.text(f"loss.{name}"), *map(b.formula, list_loss_formulas(name)), b.text(BACKGROUNDS[name])]
    blocks += [
        b.text("background.fid"),
        b.formula(
            r"d^2 = \left\|\mu_r - \mu_g\right\|^2"
            r" + \mathrm{Tr}\left(\Sigma_r + \Sigma_g - 2\left(\Sigma_r\Sigma_g\right)^{1/2}\right)"
        ),
        b.text("background.scores"),
        b.text("background.latent"),
    ]
    references = [message for message, about in REFERENCES.items() if about is None or about in models]
    return b.section("background", *blocks, *map(b.reference, references))


BACKGROUNDS: Mapping[ModelName, str] = {"vae": "background.vae", "gan": "background.gan"}
"""Model -> message after the formulas of its losses."""

REFERENCES: Mapping[str, ModelName | None] = {
    "reference.burda": "vae",
    "reference.goodfellow": "gan",
    "reference.heusel": None,
    "reference.hoffman": "vae",
    "reference.holm": None,
    "reference.kingma": "vae",
    "reference.kynkaanniemi": None,
    "reference.naeem": None,
    "reference.radford": "gan",
    "reference.shoemake": None,
    "reference.smyth": None,
    "reference.white": None,
}
"""Works that the report refers to, in the order of their list -> the model that they are about, if it is one."""


def build_methods(b: Builder, *_: object) -> Section:
    """Build the section on networks and scores, and on the rules that decide what is said of them."""
    imported = _select_imported(b)
    notes = [b.text("methods.imported", labels=_name_models(b, imported))] if imported else []
    return b.section("methods", _tabulate_networks(b), *notes, *_describe_scores(b))


NETWORKS: Mapping[tuple[ModelName, str], Mapping[str, str]] = {
    ("vae", "conv"): {"encoder": "layers.encoder", "decoder": "layers.decoder"},
    ("vae", "linear"): {"encoder": "layers.encoder.linear", "decoder": "layers.decoder.linear"},
    ("gan", "conv"): {"generator": "layers.generator", "discriminator": "layers.discriminator"},
    ("gan", "mlp"): {"generator": "layers.generator.mlp", "discriminator": "layers.discriminator.mlp"},
}
"""Model and architecture -> network -> message that lists its layers."""

NETWORK_NAMES: Mapping[str, str] = {
    "encoder": "row.encoder",
    "decoder": "row.decoder",
    "generator": "row.generator",
    "discriminator": "row.discriminator",
}
"""Network -> message that names it."""


def _tabulate_networks(b: Builder) -> Table:
    """Tabulate the layers of every network that was trained, with its smallest and largest number of parameters."""
    groups: dict[tuple[ModelName, str], list[Configuration]] = defaultdict(list)
    for c in b.results.configurations:
        groups[c.settings.model, c.settings.architecture].append(c)
    rows = [
        _list_network(b, groups[model, architecture], network, layers)
        for (model, architecture), networks in NETWORKS.items()
        if (model, architecture) in groups
        for network, layers in networks.items()
    ]
    return b.table("networks", ["network", "layers", "parameters"], rows, note=b.line("methods.networks"), wraps=True)


def _list_network(b: Builder, trained: Sequence[Configuration], network: str, layers: str) -> list[Cell]:
    """Return the row of a network, with its layers and its parameters in the configurations that trained it."""
    counts = [c.first.evaluation.parameters[network] for c in trained]
    name = b.t(NETWORK_NAMES[network], kind=Message(f"value.{trained[0].settings.architecture}"))
    ends = [b.t.format(count) for count in sorted({min(counts), max(counts)})]
    return [Cell(name, is_header=True), Cell(b.t(layers)), Cell("–".join(ends), is_number=True)]


def list_loss_formulas(model: ModelName) -> list[str]:
    """Return the losses that a model minimises, as LaTeX formulas."""
    match model:
        case "vae":
            return [
                r"\mathcal{L}_{\mathrm{VAE}} = -\mathbb{E}_{q(z|x)}\left[\log p(x|z)\right]"
                r" + \mathrm{KL}\left(q(z|x)\,\|\,\mathcal{N}(0, I)\right)",
                r"\mathrm{KL} = -\frac{1}{2}\sum_{j}\left(1 + \log\sigma_j^2 - \mu_j^2 - \sigma_j^2\right),"
                r"\qquad z = \mu + \sigma\odot\epsilon,\quad \epsilon\sim\mathcal{N}(0, I)",
            ]
        case "gan":
            return [
                r"\mathcal{L}_D = -\mathbb{E}_{x}\left[\log D(x)\right]"
                r" - \mathbb{E}_{z}\left[\log\left(1 - D(G(z))\right)\right],"
                r"\qquad \mathcal{L}_G = -\mathbb{E}_{z}\left[\log D(G(z))\right]",
            ]
        case _:
            assert_never(model)


def _describe_scores(b: Builder) -> list[Block]:
    card = b.results.finished[0].evaluation.classifier
    scores = next((found for run in b.results.finished if (found := run.find_scores(CLASSIFIER))), None)
    if scores is None:
        return []
    return [
        b.text(
            "methods.classifier",
            accuracy=Percent(card.test_accuracy, 2),
            num_test=card.test_images,
            num_real=scores.num_real,
            num_fake=scores.num_fake,
            sha=card.sha256[:12],
        ),
        b.text(
            "methods.reading",
            threshold=Number(card.threshold, 2),
            digits_read=Percent(card.digits_read, 1),
            noise_read=Percent(card.noise_read, 1),
            worst_kind=Message(f"noise.{card.worst_noise.replace(' ', '_')}"),
        ),
        b.text("methods.scale"),
        *tabulate_yardsticks(b),
        *_describe_comparisons(b),
    ]


def _describe_comparisons(b: Builder) -> list[Block]:
    """Describe curves, evidence and intervals, for one seed or several."""
    has_one = all(len(c.runs) == 1 for c in b.results.configurations)
    return [
        b.text("methods.curves", seeds=Message("methods.curves.one" if has_one else "methods.curves.several")),
        b.text("methods.sharpness"),
        b.text("methods.seeds"),
        _tabulate_spreads(b),
        b.text("methods.intervals"),
    ]


SPREADS = ("sharpness", "read_share", "recall", "dev_reconstruction", "dev_kl", "discriminator_loss", "generator_loss")
"""Quantities beside FID for which the methods state what seeds alone may cause."""


def _tabulate_spreads(b: Builder) -> Table:
    """Tabulate the smallest effect that two configurations show, per quantity and kind of training."""
    kinds: dict[str, list[Configuration]] = defaultdict(list)
    for c in b.results.configurations:
        kinds["conv_gan" if is_convolutional_gan(c.settings) else "other_models"].append(c)
    names = [choose_fid(b.results.configurations), *SPREADS]
    rows = [[Cell(b.column(n), is_header=True), *(_show_smallest(b, n, row) for row in kinds.values())] for n in names]
    return b.table("spreads", ["quantity", *kinds], rows)


def _show_smallest(b: Builder, name: str, configurations: Sequence[Configuration]) -> Cell:
    """Return the smallest effect on a quantity for the first configuration that has it; a dash without any."""
    quantity, num_seeds = QUANTITIES[name], min(len(c.runs) for c in b.results.configurations)
    for c in configurations:
        is_its_own = quantity.model in (None, c.settings.model)
        prior = find_prior(quantity, c.settings, c.cohort) if is_its_own else None
        if prior is not None:
            least = compare_means([prior], [prior]).find_smallest(num_seeds)
            return Cell(b.t.format(write_least(name, least)), is_number=True)
    return Cell("–", is_number=True)


# ---- appendix -------------------------------------------------------------------------------------------------------


def build_appendix(b: Builder, *_: object) -> Section:
    """Build the appendix: all configurations with their scores, failed scores, and the classifier's reliability."""
    chosen, seeds = b.results.configurations, Column("seed", partial(_list_seeds, b))
    columns: list[str | Column] = [seeds, *b.fids, "read_share", "sharpness", "ms_per_step"]
    imported, alone = _select_imported(b), b.results.curves_alone
    if imported:
        columns.insert(0, Column("origin", partial(_name_origin, b)))
    blocks: list[Block] = [b.text("appendix.runs"), b.table_of("all_runs", chosen, columns, note=b.passport(chosen))]
    if imported or alone:
        blocks.append(_tabulate_origins(b, [*imported, *alone]))
    together = [num for run in b.results.finished if (num := run.record.trained_together) is not None]
    most = max(together, default=1)
    if most > 1:
        blocks.append(b.text("appendix.shared_time", count=Number(most, 0)))
    return b.section("appendix", *blocks, _tabulate_costs(b), *_list_failed_scores(b), *_show_reliability(b))


def _name_origin(b: Builder, c: Configuration) -> Cell:
    return Cell(b.t("value.imported" if c.first.is_imported else "value.trained_here"))


def _tabulate_origins(b: Builder, imported: Sequence[Configuration]) -> Table:
    """Tabulate the folder of each imported model, its saved steps and the digest of its files."""
    rows = []
    for c in imported:
        origin = c.first.record.origin
        assert origin is not None, "an imported run has its origin"
        ends = [b.t.format(step) for step in dict.fromkeys((*origin.steps[:1], *origin.steps[-1:]))]
        steps = f"{'–'.join(ends)} ({len(origin.steps)})" if len(ends) > 1 else "".join(ends) or "–"
        digest = Cell(str(c.settings.imported))
        rows.append([Cell(c.label, is_header=True), Cell(origin.folder), Cell(steps, is_number=True), digest])
    header = ["configuration", "folder", "saved_steps", "digest"]
    return b.table("imported", header, rows, note=b.line("appendix.imported_note"), wraps=True)


def _tabulate_costs(b: Builder) -> Table:
    """Tabulate parameters, multiply-accumulates and times; processor times if any training recorded them."""
    chosen = b.results.configurations
    has_times = any(is_measured("processor_ms", [c]) for c in chosen)
    times = ["processor_ms", "train_seconds"] if has_times else ["train_seconds"]
    sizes = ["drawing_parameters", "judging_parameters", "image_macs", "step_macs"]
    return b.table_of("costs", chosen, [*sizes, *times], note=b.line("appendix.costs_note"))


def _list_failed_scores(b: Builder) -> list[Block]:
    """Tabulate scores that could not be computed, with the reasons; nothing if there are none."""
    failures = [(run, *item) for run in b.results.finished for item in run.score_failures.items()]
    if not failures:
        return []
    rows = [
        [Cell(run.spec.name, is_header=True), Cell(b.t(f"detector.{detector}")), Cell(reason)]
        for run, detector, reason in failures
    ]
    return [b.table("failed_scores", ["run", "detector", "reason"], rows)]


def _show_reliability(b: Builder) -> list[Block]:
    """Tabulate the classifier's reliability by digit and at other thresholds."""
    card = b.results.finished[0].evaluation.classifier
    digits = [
        [Cell(str(row.digit), is_header=True), Cell(b.t.format(row.num_images), is_number=True)]
        + [Cell(b.t.format(Percent(share, 1)), is_number=True) for share in (row.read, row.correct)]
        for row in card.reliability
    ]
    thresholds = [
        [Cell(b.t.format(Number(row.threshold)), is_header=True)]
        + [
            Cell(b.t.format(Percent(share, 1)), is_number=True)
            for share in (row.digits_read, row.digits_correct, row.noise_read)
        ]
        for row in card.calibration
    ]
    return [
        b.text("appendix.reliability", threshold=Number(card.threshold)),
        b.table("reliability", ["digit", "num_images", "share_read", "share_correct"], digits, beside=True),
        b.table("calibration", ["threshold", "share_read", "share_correct", "noise_read"], thresholds, beside=True),
    ]
