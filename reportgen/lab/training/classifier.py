"""Train the digit classifier that the package ships: ``python -m reportgen.lab.training.classifier --data-dir DIR``.

The last 5,000 training digits are held out: together with noise images they determine the temperature and the threshold
below which an image reads as "?". The test set is used once, for the accuracy on the card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save

from reportgen.assets import (
    CLASSIFIER_CARD,
    CLASSIFIER_WEIGHTS,
    FOLDER,
    CalibrationPoint,
    ClassifierCard,
    DigitReliability,
)
from reportgen.lab.data import Split, load_dataset
from reportgen.lab.models.classifier import DigitClassifier
from reportgen.lab.models.gan import build_generator
from reportgen.lab.training.objectives import to_channels_last
from reportgen.suite.settings import GanSettings

BATCH_SIZE = 128
NOISE_PER_BATCH = 40
BLENDS_PER_BATCH = 32
LEARNING_RATE = 2e-3
HELD_OUT = 5000
SHOWN_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
MAX_DIGITS_UNREAD = 0.01
"""Largest share of the held-out digits that may read as "?": the threshold is the highest that satisfies it."""


def pixel_noise(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Draw independent normal pixels; mean and contrast vary from image to image, down to a uniform grey."""
    mean, spread = torch.rand(2, len(digits), 1, 1, 1, generator=generator)
    return (mean + spread * torch.randn(digits.shape, generator=generator)).clamp(0, 1)


def shuffled_pixels(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Permute the pixels of each digit at random."""
    order = torch.rand(digits.flatten(1).shape, generator=generator).argsort(dim=1)
    return digits.flatten(1).gather(1, order).view_as(digits)


def smooth_blobs(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Draw smooth random fields of varying contrast and brightness: strokes and shades without meaning."""
    size = int(torch.randint(3, 13, (1,), generator=generator))
    coarse = torch.randn(len(digits), 1, size, size, generator=generator)
    field = F.interpolate(coarse, digits.shape[-2:], mode="bicubic", align_corners=False)
    level, contrast = torch.rand(2, len(digits), 1, 1, 1, generator=generator)
    return ((field - 2 * level) * (0.1 + 3 * contrast) + 0.5 * level).clamp(0, 1)


def textures(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Pass noise through random transposed convolutions, which gives the checkerboards of an untrained generator."""
    x = torch.randn(len(digits), 4, 8, 8, generator=generator)
    for outputs in (4, 1):
        kernel = torch.randn(4, outputs, 4, 4, generator=generator) / 6
        x = F.conv_transpose2d(x, kernel, stride=2, padding=1)
    offset, contrast = torch.rand(2, len(digits), 1, 1, 1, generator=generator)
    return (offset + contrast * x).clamp(0, 1)


def shuffled_tiles(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Cut each digit into 16 tiles of 8x8 pixels and reassemble them in random order."""
    tiles = digits.view(-1, 4, 8, 4, 8).permute(0, 1, 3, 2, 4).reshape(-1, 16, 8, 8)
    order = torch.rand(tiles.shape[:2], generator=generator).argsort(dim=1)
    tiles = tiles.gather(1, order[:, :, None, None].expand_as(tiles))
    return tiles.view(-1, 4, 4, 8, 8).permute(0, 1, 3, 2, 4).reshape(-1, 1, 32, 32)


NOISES: dict[str, Callable[[torch.Tensor, torch.Generator], torch.Tensor]] = {
    "pixel noise": pixel_noise,
    "shuffled pixels": shuffled_pixels,
    "smooth blobs": smooth_blobs,
    "shuffled tiles": shuffled_tiles,
    "textures": textures,
}
"""Kinds of noise used in training; calibration draws them with another seed.

Each takes digits, float [N, 1, 32, 32] in [0, 1], and returns as many noise images of that shape and range.
"""


def spliced_digits(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Join the upper half of one digit to the lower half of another; held back from training to test the threshold."""
    other = digits[torch.randperm(len(digits), generator=generator)]
    return torch.cat([digits[:, :, :16], other[:, :, 16:]], dim=2)


@torch.no_grad()
def untrained_generators(digits: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Draw samples of the homework's generators before their first step; held back from training as well."""
    blocks = []
    for index, block in enumerate(digits.split(500)):
        settings = GanSettings(architecture="conv" if index % 2 else "mlp", hidden_dim=(4, 16, 100)[index % 3])
        z = torch.randn(len(block), settings.latent_dim, 1, 1, generator=generator)
        blocks.append((build_generator(settings)(z) + 1) / 2)
    return torch.cat(blocks)


UNSEEN_NOISES = {"spliced digits": spliced_digits, "untrained generators": untrained_generators}
"""Kinds of noise used in calibration only."""


def augment(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Rotate by up to 12 degrees, scale by up to 12 %, shift by up to 2.4 pixels."""
    uniform = torch.rand(4, len(x), generator=generator) * 2 - 1
    angle, scale = uniform[0] * 0.21, 1 + uniform[1] * 0.12
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    rows = torch.stack([cosine, -sine, uniform[2] * 0.15, sine, cosine, uniform[3] * 0.15], dim=1)
    grid = F.affine_grid(rows.view(-1, 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def train_classifier(
    train: Split, *, epochs: int, seed: int, progress: Callable[[str], None], with_noise: bool = True
) -> DigitClassifier:
    """Train a digit classifier with Adam and a one-cycle learning rate; return it in eval mode, on the CPU.

    Besides augmented digits the batches contain noise, with the uniform distribution as its target (outlier exposure,
    Hendrycks et al. 2019), and averages of two digits, with both as targets (mixup, Zhang et al. 2018), so that the
    classifier is uncertain where a person would be.

    Args:
        with_noise: False leaves the noise out; such a classifier is not shipped, and only compared with.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = DigitClassifier()
    to_channels_last(model)
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, weight_decay=1e-5)
    steps_per_epoch = len(train) // BATCH_SIZE
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, epochs * steps_per_epoch)
    for epoch in range(epochs):
        total = 0.0
        for images, labels in _batches(train, generator):
            loss = _step_loss(model, images, labels, generator, with_noise=with_noise)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        progress(f"epoch {epoch + 1}/{epochs}: loss {total / steps_per_epoch:.4f}")
    return model.eval()


def _batches(train: Split, generator: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    order = torch.randperm(len(train), generator=generator)
    for index in order[: len(train) // BATCH_SIZE * BATCH_SIZE].split(BATCH_SIZE):
        yield train.images[index].float() / 255, train.labels[index]


def _step_loss(
    model: DigitClassifier, x: torch.Tensor, labels: torch.Tensor, generator: torch.Generator, *, with_noise: bool
) -> torch.Tensor:
    noise = _make_noise(x, generator) if with_noise else x[:0]
    first, second = slice(0, BLENDS_PER_BATCH), slice(BLENDS_PER_BATCH, 2 * BLENDS_PER_BATCH)
    digits = augment(x, generator)
    blends = (digits[first] + digits[second]) / 2
    batch = torch.cat([digits, noise, blends]).to(memory_format=torch.channels_last)
    log_p, log_p_noise, log_p_blends = model(batch).log_softmax(dim=1).split([len(x), len(noise), len(blends)])
    digits_loss = F.nll_loss(log_p, labels)
    noise_loss = -log_p_noise.mean() if with_noise else x.new_zeros(())  # cross-entropy against a uniform distribution
    blends_loss = (F.nll_loss(log_p_blends, labels[first]) + F.nll_loss(log_p_blends, labels[second])) / 2
    return digits_loss + 0.25 * (noise_loss + blends_loss)


def _make_noise(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    parts = x[:NOISE_PER_BATCH].split(NOISE_PER_BATCH // len(NOISES))
    return torch.cat([make(part, generator) for make, part in zip(NOISES.values(), parts, strict=True)])


@torch.no_grad()
def compute_logits(model: DigitClassifier, images: torch.Tensor) -> torch.Tensor:
    """Return the logits, float [N, 10], of images, float [N, 1, 32, 32] in [0, 1], computed in batches."""
    return torch.cat([model(block) for block in images.split(500)])


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the temperature in [0.3, 3] with the lowest held-out cross-entropy, by grid search (Guo et al. 2017)."""
    grid = torch.linspace(0.3, 3.0, 271)
    losses = torch.stack([F.cross_entropy(logits / t, labels) for t in grid])
    return float(grid[losses.argmin()])


def choose_threshold(digit_confidence: torch.Tensor) -> float:
    """Return the highest confidence, to two decimals, that all but ``MAX_DIGITS_UNREAD`` of the held-out digits reach.

    The threshold is at least 0.5.
    """
    quantile = digit_confidence.quantile(MAX_DIGITS_UNREAD).item()
    return max(0.5, math.floor(quantile * 100) / 100)


def calibrate(logits: torch.Tensor, labels: torch.Tensor, noise: dict[str, torch.Tensor]) -> list[CalibrationPoint]:
    """Measure each of ``SHOWN_THRESHOLDS``: share and accuracy of the digits read, worst share of noise read.

    Args:
        logits: of the held-out digits, [N, 10], divided by the temperature.
        noise: confidences of the noise images by kind, each [N] in [0, 1].
    """
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    points = []
    for threshold in SHOWN_THRESHOLDS:
        read = confidence >= threshold
        correct = (predicted[read] == labels[read]).float().mean().item()
        worst = max((values >= threshold).float().mean().item() for values in noise.values())
        share = read.float().mean().item()
        point = CalibrationPoint(threshold=threshold, digits_read=share, digits_correct=correct, noise_read=worst)
        points.append(point)
    return points


def measure_reliability(logits: torch.Tensor, labels: torch.Tensor, threshold: float) -> list[DigitReliability]:
    """Measure for each digit how many of its test images are read, and how many of those correctly.

    Args:
        logits: of the test images, [N, 10], divided by the temperature.
    """
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    rows = []
    for digit in range(10):
        own = labels == digit
        read = own & (confidence >= threshold)
        correct = (predicted[read] == digit).float().mean().item()
        share = read.sum().item() / own.sum().item()
        rows.append(DigitReliability(digit=digit, num_images=int(own.sum()), read=share, correct=correct))
    return rows


def make_card(model: DigitClassifier, sha256: str, held_out: Split, test: Split) -> ClassifierCard:
    """Calibrate a classifier on held-out digits and noise, measure it on the test set and return both as its card."""
    generator = torch.Generator().manual_seed(1)
    digits = held_out.images.float() / 255
    logits = compute_logits(model, digits)
    temperature = fit_temperature(logits, held_out.labels)

    def confidence(values: torch.Tensor) -> torch.Tensor:
        return (values / temperature).softmax(dim=1).amax(dim=1)

    torch.manual_seed(1)  # the untrained generators' weights
    kinds = NOISES | UNSEEN_NOISES
    noise = {name: confidence(compute_logits(model, make(digits, generator))) for name, make in kinds.items()}
    threshold = choose_threshold(confidence(logits))
    test_logits = compute_logits(model, test.images.float() / 255)
    return ClassifierCard(
        sha256=sha256,
        test_accuracy=(test_logits.argmax(dim=1) == test.labels).float().mean().item(),
        test_images=len(test),
        temperature=temperature,
        threshold=threshold,
        digits_read=(confidence(logits) >= threshold).float().mean().item(),
        noise_read_by_kind={name: (values >= threshold).float().mean().item() for name, values in noise.items()},
        reliability=tuple(measure_reliability(test_logits / temperature, test.labels, threshold)),
        calibration=tuple(calibrate(logits / temperature, held_out.labels, noise)),
    )


def main() -> None:
    """Train the classifier, or with ``--card-only`` load the shipped weights, and write its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="folder with MNIST in torchvision's layout")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path, default=FOLDER)
    parser.add_argument("--card-only", action="store_true", help="keep the shipped weights, write their card anew")
    arguments = parser.parse_args()
    mnist = load_dataset("mnist", data_dir=arguments.data_dir)
    train = Split(mnist.train.images[:-HELD_OUT], mnist.train.labels[:-HELD_OUT])
    held_out = Split(mnist.train.images[-HELD_OUT:], mnist.train.labels[-HELD_OUT:])
    weights: Path = arguments.to / CLASSIFIER_WEIGHTS.name
    if arguments.card_only:
        model = DigitClassifier()
        model.load_state_dict(load_file(weights))
        model.eval()
    else:
        model = train_classifier(train, epochs=arguments.epochs, seed=arguments.seed, progress=_print_now)
        weights.write_bytes(save({name: value.contiguous() for name, value in model.state_dict().items()}))
    card = make_card(model, hashlib.sha256(weights.read_bytes()).hexdigest(), held_out, mnist.dev)
    text = json.dumps(card.model_dump(mode="json"), indent=2)
    (arguments.to / CLASSIFIER_CARD.name).write_text(text + "\n", encoding="utf-8")
    _print_now(text)


def _print_now(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a developer's command, not part of the product


if __name__ == "__main__":
    main()
