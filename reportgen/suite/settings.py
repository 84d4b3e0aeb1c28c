"""What a run can be set to: every setting with its default, which stands here and nowhere else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")

Precision = Literal["fp32", "tf32", "bf16"]

DatasetName = Literal["mnist", "fashion-mnist", "kmnist", "mnist-5k"]

DIGITS = ("mnist", "mnist-5k")
"""Datasets of the digits that the shipped classifier reads."""

Question = Literal["vae_latent", "vae_architecture", "gan_grid", "gan_hidden", "gan_mlp", "gan_relu"]

SHOWN: dict[Question, dict[str, str]] = {
    "vae_latent": {"model": "vae"},
    "vae_architecture": {"model": "vae", "architecture": "linear"},
    "gan_grid": {"model": "gan"},
    "gan_hidden": {"model": "gan"},
    "gan_mlp": {"model": "gan", "architecture": "mlp"},
    "gan_relu": {"model": "gan", "activation": "relu"},
}
"""The settings that every run of a question has: what the report says of it is not true of others."""

Seed = Annotated[int, Field(ge=0, lt=2**31, strict=True)]

Count = Annotated[int, Field(ge=1, strict=True)]

Rate = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]

ModelName = Literal["vae", "gan"]


def has_digits(dataset: DatasetName) -> bool:
    """Whether the images are the digits that the shipped classifier reads: of others its readings mean nothing."""
    return dataset in DIGITS


class Model(BaseModel):
    """What every part of the file has in common: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TrainingSettings(Model):
    """What every model has."""

    latent_dim: Count
    """Number of latent variables (the length of z)."""
    batch_size: Count
    """Images per training step."""
    num_training_steps: Count
    """Number of parameter updates."""
    learning_rate: Rate
    """Adam's learning rate."""
    log_interval: Count = 10
    """Steps between two logged training losses."""
    image_interval: Count = 1000
    """Steps between two image grids (and, for a VAE, two passes over the dev set)."""
    precision: Precision = "fp32"
    """Arithmetic of training's matrix products: `bf16` is faster where the processor has it, `tf32` on NVIDIA GPUs."""


class VaeSettings(TrainingSettings):
    """A variational autoencoder (Kingma & Welling 2014)."""

    model: Literal["vae"] = "vae"
    architecture: Literal["conv", "linear"] = "conv"
    """`conv`: the homework's convolutional network; `linear`: the all-linear ablation."""
    latent_dim: Count = 100
    batch_size: Count = 32
    num_training_steps: Count = 25_000
    learning_rate: Rate = 1e-3
    encoder_output_relu: bool = False
    """A ReLU on the encoder's output, as one published report had it: it forces mu and log-variance to be >= 0."""


class GanSettings(TrainingSettings):
    """A DCGAN (Radford et al. 2016), trained with the non-saturating loss (Goodfellow et al. 2014)."""

    model: Literal["gan"] = "gan"
    architecture: Literal["conv", "mlp"] = "conv"
    """`conv`: the homework's DCGAN; `mlp`: the fully connected ablation."""
    activation: Literal["leaky_relu", "relu"] = "leaky_relu"
    """The discriminator's activation; `relu` is the ablation."""
    latent_dim: Count = 100
    hidden_dim: Count = 100
    """Width h of both networks: their layers have h, 2h and 4h channels."""
    batch_size: Count = 64
    num_training_steps: Count = 5_000
    learning_rate: Rate = 2e-4


Settings = VaeSettings | GanSettings

MODELS: dict[str, type[VaeSettings] | type[GanSettings]] = {"gan": GanSettings, "vae": VaeSettings}


class LocalText(Model):
    """One text in both languages."""

    zh: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return {"zh": value, "en": value} if isinstance(value, str) else value


class Author(Model):
    """The author block of the first page; empty lines are left out."""

    name: str = ""
    student_id: str = ""
    school: str = ""
    course: str = ""
    email: str = ""


class ReportSettings(Model):
    """What the report says about itself."""

    title: LocalText = LocalText(zh="MNIST上的生成模型：VAE与GAN", en="Generative models on MNIST: VAE and GAN")
    author: Author = Author()
    outline: str = "full"
    """`full`, `vae-gan` (edition 1), `gan` (edition 2), or the path of an outline file of your own."""


class FidSettings(Model):
    """The Frechet distance: its sample size and the course's extractor."""

    num_images: Annotated[int, Field(ge=6, strict=True)] = 3000
    """Real and generated images that are compared; the homework's 3,000. Five neighbours need at least 6."""
    inception_weights: str | None = None
    """The course's Inception weights; by default the copy that `reportgen fetch inception` made, if it did."""


class InterpolationSettings(Model):
    """The latent interpolation strips."""

    num_points: Annotated[int, Field(ge=2, le=20, strict=True)] = 10
    """Images per strip (K in the homework)."""


class DigitSettings(Model):
    """The digit counts that look for mode collapse."""

    num_images: Count = 50
    """Generated images that are read and counted."""
