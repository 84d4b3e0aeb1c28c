"""Convolutions as matrix products against the library's own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from reportgen.lab.models.gan import build_discriminator, build_generator
from reportgen.lab.models.vae import Vae
from reportgen.lab.training import convolutions
from reportgen.lab.training.convolutions import (
    ConvProduct,
    ConvTransposeProduct,
    ProductConv2d,
    ProductConvTranspose2d,
    ThinConv2d,
    ThinConvTranspose2d,
    use_matrix_products,
)
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

GEOMETRIES = st.sampled_from([(4, 2, 1), (4, 1, 0), (4, 4, 0), (6, 2, 2), (2, 1, 0), (3, 3, 0)])


@settings(deadline=None, max_examples=60)
@given(GEOMETRIES, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.booleans())
def test_values_and_gradients_are_those_of_the_library(
    geometry: tuple[int, int, int], batch: int, inputs: int, outputs: int, size: int, is_transposed: bool
) -> None:
    kernel, stride, padding = geometry
    side = size if is_transposed else kernel + stride * (size - 1) - 2 * padding
    torch.manual_seed(0)
    x = torch.randn(batch, inputs, side, side, dtype=torch.float64, requires_grad=True)
    shape = (inputs, outputs) if is_transposed else (outputs, inputs)
    weight = torch.randn(*shape, kernel, kernel, dtype=torch.float64, requires_grad=True)
    if is_transposed:
        y = ConvTransposeProduct.apply(x, weight, stride, padding)
        expected = nn.functional.conv_transpose2d(x, weight, None, stride, padding)
    else:
        y = ConvProduct.apply(x, weight, stride, padding)
        expected = nn.functional.conv2d(x, weight, None, stride, padding)
    torch.testing.assert_close(y, expected)
    grad = torch.randn_like(expected)
    ours = torch.autograd.grad(y, [x, weight], grad)
    torch.testing.assert_close(ours, torch.autograd.grad(expected, [x, weight], grad))


def build_pair(build: Callable[..., nn.Module], own: Settings, *, is_low: bool) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    plain = build(own)
    product = copy.deepcopy(plain)
    use_matrix_products(product, is_low=is_low)
    return plain, product


WIDE = GanSettings(latent_dim=100, hidden_dim=100)


@pytest.mark.parametrize(
    ("build", "shape", "num_swapped"),
    [(build_generator, (4, 100, 1, 1), 3), (build_discriminator, (4, 1, 32, 32), 2)],
    ids=["generator", "discriminator"],
)
def test_a_network_keeps_its_weights_and_its_values(
    build: Callable[..., nn.Module], shape: tuple[int, ...], num_swapped: int
) -> None:
    plain, product = build_pair(build, WIDE, is_low=True)
    swapped = [m for m in product.modules() if isinstance(m, ProductConv2d | ProductConvTranspose2d)]
    assert len(swapped) == num_swapped
    assert list(plain.state_dict()) == list(product.state_dict())
    x = torch.randn(shape)
    assert torch.equal(plain(x), product(x))  # outside autocast it is the library's convolution
    with torch.autocast("cpu", torch.bfloat16):
        assert product(x).dtype == plain(x).dtype
        # Eight bits of mantissa, a few layers deep.
        torch.testing.assert_close(product(x).float(), plain(x).float(), atol=0.03, rtol=0.03)


def test_what_is_narrow_or_fills_tiles_or_is_not_plain_is_left_alone() -> None:
    network = nn.Sequential(
        nn.Conv2d(100, 200, 3, stride=2),
        nn.Conv2d(100, 200, 4, groups=2),
        nn.Conv2d(100, 200, 4, dilation=2),
        nn.Conv2d(100, 200, 4, padding_mode="reflect"),
        nn.Conv2d(100, 200, (4, 2)),
        nn.ConvTranspose2d(100, 200, 4, stride=2, output_padding=1),
        nn.Conv2d(20, 40, 4),
        nn.Conv2d(128, 256, 4),
        nn.Linear(100, 200),
    )
    before = [type(module) for module in network]
    use_matrix_products(network, is_low=True)
    assert [type(module) for module in network] == before


@pytest.mark.parametrize(
    ("build", "shape", "own", "calls"),
    [
        (build_generator, (4, 100, 1, 1), WIDE, ["ConvToOneChannel"]),
        (build_discriminator, (4, 1, 32, 32), WIDE, ["ConvOfOneChannel"]),
        (lambda own: Vae(own).decoder, (4, 100), VaeSettings(), ["ConvToOneChannel"]),
        (lambda own: Vae(own).encoder, (4, 1, 32, 32), VaeSettings(), ["ConvOfOneChannel"]),
    ],
    ids=["generator", "discriminator", "decoder", "encoder"],
)
def test_in_float32_thin_layers_have_the_values_and_gradients_of_the_library(
    build: Callable[..., nn.Module],
    shape: tuple[int, ...],
    own: Settings,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, product = (network.double() for network in build_pair(build, own, is_low=False))
    assert list(plain.state_dict()) == list(product.state_dict())
    taken = list[str]()

    def note(name: str, apply: Callable[..., torch.Tensor], *values: Any) -> torch.Tensor:
        taken.append(name)
        return apply(*values)

    for name in ("ConvOfOneChannel", "ConvToOneChannel"):
        function = getattr(convolutions, name)
        monkeypatch.setattr(function, "apply", partial(note, name, function.apply))
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    expected, values = plain(x), product(x)
    assert taken == calls
    torch.testing.assert_close(values, expected)
    grad = torch.randn_like(expected)
    ours, theirs = (
        torch.autograd.grad(y, [x, *network.parameters()], grad)
        for y, network in ((values, product), (expected, plain))
    )
    torch.testing.assert_close(ours, theirs)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(4, 2, 1), (3, 1, 1), (4, 1, 0), (2, 2, 0), (1, 1, 0)]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(4, 9),
    st.booleans(),
    st.booleans(),
)
def test_one_channel_or_pixel_at_any_size(
    geometry: tuple[int, int, int], batch: int, channels: int, side: int, is_transposed: bool, has_bias: bool
) -> None:
    kernel, stride, padding = geometry
    kind, own_kind = (nn.ConvTranspose2d, ThinConvTranspose2d) if is_transposed else (nn.Conv2d, ThinConv2d)
    torch.manual_seed(0)
    inputs, outputs = (channels, 1) if is_transposed else (1, channels)
    plain = kind(inputs, outputs, kernel, stride, padding, bias=has_bias).double()
    product = copy.deepcopy(plain)
    use_matrix_products(product, is_low=False)
    assert type(product) is own_kind
    x = torch.randn(batch, inputs, side, side + 1, dtype=torch.float64, requires_grad=True)
    expected = plain(x)
    grad = torch.randn_like(expected)
    torch.testing.assert_close(product(x), expected)
    torch.testing.assert_close(
        torch.autograd.grad(product(x), [x, *product.parameters()], grad),
        torch.autograd.grad(expected, [x, *plain.parameters()], grad),
    )
