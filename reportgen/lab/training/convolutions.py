"""Convolutions as matrix products on the CPU, for shapes where PyTorch's own kernels are slow.

In bfloat16 PyTorch's convolutions use the CPU's matrix units (AMX) well only if the numbers of channels are multiples
of 32; with the homework's 100, 200 and 400 a training step takes half as long again as with one product of all patches
and the kernel. In float32 they are slow for degenerate shapes: a kernel as large as the image, a 1x1 image, a single
channel. Results equal those of ``nn.Conv2d`` and ``nn.ConvTranspose2d`` up to rounding; parameters keep their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

MIN_CHANNELS = 64 * 128
"""Product of input and output channels from which gathering patches pays off."""
TILE = 32
"""Number of bfloat16 values in a row of a matrix unit's tile."""


def use_matrix_products(network: nn.Module, *, is_low: bool) -> None:
    """Replace, in place, the convolutions of a network that PyTorch computes slowly by matrix products.

    Args:
        is_low: whether the network will be trained in bfloat16.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and is_plain(module) and (is_slow(module) or not is_low):
            kinds = LOW if is_low else THIN
            module.__class__ = kinds.get(type(module), type(module))  # type: ignore[assignment]


def is_slow(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    """Return whether a convolution has many channels, but not in multiples of ``TILE``."""
    is_wide = module.in_channels * module.out_channels >= MIN_CHANNELS
    return is_wide and bool(module.in_channels % TILE or module.out_channels % TILE)


def is_plain(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    """Return whether a convolution is one that this module can replace.

    Its kernel, stride and padding are square, the stride divides the kernel size, the padding is zeros, and it uses
    neither dilation, groups nor output padding.
    """
    (kernel, width), (stride, stride_x), dilation = module.kernel_size, module.stride, set(module.dilation)
    is_square = kernel == width and stride == stride_x and len(set(module.padding)) == 1
    has_extras = dilation != {1} or module.groups != 1 or set(module.output_padding) != {0}
    return is_square and not has_extras and module.padding_mode == "zeros" and kernel % stride == 0


class ProductConv2d(nn.Conv2d):
    """``nn.Conv2d`` computed as a matrix product under CPU autocast."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(input)
        low = torch.get_autocast_dtype("cpu")
        y = ConvProduct.apply(input.to(low), self.weight.to(low), self.stride[0], self.padding[0])
        return y if self.bias is None else y + self.bias.to(low).view(-1, 1, 1)


class ProductConvTranspose2d(nn.ConvTranspose2d):
    """``nn.ConvTranspose2d`` computed as a matrix product under CPU autocast."""

    def forward(self, input: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:  # noqa: A002
        if not torch.is_autocast_enabled("cpu"):
            return super().forward(input, output_size)
        low = torch.get_autocast_dtype("cpu")
        y = ConvTransposeProduct.apply(input.to(low), self.weight.to(low), self.stride[0], self.padding[0])
        return y if self.bias is None else y + self.bias.to(low).view(-1, 1, 1)


class ThinConv2d(nn.Conv2d):
    """``nn.Conv2d`` computed as a matrix product if its kernel covers the image; its input gradient, if C is 1."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        if input.shape[2:] == self.weight.shape[2:] and self.padding == (0, 0):
            y = F.linear(to_last(input).flatten(1), to_last(self.weight).flatten(1), self.bias)
            return y[:, :, None, None]
        if self.in_channels > 1 or not input.requires_grad:
            return super().forward(input)
        y = ConvOfOneChannel.apply(input, self.weight, self.stride[0], self.padding[0])
        return y if self.bias is None else y + self.bias.view(-1, 1, 1)


class ThinConvTranspose2d(nn.ConvTranspose2d):
    """``nn.ConvTranspose2d`` computed as a matrix product if its input is 1x1 or its output has one channel."""

    def forward(self, input: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:  # noqa: A002
        if input.shape[2:] == (1, 1) and self.padding == (0, 0):
            kernel = to_last(self.weight)  # [I, k, k, C]
            y = to_first((input.flatten(1) @ kernel.flatten(1)).unflatten(1, kernel.shape[1:]))
        elif self.out_channels == 1:
            y = ConvToOneChannel.apply(input, self.weight, self.stride[0], self.padding[0])
        else:
            return super().forward(input, output_size)
        return y if self.bias is None else y + self.bias.view(-1, 1, 1)


LOW: dict[type[Any], type[nn.Module]] = {nn.Conv2d: ProductConv2d, nn.ConvTranspose2d: ProductConvTranspose2d}
THIN: dict[type[Any], type[nn.Module]] = {nn.Conv2d: ThinConv2d, nn.ConvTranspose2d: ThinConvTranspose2d}


# ---- the products ---------------------------------------------------------------------------------------------------
# Inside, images are [B, H, W, C] and a kernel [O, C, k, k] is the matrix [k * k * C, O].


def take_patches(x: torch.Tensor, kernel: int, stride: int, padding: int) -> torch.Tensor:
    """Return the patch of [B, H, W, C] images that each output pixel depends on, [B, H', W', k * k * C]."""
    x = F.pad(x, (0, 0, padding, padding, padding, padding))
    patches = x.unfold(1, kernel, stride).unfold(2, kernel, stride)  # [B, H', W', C, k, k]
    return patches.permute(0, 1, 2, 4, 5, 3).flatten(3)


def add_patches(patches: torch.Tensor, kernel: int, stride: int, padding: int) -> torch.Tensor:
    """Sum patches [B, H', W', k * k * C] into images [B, H, W, C]: the adjoint of ``take_patches``."""
    batch, height, width, _ = patches.shape
    if height == width == 1:  # nothing overlaps
        image = patches.reshape(batch, kernel, kernel, -1)
    else:
        # Cut into blocks of the stride, patches give m x m images without overlap, which are shifted and added.
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
    """Return a kernel [O, C, k, k] as a matrix [k * k * C, O]."""
    return weight.permute(2, 3, 1, 0).flatten(0, 2)


def from_matrix(matrix: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return a matrix [k * k * C, O] as a kernel of the shape [O, C, k, k] of ``like``."""
    outputs, channels, kernel, _ = like.shape
    return matrix.reshape(kernel, kernel, channels, outputs).permute(3, 2, 0, 1)


def to_last(x: torch.Tensor) -> torch.Tensor:
    """Return a view of [B, C, H, W] as [B, H, W, C]."""
    return x.permute(0, 2, 3, 1)


def to_first(x: torch.Tensor) -> torch.Tensor:
    """Return a view of [B, H, W, C] as [B, C, H, W]."""
    return x.permute(0, 3, 1, 2)


class ConvProduct(torch.autograd.Function):
    """``F.conv2d`` of x [B, C, H, W] and weight [O, C, k, k] as a matrix product."""

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
    """``F.conv_transpose2d`` of x [B, I, H, W] and weight [I, C, k, k] as a matrix product."""

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


# ---- one channel ----------------------------------------------------------------------------------------------------


def fold_product(
    x: torch.Tensor, weight: torch.Tensor, size: tuple[int, ...], stride: int, padding: int
) -> torch.Tensor:
    """Compute ``F.conv_transpose2d`` of x [B, I, H, W] and weight [I, 1, k, k]; return one channel, [B, 1, *size]."""
    patches = weight.flatten(1).t() @ x.flatten(2)  # [B, k * k, H * W]
    return F.fold(patches, size, weight.shape[2], padding=padding, stride=stride)


def differentiate(
    ctx: Any, grad: torch.Tensor, needs: Sequence[bool], *, is_transposed: bool
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Return PyTorch's own gradients of a convolution for its input and its weight; None for one not in ``needs``."""
    x, weight = ctx.saved_tensors
    stride, padding = [ctx.stride] * 2, [ctx.padding] * 2
    grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
        grad, x, weight, None, stride, padding, [1, 1], is_transposed, [0, 0], 1, [*needs, False]
    )
    return grad_x, grad_weight


class ConvOfOneChannel(torch.autograd.Function):
    """``F.conv2d`` of x [B, 1, H, W] and weight [O, 1, k, k], with the input's gradient as a matrix product."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        ctx.stride, ctx.padding = stride, padding
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, None, stride, padding)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        grad_weight = None
        if ctx.needs_input_grad[1]:
            _, grad_weight = differentiate(ctx, grad, (False, True), is_transposed=False)
        grad_x = fold_product(grad, weight, tuple(x.shape[2:]), ctx.stride, ctx.padding)
        return grad_x, grad_weight, None, None


class ConvToOneChannel(torch.autograd.Function):
    """``F.conv_transpose2d`` of x [B, I, H, W] and weight [I, 1, k, k] as a matrix product."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        ctx.stride, ctx.padding = stride, padding
        ctx.save_for_backward(x, weight)
        size = tuple((side - 1) * stride - 2 * padding + weight.shape[2] for side in x.shape[2:])
        return fold_product(x, weight, size, stride, padding)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return *differentiate(ctx, grad, ctx.needs_input_grad[:2], is_transposed=True), None, None
