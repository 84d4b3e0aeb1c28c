"""The course's detector: the 2,048 pooled features of TensorFlow's Inception-v3 of 2015-12-05.

The network is defined by the package pytorch-fid (M. Seitzer, Apache-2.0), so the features are those of published FIDs.
After loading it is rewritten into an equivalent network that takes about half the time on a CPU.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from reportgen.base.errors import DataError
from reportgen.base.fetching import INCEPTION_FILE, check_inception, explain_remedy
from reportgen.base.files import hash_file
from reportgen.lab.data import declare_missing_torchvision_ops
from reportgen.lab.metrics.features import check_images
from reportgen.lab.training.objectives import to_channels_last, to_unit

FEATURE_DIM = 2048
INPUT_SIZE = 299
NUM_CLASSES = 1008
"""Classes of TensorFlow's classifier, whose weights are in the file but not used."""

BATCH_SIZE = 32
"""Images per forward pass, which needs about 0.3 GB; larger batches are no faster on a CPU."""

# The blocks in which TensorFlow's network pools differently: their classes in pytorch_fid.inception and arguments, that
# is input channels, then output channels of the pooling branch (A) or inner channels of the 7x7 branches (C).
_FID_BLOCKS: dict[str, tuple[str, tuple[int, ...]]] = {
    "Mixed_5b": ("FIDInceptionA", (192, 32)),
    "Mixed_5c": ("FIDInceptionA", (256, 64)),
    "Mixed_5d": ("FIDInceptionA", (288, 64)),
    "Mixed_6b": ("FIDInceptionC", (768, 128)),
    "Mixed_6c": ("FIDInceptionC", (768, 160)),
    "Mixed_6d": ("FIDInceptionC", (768, 160)),
    "Mixed_6e": ("FIDInceptionC", (768, 192)),
    "Mixed_7b": ("FIDInceptionE_1", (1280,)),
    "Mixed_7c": ("FIDInceptionE_2", (2048,)),
}


class InceptionDetector:
    """Detector with the 2,048 pooled features of Inception-v3, for grey images.

    Images are prepared by the homework's protocol: scale to [0, 1], repeat the channel three times, resize bilinearly,
    scale to [-1, 1].

    Args:
        weights: the file ``pt_inception-2015-12-05-6726825d.pth``.
        device: where to compute features.
        check_sha256: False admits other weights, whose FID compares with no published one.

    Raises:
        DataError: the weights file is missing, unreadable, not the official one, or not a state dict of this network.
    """

    name = "inception"
    resize = f"bilinear to {INPUT_SIZE}x{INPUT_SIZE}"
    feature_dim = FEATURE_DIM

    def __init__(self, weights: Path, device: torch.device, *, check_sha256: bool = True) -> None:
        if check_sha256:
            check_inception(weights)
        self.sha256 = hash_file(weights)
        self.device = device
        self.model = _rewrite_network(_load_network(weights)).to(device)

    @torch.no_grad()
    def __call__(self, images: torch.Tensor) -> np.ndarray:
        check_images(images)
        features = torch.empty(len(images), FEATURE_DIM)
        for block, rows in zip(images.split(BATCH_SIZE), features.split(BATCH_SIZE), strict=True):
            rows.copy_(self.model(_prepare_images(block.to(self.device))))
        return features.numpy()


def _prepare_images(images: torch.Tensor) -> torch.Tensor:
    """Resize uint8 images [N, 1, 32, 32] to float32 [N, 1, 299, 299] in [-1, 1], bilinearly with half-pixel centres."""
    resized = F.interpolate(to_unit(images), (INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False)
    return (2 * resized - 1).contiguous(memory_format=torch.channels_last)


# ---- the weights file -----------------------------------------------------------------------------------------------


def _load_network(path: Path) -> nn.Module:
    """Load the weights into pytorch-fid's network: float32, on the CPU, in eval mode, frozen."""
    network, state = _build_network(), _read_state(path)
    try:
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:  # names or shapes
        raise _make_content_error(path, error) from error
    return network.float().eval().requires_grad_(False)


def _read_state(path: Path) -> dict[str, torch.Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the unpickler raise anything
        raise _make_content_error(path, error) from error
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        raise _make_content_error(path, f"it holds a {type(state).__name__}, not tensors by their names")
    return state


def _make_content_error(path: Path, reason: Any) -> DataError:
    text = " ".join(str(reason).split()) or type(reason).__name__
    short = text if len(text) <= 160 else f"{text[:160]}..."
    return DataError(
        f"{path}: not a state dict of the FID's Inception-v3 ({short}); expected {INCEPTION_FILE}: {explain_remedy()}"
    )


# ---- the network ----------------------------------------------------------------------------------------------------


def _build_network() -> nn.Module:
    """Build torchvision's Inception-v3 with the blocks of pytorch-fid on the meta device, without any weights."""
    declare_missing_torchvision_ops()  # pytorch_fid imports torchvision
    from pytorch_fid import inception as fid
    from torchvision.models import inception_v3

    with torch.device("meta"):
        network: nn.Module = inception_v3(weights=None, init_weights=False, num_classes=NUM_CLASSES, aux_logits=False)
        for name, (block, sizes) in _FID_BLOCKS.items():
            setattr(network, name, getattr(fid, block)(*sizes))
    return network


def _rewrite_network(network: Any) -> nn.Module:
    """Rewrite the network, in place, for grey images, float32 [N, 1, 299, 299] in [-1, 1]; its features are [N, 2048].

    Each BatchNorm is folded into the convolution before it, the first convolution takes one channel instead of three
    copies of it, the classifier is removed, and the memory format becomes channels-last. Exact up to rounding.
    """
    from torchvision.models.inception import BasicConv2d

    for block in list(network.modules()):
        if isinstance(block, BasicConv2d):
            block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()
    _merge_input_channels(network.Conv2d_1a_3x3.conv)
    network.fc = nn.Identity()
    to_channels_last(network)
    return network


def _merge_input_channels(convolution: nn.Conv2d) -> None:
    """Sum the weights over the input channels, in place, which is exact for inputs with identical channels."""
    convolution.weight = nn.Parameter(convolution.weight.sum(dim=1, keepdim=True), requires_grad=False)
    convolution.in_channels = 1
