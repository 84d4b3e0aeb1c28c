"""FID scores stated by published reports of the coursework, matched with the configurations of a suite."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.assets import PublishedScore, load_published_scores
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


def measure_agreement(matched: Sequence[Matched]) -> Agreement:
    """Count the pairs whose order by FID agrees with a published report.

    Scores are compared only within a published report. A pair counts once per report that states both scores.
    """
    fid = choose_fid([m.configuration for m in matched])
    same = reverse = undecided = 0
    for a, b in itertools.combinations(matched, 2):
        ours = compare_by(fid, a.configuration, b.configuration)
        theirs = {score.report: score.fid for score in b.scores}
        for score in a.scores:
            if score.report not in theirs:
                continue
            if ours not in ("lower", "higher"):
                undecided += 1
            elif (ours == "lower") == (score.fid < theirs[score.report]):
                same += 1
            else:
                reverse += 1
    return Agreement(same, reverse, undecided)
