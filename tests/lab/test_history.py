"""history.csv while a run trains: followed, torn and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from trainings import GAN, make_session, train

from reportgen.base.errors import RunError, Stopped
from reportgen.lab.data import Dataset
from reportgen.lab.training.checkpoint import Checkpointer, resume_training
from reportgen.lab.training.history import HistoryFile, format_history
from reportgen.lab.training.loop import Row, Training, begin_training, train_run
from reportgen.store.paths import RunPaths

ROWS: list[Row] = [(10, "D_x", 0.5), (10, "D_G_z1", 0.1 + 0.2), (20, "D_x", 1e-05)]
TEXT = "step,metric,value\n10,D_x,0.5\n10,D_G_z1,0.30000000000000004\n20,D_x,1e-05\n"


def test_rows_are_written_once_in_their_order(tmp_path: Path) -> None:
    history = HistoryFile(tmp_path / "history.csv")
    seen = []
    for count in (0, 1, 1, 3):
        history.update(ROWS[:count])
        seen.append(history.path.read_text())
    lines = TEXT.splitlines(keepends=True)
    assert seen == ["".join(lines[: count + 1]) for count in (0, 1, 1, 3)]
    assert format_history(ROWS) == TEXT


@pytest.mark.fault(row=9)
@pytest.mark.parametrize(
    "left", ["", "step,metric,value\n10,D_x,0.", TEXT + "30,D_x,0.7\n"], ids=["", "torn", "longer"]
)
def test_what_a_killed_process_left_is_replaced(tmp_path: Path, left: str) -> None:
    history = HistoryFile(tmp_path / "history.csv")
    history.path.write_text(left)
    history.update(ROWS[:1])
    history.update(ROWS)
    assert history.path.read_text() == TEXT


class StopsAtEnd(Checkpointer):
    """Stops at its second checkpoint."""

    def save(self, training: Training) -> None:
        super().save(training)
        if training.step >= 2 * (self.steps or 0):
            raise Stopped("here")


@pytest.mark.fault(row=9)
def test_a_stopped_training_leaves_its_rows_and_resumes_to_the_same_file(dataset: Dataset, tmp_path: Path) -> None:
    """Rows of the checkpoint, and no other, stand in the file after each."""
    settings = GAN.model_copy(update={"log_interval": 1})
    paths = RunPaths(tmp_path / "run")
    first = StopsAtEnd(paths, "k", seconds=1e9, steps=7)
    training = begin_training(settings, dataset, 0)
    first.begin(training.rows)
    assert paths.history.read_text() == "step,metric,value\n"
    with pytest.raises(Stopped):
        train_run(make_session(settings, dataset, training, checkpointer=first))
    assert paths.history.read_text() == format_history(training.rows)
    assert training.rows[-1][0] == 14

    with paths.history.open("a") as stream:
        stream.write("15,D_x,0.")  # torn by a kill
    again, _ = resume_training(paths, "k", lambda: begin_training(settings, dataset, 0))
    second = Checkpointer(paths, "k", seconds=1e9, steps=9)
    second.begin(again.rows)
    assert paths.history.read_text() == format_history(training.rows)
    train_run(make_session(settings, dataset, again, checkpointer=second))
    second.write(again)
    assert paths.history.read_text() == format_history(train(settings, dataset).rows)


@pytest.mark.fault(row=11)
def test_a_history_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "history.csv").mkdir()
    with pytest.raises(RunError, match=r"history\.csv: cannot be written"):
        HistoryFile(tmp_path / "history.csv").update(ROWS)
