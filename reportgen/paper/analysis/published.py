"""FID scores stated by published reports of the coursework, matched with the configurations of a suite."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.assets import PublishedScore, load_published_scores
from reportgen.paper.analysis.effects import Outcome
from reportgen.paper.analysis.findings import compare_by
from reportgen.paper.analysis.measuring import choose_fid
from reportgen.paper.analysis.results import Configuration
from reportgen.suite.settings import PublishedKey, has_digits


@dataclass(frozen=True)
class Matched:
    """A configuration of the suite, with the published scores of its model, variant and dimensions."""

    configuration: Configuration
    scores: tuple[PublishedScore, ...]


@dataclass(frozen=True)
class Ranked:
    """A pair of configurations that a published report orders by FID: ``first`` is the better one there.

    ``stated`` are the report's FIDs of both, ``steps`` the training steps of its longer training, and ``ours`` is the
    outcome of ``first`` against ``second`` in the suite.
    """

    report: str
    first: Configuration
    second: Configuration
    stated: tuple[float, float]
    steps: int
    ours: Outcome

    @property
    def is_reversed(self) -> bool:
        """True if the suite decides for the other order."""
        return self.ours == "higher"


@dataclass(frozen=True)
class Agreement:
    """Numbers of pairs of configurations by their order in the suite and in a published report.

    ``undecided`` are the pairs that the suite's data do not tell apart.
    """

    same: int
    reverse: int
    undecided: int

    @property
    def total(self) -> int:
        """The number of all pairs that a published report orders."""
        return self.same + self.reverse + self.undecided


@dataclass(frozen=True)
class Longest:
    """Published reports that trained longer than others, and alone order pairs the other way round.

    ``steps`` are their training steps, at least; the other reports trained for ``other_steps`` at most and order all of
    their ``num_agreed`` pairs that the suite decides as the suite does.
    """

    reports: tuple[str, ...]
    steps: int
    num_agreed: int
    other_steps: int


def match_published(configurations: Sequence[Configuration]) -> list[Matched]:
    """Return the configurations that have at least one published score, with these scores.

    Published reports are about MNIST: the list is empty if a run used images without digits.
    """
    if not all(has_digits(run.spec.dataset) for c in configurations for run in c.runs):
        return []
    scores_of: dict[PublishedKey, list[PublishedScore]] = defaultdict(list)
    for score in load_published_scores():
        scores_of[score.model, score.variant, score.latent_dim, score.hidden_dim].append(score)
    matched = [Matched(c, tuple(scores_of.get(c.settings.published_key, ()))) for c in configurations]
    return [m for m in matched if m.scores]


def rank_pairs(matched: Sequence[Matched]) -> list[Ranked]:
    """Return the pairs of configurations that published reports order, once per report that states both scores.

    Scores are compared only within a published report.
    """
    fid = choose_fid([m.configuration for m in matched])
    ranked = []
    for pair in itertools.combinations(matched, 2):
        scores_of = [{score.report: score for score in m.scores} for m in pair]
        for report in sorted(scores_of[0].keys() & scores_of[1].keys()):
            stated = [scores[report] for scores in scores_of]
            first, second = pair if stated[0].fid < stated[1].fid else pair[::-1]
            ours = compare_by(fid, first.configuration, second.configuration)
            steps = max(score.num_training_steps for score in stated)
            low, high = sorted(score.fid for score in stated)
            ranked.append(Ranked(report, first.configuration, second.configuration, (low, high), steps, ours))
    return ranked


def measure_agreement(ranked: Sequence[Ranked]) -> Agreement:
    """Count the pairs whose order by FID agrees with that of a published report."""
    same, reverse = (sum(pair.ours == way for pair in ranked) for way in ("lower", "higher"))
    return Agreement(same, reverse, len(ranked) - same - reverse)


def find_longest_reports(ranked: Sequence[Ranked]) -> Longest | None:
    """Return the reports that every pair in the reverse order comes from, if they trained longer than all others.

    None if no pair is reversed, if others trained as long, or if the others decide no pair.
    """
    reverse = [pair for pair in ranked if pair.is_reversed]
    reports = {pair.report for pair in reverse}
    others = [pair for pair in ranked if pair.report not in reports and pair.ours == "lower"]
    if not reverse or not others:
        return None
    least, most = min(pair.steps for pair in reverse), max(pair.steps for pair in others)
    return Longest(tuple(sorted(reports)), least, len(others), most) if least > most else None
