"""The FID scores that published reports of the coursework state, beside the configurations of a suite."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.assets import PublishedScore, load_published_scores
from reportgen.paper.analysis.findings import compare_by
from reportgen.paper.analysis.results import Configuration
from reportgen.suite.settings import PublishedKey, has_digits


@dataclass(frozen=True)
class Matched:
    """A configuration of ours and what published reports state for the same model, variant and dimensions."""

    configuration: Configuration
    scores: tuple[PublishedScore, ...]


@dataclass(frozen=True)
class Agreement:
    """Pairs of configurations whose order a published report states: how ours are ordered."""

    same: int
    reverse: int
    undecided: int

    @property
    def total(self) -> int:
        return self.same + self.reverse + self.undecided


def match_published(configurations: Sequence[Configuration]) -> list[Matched]:
    """Those configurations that at least one published report has a score for; all of these are of MNIST."""
    if not all(has_digits(run.spec.dataset) for c in configurations for run in c.runs):
        return []
    scores_of: dict[PublishedKey, list[PublishedScore]] = defaultdict(list)
    for score in load_published_scores():
        scores_of[score.model, score.variant, score.latent_dim, score.hidden_dim].append(score)
    matched = [Matched(c, tuple(scores_of.get(c.settings.published_key, ()))) for c in configurations]
    return [m for m in matched if m.scores]


def measure_agreement(matched: Sequence[Matched]) -> Agreement:
    """Over all pairs within one published report; the classifier FID orders ours."""
    same = reverse = undecided = 0
    for a, b in itertools.combinations(matched, 2):
        ours = compare_by("fid_classifier", a.configuration, b.configuration)
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
