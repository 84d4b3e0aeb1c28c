"""Fill docs/sample/ from a finished and rendered output folder: `python tools/make_sample.py OUTPUT`.

The sample contains the reports, the table of all runs, the resolved suite and the machine; no weights, no paths.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from reportgen.paper.analysis.attachments import export_runs
from reportgen.paper.analysis.results import Results, load_results
from reportgen.suite.languages import LANGUAGES

SAMPLE = Path(__file__).parents[1] / "docs" / "sample"


def main() -> None:
    """Copy the reports and write the data files of the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    results = load_results(output)
    if results.unfinished:
        parser.error(f"{len(results.unfinished)} runs are not finished; `reportgen run` finishes them")
    SAMPLE.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        for suffix in ("pdf", "html"):
            shutil.copy(output / f"report.{language}.{suffix}", SAMPLE)
    (SAMPLE / "results.csv").write_text(export_runs(results), encoding="utf-8")
    write_json("suite.json", results.suite.model_dump(mode="json"))
    write_json("machine.json", describe_machine(results))
    size = sum(path.stat().st_size for path in SAMPLE.iterdir())
    print(f"{SAMPLE}: {size / 1e6:.1f} MB")


def write_json(name: str, value: object) -> None:
    """Write a JSON file of the sample."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    (SAMPLE / name).write_text(text + "\n", encoding="utf-8")


def describe_machine(results: Results) -> dict[str, object]:
    """Describe the machine that trained all runs, with the training time of each run in seconds."""
    environments = [run.record.environment.model_dump(exclude={"started_at"}) for run in results.finished]
    assert all(environment == environments[0] for environment in environments), "one machine trained all runs"
    seconds = {run.spec.name: run.record.train_seconds for run in results.finished}
    return {**environments[0], "train_seconds": seconds, "total_train_seconds": round(sum(seconds.values()))}


if __name__ == "__main__":
    main()
