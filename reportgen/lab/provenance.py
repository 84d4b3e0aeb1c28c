"""Provenance of a result: the machine, the packages, and the source code that ran."""

from __future__ import annotations

import inspect
import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from reportgen import __version__
from reportgen.lab.training.registry import list_shown_code
from reportgen.store.records import Environment, Source
from reportgen.suite.settings import Settings

PACKAGES = ("torch", "torchvision", "numpy", "scipy")


def describe_environment(device: torch.device) -> Environment:
    """Describe this machine and process, with the current time as that of the first step."""
    return Environment(
        packages={"reportgen": __version__} | {name: _find_version(name) for name in PACKAGES},
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        processor=_find_processor(),
        num_cpus=os.cpu_count(),
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
        num_threads=torch.get_num_threads(),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _find_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def list_model_sources(settings: Settings) -> dict[str, Source]:
    """Return the code of a model's networks, under the name ``model``."""
    return {"model": read_source(list_shown_code(settings))}


def read_source(objects: Sequence[Callable[..., Any]]) -> Source:
    """Return the code of functions or classes of one module, one after another, with the line of the first."""
    texts = [inspect.getsource(item).rstrip() for item in objects]
    _, first_line = inspect.getsourcelines(objects[0])
    module = inspect.getmodule(objects[0])
    assert module is not None, "everything shown is defined in a module"
    file = module.__name__.replace(".", "/") + ".py"
    return Source(file=file, line=first_line, text="\n\n\n".join(texts) + "\n")
