"""State dicts of the course's framework -> settings and weights of our networks, matched by shapes and order.

Names of attributes are the student's own and mean nothing here; only those that torch gives to the tensors of a layer
(``weight``, ``bias``, ...) are read. Dimensions come from the tensors.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import nn

from reportgen.base.errors import RunError
from reportgen.lab.models.gan import build_discriminator, build_generator
from reportgen.lab.models.vae import Vae
from reportgen.suite.settings import GanSettings, VaeSettings

State = dict[str, torch.Tensor]

REPLACEABLE = frozenset({"bias", "num_batches_tracked"})
"""Tensors of a layer that may be absent: with zeros in their place a network computes the same."""


class Mismatch(Exception):  # noqa: N818 - it is reported, not raised further
    """A state dict is not of our networks; ``lines`` list the layers that differ."""

    def __init__(self, reason: str, lines: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.lines = tuple(lines)


# ---- reading --------------------------------------------------------------------------------------------------------


def read_state(path: Path) -> State:
    """Read the tensors of a checkpoint, float32 or int64, on the CPU; no code in it is run.

    Before anything is loaded, the tensors that it claims are compared with the size of the file.

    Raises:
        RunError: the file is damaged, claims more than it holds, or holds something else than tensors.
    """
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            damaged = archive.testzip() if unpacked <= size else None
        if unpacked <= size and damaged is None:
            claimed = _measure(_check_tensors(_load(path, "meta")))
            if claimed <= size:
                return {name: _to_own_kind(tensor) for name, tensor in _load(path, "cpu").items()}
            unpacked = claimed
    except pickle.UnpicklingError as error:
        raise RunError(f"it holds more than tensors and was not run ({_find_refused(error)})") from None
    except (zipfile.BadZipFile, RuntimeError, EOFError, ValueError, KeyError, OSError, NotImplementedError):
        raise RunError("it cannot be read: half-written, damaged, or not written by torch.save") from None
    if unpacked > size:
        raise RunError(f"it claims {unpacked:,} bytes of tensors in a file of {size:,}")
    raise RunError(f"it is damaged: the checksum of {damaged} does not match")


def _load(path: Path, device: str) -> Any:
    return torch.load(path, map_location=device, weights_only=True)


def _check_tensors(content: Any) -> State:
    if not isinstance(content, Mapping) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise RunError("it is no state dict: tensors by name are expected")
    return dict(content)


def _measure(state: State) -> int:
    """Return the bytes that tensors claim, of each the more of its elements and its storage."""
    return sum(max(t.numel() * t.element_size(), t.untyped_storage().nbytes()) for t in state.values())


def _to_own_kind(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.float() if tensor.is_floating_point() else tensor.long()
    if tensor.is_floating_point() and not torch.isfinite(tensor).all():
        raise RunError("its weights are not finite: the training had diverged")
    return tensor.contiguous()


def _find_refused(error: Exception) -> str:
    """Return the name of what a pickle wanted to call, from torch's message of several lines."""
    words = str(error).replace("`", " ").split()
    return next((words[i + 1] for i, word in enumerate(words[:-1]) if word == "GLOBAL"), "an unknown object").rstrip(
        ".,"
    )


# ---- layers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """Tensors of one layer by the names that torch gives them."""

    name: str
    tensors: State

    def __str__(self) -> str:
        shapes = ", ".join(
            f"{leaf} {'x'.join(map(str, tensor.shape))}" for leaf, tensor in self.tensors.items() if tensor.ndim
        )
        return shapes or "no tensors"

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of its weight; empty without one."""
        return tuple(self.tensors["weight"].shape) if "weight" in self.tensors else ()


def list_layers(state: State) -> list[Layer]:
    """Group the tensors of a state dict into layers, in their order."""
    groups = groupby(state, key=lambda name: name.rpartition(".")[0])
    return [Layer(prefix, {name.rpartition(".")[2]: state[name] for name in names}) for prefix, names in groups]


def fit(found: Sequence[Layer], network: nn.Module) -> State:
    """Return tensors for a network's state dict from layers of the same shapes in the same order.

    Raises:
        Mismatch: they are others.
    """
    wanted = list_layers(network.state_dict())
    if len(found) == len(wanted) and all(map(_is_fitting, found, wanted)):
        return {
            f"{own.name}.{leaf}": layer.tensors[leaf]
            if leaf in layer.tensors
            else torch.zeros(tensor.shape, dtype=tensor.dtype)
            for layer, own in zip(found, wanted, strict=True)
            for leaf, tensor in own.tensors.items()
        }
    raise Mismatch("its layers are others than ours", list(_compare(found, wanted)))


def _is_fitting(found: Layer, wanted: Layer) -> bool:
    absent = wanted.tensors.keys() - found.tensors.keys()
    is_known = found.tensors.keys() <= wanted.tensors.keys() and absent <= REPLACEABLE
    return is_known and all(tensor.shape == wanted.tensors[leaf].shape for leaf, tensor in found.tensors.items())


def _compare(found: Sequence[Layer], wanted: Sequence[Layer]) -> Iterator[str]:
    for number, (layer, own) in enumerate(zip_longest(found, wanted), 1):
        if layer is None:
            yield f"layer {number}: missing; expected {own}"
        elif own is None:
            yield f"layer {number} ({layer.name}): {layer}; expected no further layer"
        elif not _is_fitting(layer, own):
            yield f"layer {number} ({layer.name}): {layer}; expected {own}"


# ---- models ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matched:
    """Settings that tensors tell, and the state dict of each of our networks by its name."""

    settings: dict[str, Any]
    states: dict[str, State]


def match_gan(generator: State, discriminator: State) -> Matched:
    """Match the state dicts of a GAN.

    Raises:
        Mismatch: a network has other layers than ours of these dimensions.
    """
    layers = {"generator": list_layers(generator), "discriminator": list_layers(discriminator)}
    shapes = [layer.weight_shape for layer in layers["generator"]]
    match shapes[:1], shapes[-1:]:
        case [(int(latent_dim), _, _, _)], [(int(hidden_dim), _, _, _)]:
            architecture = "conv"
        case [(_, int(latent_dim))], [(_, int(hidden_dim))]:
            architecture = "mlp"
        case _:
            raise Mismatch("generator: its first and last layers are no convolutions and not fully connected")
    settings: dict[str, Any] = {
        "model": "gan",
        "architecture": architecture,
        "latent_dim": latent_dim,
        "hidden_dim": hidden_dim,
    }
    with torch.device("meta"):
        planned = GanSettings(**settings)
        networks = {"generator": build_generator(planned), "discriminator": build_discriminator(planned)}
    states, lines = {}, []
    for name, network in networks.items():
        try:
            states[name] = fit(layers[name], network)
        except Mismatch as mismatch:
            lines += [f"{name}, {line}" for line in mismatch.lines]
    if lines:
        raise Mismatch(f"its layers are not those of our {architecture} GAN {latent_dim}_{hidden_dim}", lines)
    return Matched(settings, states)


def match_vae(state: State) -> Matched:
    """Match the state dict of a VAE: encoder before decoder or after it, mean and log-variance in one layer or in two.

    Raises:
        Mismatch: the networks have other layers than ours of these dimensions.
    """
    layers = list_layers(state)
    shapes = [layer.weight_shape for layer in layers]
    if any(len(shape) == 4 for shape in shapes):
        architecture, dims = "conv", [shape[0] // 2 for shape in shapes if len(shape) == 2 and shape[1] == 1024]
        dims = dims or [shape[1] for shape in shapes if len(shape) == 2 and shape[0] == 1024]
    else:
        architecture, dims = "linear", [shape[1] for shape in shapes if len(shape) == 2 and shape[0] == 400]
        dims = [dim for dim in dims if dim != 1024]
    if not dims or dims[0] < 1:
        raise Mismatch(
            "its latent dimension cannot be found: no layer has the width of ours", [*map(_describe, layers)]
        )
    settings: dict[str, Any] = {"model": "vae", "architecture": architecture, "latent_dim": dims[0]}
    with torch.device("meta"):
        vae = Vae(VaeSettings(**settings))
    lines: list[tuple[str, ...]] = []
    for arranged in _arrange(layers, vae):
        try:
            return Matched(settings, {"vae": fit(arranged, vae)})
        except Mismatch as mismatch:
            lines.append(mismatch.lines)
    nearest = min(lines, key=len)
    raise Mismatch(f"its layers are not those of our {architecture} VAE with latent_dim {dims[0]}", nearest)


def _describe(layer: Layer) -> str:
    return f"{layer.name}: {layer}"


def _arrange(layers: Sequence[Layer], vae: Vae) -> Iterator[list[Layer]]:
    """Yield the orders in which a student may have declared a VAE's layers, brought to ours."""
    num_decoder = len(list_layers(vae.decoder.state_dict()))
    for joined in (list(layers), list(_join_heads(layers))):
        yield joined
        yield [*joined[num_decoder:], *joined[:num_decoder]]


def _join_heads(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Yield the layers with two equal fully connected ones in a row, of mean and log-variance, as one."""
    left = list(layers)
    while left:
        layer = left.pop(0)
        if left and len(layer.weight_shape) == 2 and _is_fitting(layer, left[0]) and _is_fitting(left[0], layer):
            other = left.pop(0)
            tensors = {leaf: torch.cat([tensor, other.tensors[leaf]]) for leaf, tensor in layer.tensors.items()}
            yield Layer(f"{layer.name}, {other.name}", tensors)
        else:
            yield layer
