"""Kill a suite, run it again, and compare its results with those of an undisturbed run.

    python tools/faults.py [--every N]        a small suite, killed before and after every N-th write, fsync and rename
    python tools/faults.py --random N         the small suite, N kills at random times
    python tools/faults.py --quick N          `reportgen run experiments.yaml --profile quick`, N kills at random times
                           [--undisturbed DIR]   output of an undisturbed run of that command; otherwise it is run first

The bytes of weights, histories, images and evaluations are compared. One line is printed per kind of point; the exit
status is 1 if a single file differs. POSIX only.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import torch

from reportgen.base import files
from reportgen.lab.execution import execute_run
from reportgen.lab.tasks import Task
from reportgen.store.paths import OutputPaths
from reportgen.store.states import find_state
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.plan import plan_runs

SUITE = """
dataset: mnist-5k
fid: {num_images: 20, inception: off}
runs:
  vae: {model: vae, latent_dim: 2, num_training_steps: 8, batch_size: 8, image_interval: 4}
  gan: {model: gan, latent_dim: 2, hidden_dim: 2, num_training_steps: 8, batch_size: 8, image_interval: 4}
"""
CHECKPOINT_STEPS = 3
COMPARED = (".safetensors", ".csv", ".png")


def start_child(suite: Suite, output: Path, hook: Callable[[str], None] | None) -> int:
    """Run the suite to its end in a forked process; return the PID of that process."""
    child = os.fork()
    if child:
        return child
    try:
        if hook is not None:
            files.reach_failpoint = hook
        for spec in plan_runs(suite):
            paths = OutputPaths(output).run(spec.folder_name)
            if find_state(paths, spec.training_key, spec.evaluation_key, check_files=True) != "finished":
                execute_run(Task(spec, output, None, "cpu", checkpoint_steps=CHECKPOINT_STEPS), lambda *_: None)
    except BaseException as error:
        print(f"  {type(error).__name__}: {error}", flush=True)
        os._exit(1)
    os._exit(0)


def run_in_child(suite: Suite, output: Path, hook: Callable[[str], None] | None) -> int:
    """Run the suite to its end in a forked process; return its exit status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(start_child(suite, output, hook), 0)[1])


def read_results(output: Path) -> dict[str, bytes]:
    """Read the files that a report is rendered from, by path."""
    files = [path for path in output.rglob("*") if path.suffix in COMPARED or path.name == "evaluation.json"]
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in files if path.is_file()}


def list_points(suite: Suite, output: Path) -> list[str]:
    """Run the suite undisturbed; list the names of all points at which it could be killed."""
    log = output.with_suffix(".points")

    def note(name: str) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(name + "\n")

    assert run_in_child(suite, output, note) == 0, "the undisturbed run failed"
    return log.read_text(encoding="utf-8").splitlines()


def kill_at(number: int) -> Callable[[str], None]:
    """Return a hook that kills its process at the point with this number, from 1."""
    passed = iter(range(1, sys.maxsize))

    def hook(_: str) -> None:
        if next(passed) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def is_survived(suite: Suite, folder: Path, number: int, expected: dict[str, bytes]) -> bool:
    """Kill the suite at one point and run it again; return whether its results are as expected."""
    output = folder / f"point-{number}"
    status = run_in_child(suite, output, kill_at(number))
    assert status == -signal.SIGKILL, f"point {number} was not reached: {status}"
    return run_in_child(suite, output, None) == 0 and read_results(output) == expected


def try_points(suite: Suite, folder: Path, every: int) -> int:
    """Kill the suite at every ``every``-th point, each time in a new folder; return the number of failures."""
    points = list_points(suite, folder / "undisturbed")
    expected = read_results(folder / "undisturbed")
    print(f"{len(points)} points; {len(expected)} files are compared", flush=True)
    tried: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for number in range(1, len(points) + 1, every):
        name = points[number - 1]
        tried[name] += 1
        failed[name] += not is_survived(suite, folder, number, expected)
    for name, count in tried.items():
        print(f"{name}: {count} kills, {failed[name]} failures")
    return failed.total()


def try_random_times(suite: Suite, folder: Path, count: int) -> int:
    """Kill suites at random times, ``count`` times in all; return the number of failures.

    Each suite is killed again and again until it finishes before the kill.
    """
    start = time.monotonic()
    assert run_in_child(suite, folder / "undisturbed", None) == 0, "the undisturbed run failed"
    seconds, expected = time.monotonic() - start, read_results(folder / "undisturbed")
    chance, kills, failures, suites = random.Random(0), 0, 0, 0
    while kills < count:
        output, suites = folder / f"random-{suites}", suites + 1
        while kills < count and kill_after(suite, output, chance.uniform(0, seconds)):
            kills += 1
        failures += run_in_child(suite, output, None) != 0 or read_results(output) != expected
    print(f"{kills} kills at random times in {suites} suites: {failures} failures")
    return failures


def kill_after(suite: Suite, output: Path, seconds: float) -> bool:
    """Run the suite and kill it after a while; return whether it had not ended before."""
    child = start_child(suite, output, None)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def start_quick(output: Path) -> subprocess.Popen[bytes]:
    """Start `reportgen run` with the quick profile; its messages are appended to a file beside the output folder."""
    suite_file = Path(__file__).parents[1] / "experiments.yaml"
    command = [sys.executable, "-m", "reportgen", "run", str(suite_file)]
    command += ["--profile", "quick", "--output", str(output)]
    with output.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def try_quick(folder: Path, count: int, undisturbed: Path | None) -> int:
    """Kill the command ``count`` times on one output folder, after 5 to 90 seconds each; return the failures."""
    if undisturbed is None:
        undisturbed = folder / "undisturbed"
        assert start_quick(undisturbed).wait() == 0, "the undisturbed run failed"
    expected, output = read_results(undisturbed), folder / "killed"
    chance, kills = random.Random(0), 0
    while kills < count:
        command = start_quick(output)
        try:
            status = command.wait(chance.uniform(5, 90))
            print(f"it was finished after {kills} kills, with status {status}", flush=True)
            break
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            kills += 1
    status = start_quick(output).wait()
    found = read_results(output)
    differing = [name for name in sorted(expected | found) if expected.get(name) != found.get(name)]
    print(f"{kills} kills of the quick suite, {len(expected)} files compared: {len(differing)} differ, status {status}")
    for name in differing:
        print(f"  {name}")
    return len(differing) + (status != 0) + (not expected)


def main() -> None:
    """Run the drive that the command line names; exit with status 1 on a failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--quick", type=int, default=0)
    parser.add_argument("--undisturbed", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "suite.yaml").write_text(SUITE, encoding="utf-8")
        suite = load_suite(folder / "suite.yaml")
        if arguments.quick:
            failures = try_quick(folder, arguments.quick, arguments.undisturbed)
        elif arguments.random:
            failures = try_random_times(suite, folder, arguments.random)
        else:
            failures = try_points(suite, folder, arguments.every)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
