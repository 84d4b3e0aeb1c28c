"""Convolutions as matrix products, for bfloat16 on the CPU.

The library's own convolutions use matrix units (AMX) well where channels come in multiples of 32; with the homework's
100, 200 and 400 a training step takes half as long again as with the product of all patches and the kernel. Values are
those of ``nn.Conv2d`` and ``nn.ConvTranspose2d`` up to rounding; parameters and their names are the same.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

MIN_CHANNELS = 64 * 128
"""Input times output channels from which a product is worth its patches."""
TILE = 32
"""bfloat16 values in a row of a matrix unit's tile."""


def use_matrix_products(network: nn.Module) -> None:
    """Turn the convolutions of a network that the library does slowly in bfloat16 into products, in place."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and is_slow(module) and is_plain(module):
            module.__class__ = PRODUCTS.get(type(module), type(module))  # type: ignore[assignment]


def is_slow(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    """Many channels that do not fill the tiles of a matrix unit."""
    is_wide = module.in_channels * module.out_channels >= MIN_CHANNELS
    return is_wide and bool(module.in_channels % TILE or module.out_channels % TILE)


def is_plain(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    """Square, zero padding, nothing dilated or grouped, and a kernel that the stride divides."""
    (kernel, width), (stride, stride_x), dilation = module.kernel_size, module.stride, set(module.dilation)
    is_square = kernel == width and stride == stride_x and len(set(module.padding)) == 1
    has_extras = dilation != {1} or module.groups != 1 or set(module.output_padding) != {0}
    return is_square and not has_extras and module.padding_mode == "zeros" and kernel % stride == 0


class ProductConv2d(nn.Conv2d):
    """``nn.Conv2d`` that is a matrix product under CPU autocast."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - its name in torch
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(input)
        low = torch.get_autocast_dtype("cpu")
        y = ConvProduct.apply(input.to(low), self.weight.to(low), self.stride[0], self.padding[0])
        return y if self.bias is None else y + self.bias.to(low).view(-1, 1, 1)


class ProductConvTranspose2d(nn.ConvTranspose2d):
    """``nn.ConvTranspose2d`` that is a matrix product under CPU autocast."""

    def forward(self, input: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:  # noqa: A002
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(input, output_size)
        low = torch.get_autocast_dtype("cpu")
        y = ConvTransposeProduct.apply(input.to(low), self.weight.to(low), self.stride[0], self.padding[0])
        return y if self.bias is None else y + self.bias.to(low).view(-1, 1, 1)


PRODUCTS: dict[type[Any], type[nn.Module]] = {
    nn.Conv2d: ProductConv2d,
    nn.ConvTranspose2d: ProductConvTranspose2d,
}


# ---- the products ---------------------------------------------------------------------------------------------------
# Inside, images are [B, H, W, C] and a kernel [O, C, k, k] is the matrix [k * k * C, O].


def take_patches(x: torch.Tensor, kernel: int, stride: int, padding: int) -> torch.Tensor:
    """[B, H, W, C] -> the input of each output pixel, [B, H', W', k * k * C]."""
    x = F.pad(x, (0, 0, padding, padding, padding, padding))
    patches = x.unfold(1, kernel, stride).unfold(2, kernel, stride)  # [B, H', W', C, k, k]
    return patches.permute(0, 1, 2, 4, 5, 3).flatten(3)


def add_patches(patches: torch.Tensor, kernel: int, stride: int, padding: int) -> torch.Tensor:
    """The adjoint of ``take_patches``: [B, H', W', k * k * C] -> [B, H, W, C], overlapping pixels summed."""
    batch, height, width, _ = patches.shape
    if height == width == 1:  # nothing overlaps
        image = patches.reshape(batch, kernel, kernel, -1)
    else:
        # In units of the stride a patch is m x m blocks: m * m images without overlap, each moved and added.
        m = kernel // stride
        blocks = patches.reshape(batch, height, width, m, stride, m, stride, -1)
        moved = [
            F.pad(blocks[:, :, :, i, :, j].transpose(2, 3), (0, 0, 0, 0, j, m - 1 - j, 0, 0, i, m - 1 - i))
            for i in range(m)
            for j in range(m)
        ]
        image = sum(moved[1:], moved[0]).flatten(3, 4).flatten(1, 2)
    inside = slice(padding, image.shape[1] - padding)
    return image[:, inside, inside]


def to_matrix(weight: torch.Tensor) -> torch.Tensor:
    return weight.permute(2, 3, 1, 0).flatten(0, 2)


def from_matrix(matrix: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    outputs, channels, kernel, _ = like.shape
    return matrix.reshape(kernel, kernel, channels, outputs).permute(3, 2, 0, 1)


def to_last(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 2, 3, 1)


def to_first(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 3, 1, 2)


class ConvProduct(torch.autograd.Function):
    """``F.conv2d`` with x [B, C, H, W] and weight [O, C, k, k]."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        ctx.stride, ctx.padding = stride, padding
        ctx.save_for_backward(x, weight)
        return to_first(take_patches(to_last(x), weight.shape[2], stride, padding) @ to_matrix(weight))

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (x, weight), g = ctx.saved_tensors, to_last(grad)
        geometry = (weight.shape[2], ctx.stride, ctx.padding)
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_x = to_first(add_patches(g @ to_matrix(weight).t(), *geometry))
        if ctx.needs_input_grad[1]:
            patches = take_patches(to_last(x), *geometry)
            grad_weight = from_matrix(patches.flatten(0, 2).t() @ g.flatten(0, 2), weight)
        return grad_x, grad_weight, None, None


class ConvTransposeProduct(torch.autograd.Function):
    """``F.conv_transpose2d`` with x [B, I, H, W] and weight [I, C, k, k]: the gradient of a convolution's input."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        ctx.stride, ctx.padding = stride, padding
        ctx.save_for_backward(x, weight)
        return to_first(add_patches(to_last(x) @ to_matrix(weight).t(), weight.shape[2], stride, padding))

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        patches = take_patches(to_last(grad), weight.shape[2], ctx.stride, ctx.padding)
        grad_x = to_first(patches @ to_matrix(weight)) if ctx.needs_input_grad[0] else None
        grad_weight = None
        if ctx.needs_input_grad[1]:
            grad_weight = from_matrix(patches.flatten(0, 2).t() @ to_last(x).flatten(0, 2), weight)
        return grad_x, grad_weight, None, None
