"""Where a result comes from: the machine, the packages, and the source code that ran."""

from __future__ import annotations

import inspect
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from reportgen.lab import evaluation
from reportgen.lab.models import classifier, gan, vae
from reportgen.suite.settings import Settings, VaeSettings

PACKAGES = ("reportgen", "torch", "torchvision", "numpy", "scipy")


def describe_environment(device: torch.device) -> dict[str, Any]:
    """Versions, processor, device, number of torch threads and the time (UTC); no names of users, hosts or folders."""
    return {
        "packages": {name: _find_version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _find_processor(),
        "num_cpus": os.cpu_count(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
        "num_threads": torch.get_num_threads(),
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


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


Sources = dict[str, dict[str, Any]]
"""Name -> the file, the first line and the text of code that ran: what the report lists."""


def list_model_sources(settings: Settings) -> Sources:
    """The code of the networks that were trained."""
    return {"model": _read_source(_model_classes(settings))}


def list_evaluation_sources() -> Sources:
    """The code that interpolated and that read digits."""
    return {
        "interpolation": _read_source([evaluation.interpolate, evaluation.choose_ends]),
        "digits": _read_source([classifier.read_digits]),
    }


def _model_classes(settings: Settings) -> list[Callable[..., Any]]:
    is_conv = settings.architecture == "conv"
    if isinstance(settings, VaeSettings):
        return [vae.ConvEncoder, vae.ConvDecoder] if is_conv else [vae.LinearEncoder, vae.LinearDecoder]
    if settings.activation == "relu" and is_conv:
        return [gan.build_activation, gan.ConvDiscriminator]  # all that the ablation changes
    return [gan.ConvGenerator, gan.ConvDiscriminator] if is_conv else [gan.MlpGenerator, gan.MlpDiscriminator]


def _read_source(objects: list[Callable[..., Any]]) -> dict[str, Any]:
    texts = [inspect.getsource(item).rstrip() for item in objects]
    _, first_line = inspect.getsourcelines(objects[0])
    module = inspect.getmodule(objects[0])
    assert module is not None, "everything shown is defined in a module"
    return {"file": module.__name__.replace(".", "/") + ".py", "line": first_line, "text": "\n\n\n".join(texts) + "\n"}
