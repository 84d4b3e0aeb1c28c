"""Convolutions as matrix products against the library's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from reportgen.config import GanSettings
from reportgen.models.gan import build_discriminator, build_generator
from reportgen.training.convolutions import (
    ConvProduct,
    ConvTransposeProduct,
    ProductConv2d,
    ProductConvTranspose2d,
    use_matrix_products,
)

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


def build_pair(build: object) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    plain = build(GanSettings(latent_dim=100, hidden_dim=100))  # type: ignore[operator]
    torch.manual_seed(0)
    product = build(GanSettings(latent_dim=100, hidden_dim=100))  # type: ignore[operator]
    use_matrix_products(product)
    return plain, product


@pytest.mark.parametrize(
    ("build", "shape", "num_swapped"),
    [(build_generator, (4, 100, 1, 1), 3), (build_discriminator, (4, 1, 32, 32), 2)],
    ids=["generator", "discriminator"],
)
def test_a_network_keeps_its_weights_and_its_values(build: object, shape: tuple[int, ...], num_swapped: int) -> None:
    plain, product = build_pair(build)
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
    use_matrix_products(network)
    assert [type(module) for module in network] == before
