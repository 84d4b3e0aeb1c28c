"""``--json``: one object on standard output, nothing beside it, with keys that programs may rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from synthetic import ROOT, make_results, write_output
from typer.testing import CliRunner

from reportgen.base.errors import RenderError
from reportgen.cli import checking, commands
from reportgen.cli.as_json import FORMAT, print_object
from reportgen.paper.verification import Verification
from reportgen.paper.verification.difference import Difference
from reportgen.suite.loading import load_suite

Shape = Mapping[str, Any]

NUMBER, OPTIONAL = (int, float), (str, type(None))
SECONDS = (float, int, type(None))

STATUS = {
    "profile": str,
    "suite": str,
    "suite_has_changed": bool,
    "runs": [{"name": str, "state": str, "reason": str, "folder": str}],
    "inception": {"num_wanted": int, "num_finished": int},
}
CHECK = {
    "is_met": bool,
    "requirements": [{"question": str, "section": str, "wanted": str, "is_met": bool, "missing": str}],
}
PLAN = {
    "profile": str,
    "dataset": str,
    "jobs": int,
    "estimated_seconds": NUMBER,
    "inception_seconds": SECONDS,
    "runs": [
        {"name": str, "state": str, "num_training_steps": int, "estimated_seconds": NUMBER, "groups": [str]},
    ],
    "fid": str,
    "questions": [
        {
            "question": str,
            "compared": [str],
            "with": [str],
            "lack": OPTIONAL,
            "num_seeds": int,
            "smallest_factor": SECONDS,
            "chances": (dict, type(None)),
            "seeds_needed": (dict, type(None)),
        }
    ],
    "another_seed": {"num_runs": int, "estimated_seconds": NUMBER, "inception_seconds": SECONDS},
}
EXPLAIN = {
    "run": str,
    "state": str,
    "compared_with": OPTIONAL,
    "lacks_inception": bool,
    "changes": [{"stage": str, "field": str, "old": object, "new": object}],
}
VERIFIED = {
    "report": str,
    "verdict": str,
    "reason": str,
    "name": str,
    "student_id": str,
    "suite": str,
    "num_pages": int,
    "num_items": int,
    "num_numbers": int,
    "num_notes": int,
    "differences": [{"where": str, "printed": str, "derived": str}],
}
VERIFY = {
    "reports": [VERIFIED],
    "equal_numbers": [[str]],
    "equal_notes": [{"section": str, "reports": [str]}],
    "retrained": (dict, type(None)),
}


def assert_shape(value: Any, shape: Any, place: str = "") -> None:
    """Assert that a value has exactly these keys, and at each of them what stands there."""
    if isinstance(shape, Mapping):
        assert list(value) == list(shape), place
        for key, part in shape.items():
            assert_shape(value[key], part, f"{place}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), place
        for item in value:
            assert_shape(item, shape[0], f"{place}[]")
    else:
        assert isinstance(value, shape), (place, value)


def run(command: str, *arguments: object, shape: Shape, status: int = 0) -> Any:
    """Run a command with and without the option; return its object, of which the shape and the exit status hold."""
    plain = CliRunner().invoke(commands.app, [command, *map(str, arguments)])
    found = CliRunner().invoke(commands.app, [command, *map(str, arguments), "--json"])
    assert (plain.exit_code, found.exit_code) == (status, status), found.output
    content = json.loads(found.stdout)
    assert_shape(content, {"format": int, "command": str, **shape})
    assert (content["format"], content["command"]) == (FORMAT, command)
    return content


def test_status(tmp_path: Path) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name == "vae-3-s0")
    content = run("status", "--output", tmp_path, shape=STATUS)
    states = {row["name"]: row["state"] for row in content["runs"]}
    assert (len(states), states["vae-3-s0"], states["vae-10-s0"]) == (15, "missing", "finished")


def test_check(synthetic_output: Path) -> None:
    content = run("check", "--lang", "zh", "--output", synthetic_output, shape=CHECK, status=1)
    assert not content["is_met"]
    assert any(row["missing"] for row in content["requirements"])


def test_plan_says_nothing_of_the_profile_that_it_chose(tmp_path: Path) -> None:
    content = run("plan", ROOT / "experiments.yaml", "--profile", "auto", "--output", tmp_path, shape=PLAN)
    assert content["profile"] in {"quick", "full"}
    known = content["questions"][0]
    assert list(known["chances"]) == list(known["seeds_needed"]) == ["1.2", "1.3", "1.5"]


def test_explain(synthetic_output: Path, tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8")
    suite.write_text(text.replace("num_training_steps: 1800", "num_training_steps: 1801"), encoding="utf-8")
    arguments = ("vae-64-s0", "--suite", suite, "--profile", "quick", "--output", synthetic_output)
    content = run("explain", *arguments, shape=EXPLAIN)
    assert content["state"] == "missing"
    changed = {row["field"]: (row["old"], row["new"]) for row in content["changes"]}
    assert changed["settings.num_training_steps"] == (1800, 1801)


@pytest.mark.parametrize(("differences", "status"), [((), 0), ((Difference("page 1", "2", "3"),), 1)])
def test_verify(monkeypatch: pytest.MonkeyPatch, differences: tuple[Difference, ...], status: int) -> None:
    found = Verification(
        make_results(load_suite(ROOT / "experiments.yaml", "quick")), "a" * 16, "b" * 16, 10, 20, 3, differences, {}
    )
    monkeypatch.setattr(checking, "verify_pdf", lambda path: found)
    content = run("verify", "report.pdf", shape=VERIFY, status=status)
    assert content["reports"][0]["verdict"] == ("differs" if differences else "agrees")
    assert content["retrained"] is None


def test_verify_of_many_names_those_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> Verification:
        raise RenderError(f"{path}: not a PDF")

    monkeypatch.setattr(checking, "verify_pdf", refuse)
    found = CliRunner().invoke(commands.app, ["verify", "a.pdf", "b.pdf", "--json"])
    rows = json.loads(found.stdout)["reports"]
    assert found.exit_code == 1
    assert rows == [{"report": f"{n}.pdf", "verdict": "unreadable", "reason": f"{n}.pdf: not a PDF"} for n in "ab"]


def test_an_error_leaves_standard_output_empty(tmp_path: Path) -> None:
    found = CliRunner().invoke(commands.app, ["status", "--json", "--output", str(tmp_path)])
    assert found.stdout == ""
    assert found.exit_code != 0


def test_numbers_that_are_not_finite_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_object("plan", {"a": [float("nan")], "b": Path("图")})
    assert json.loads(capsys.readouterr().out) == {"format": FORMAT, "command": "plan", "a": [None], "b": "图"}
