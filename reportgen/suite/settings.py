"""All settings of models and reports, with their defaults, which stand nowhere else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, assert_never

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reportgen.suite.languages import LANGUAGES

Precision = Literal["fp32", "tf32", "bf16"]

DatasetName = Literal["mnist", "fashion-mnist", "kmnist", "mnist-5k"]

DIGITS = ("mnist", "mnist-5k")
"""Datasets of digits, which the shipped classifier can read."""

Question = Literal["vae_latent", "vae_architecture", "gan_grid", "gan_hidden", "gan_mlp", "gan_relu"]

SHOWN: dict[Question, dict[str, str | bool]] = {
    "vae_latent": {"model": "vae"},
    "vae_architecture": {"model": "vae", "architecture": "linear"},
    "gan_grid": {"model": "gan"},
    "gan_hidden": {"model": "gan"},
    "gan_mlp": {"model": "gan", "architecture": "mlp"},
    "gan_relu": {"model": "gan", "activation": "relu"},
}
"""Question -> settings that its runs must have, because the answer in the report is true of such runs only."""

Seed = Annotated[int, Field(ge=0, lt=2**31, strict=True)]

Count = Annotated[int, Field(ge=1, strict=True)]

Rate = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]

IMPORTED_SEED = 0
"""Seed that an imported training is measured with, whatever the seeds of its suite; its own is not known."""

PublishedKey = tuple[str, str, int, int | None]


def has_digits(dataset: str) -> bool:
    """Return whether the images of a dataset are digits; the shipped classifier's readings of others mean nothing."""
    return dataset in DIGITS


class Model(BaseModel):
    """Base of all parts of the file: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class VariantNames(NamedTuple):
    """Names of a variant of a model."""

    folder: str
    """First part of the names of runs and folders."""
    label: str
    """Name in the report, with ``{}`` for the dimensions."""
    published: str
    """Name in ``published_fid.csv``."""


class TrainingSettings(Model, ABC):
    """Settings that all models have, and the properties of a model that other packages need."""

    DIMENSIONS: ClassVar[tuple[str, ...]]
    """Settings that are part of a run's name, in the order of the name."""
    VARIANT_FIELDS: ClassVar[tuple[str, ...]]
    """Settings that tell variants apart and stand in the report's table of settings."""
    PROGRESS_LOSSES: ClassVar[dict[str, str]]
    """Logged loss that is shown during training -> its short name."""
    COUNTS_DIGITS_DURING_TRAINING: ClassVar[bool]
    """True if the report shows the digits among samples in the course of training."""

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
    imported: Digest | None = None
    """Digest of what was imported, for a model trained elsewhere; `reportgen import` writes it."""

    @property
    @abstractmethod
    def variant(self) -> str:
        """Name of the network among those of the model; a subclass narrows the type to the names that there are."""

    @property
    @abstractmethod
    def names(self) -> VariantNames:
        """Names of the variant in folders, in the report and in published scores."""

    @property
    @abstractmethod
    def baseline(self) -> Self:
        """Settings that an ablation is compared with; a network that is no ablation is its own baseline."""

    @property
    @abstractmethod
    def published_key(self) -> PublishedKey:
        """Model, variant, latent and hidden dimension under which published scores are listed."""

    @property
    @abstractmethod
    def has_dropout(self) -> bool:
        """True if the networks have dropout, which draws from the global random generator of the process."""

    @abstractmethod
    def count_step_macs(self) -> float:
        """Return the multiply-accumulates of one training step, from the shapes of the layers.

        A backward pass counts as two forward passes. Biases, normalisation and activations do not count.
        """

    @abstractmethod
    def count_image_macs(self) -> int:
        """Return the multiply-accumulates of drawing one image from a latent, from the shapes of the layers."""

    def without_digest(self) -> Self:
        """Return the settings without what tells one imported training from another of the same settings."""
        return self if self.imported is None else self.model_copy(update={"imported": ""})

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Values of ``DIMENSIONS``, in that order."""
        return tuple(getattr(self, name) for name in self.DIMENSIONS)

    @property
    def base_name(self) -> str:
        """Name in folders, of variant and dimensions alone: ``vae-linear-64``, ``gan-100_16``."""
        return f"{self.names.folder}-{self._join_dimensions()}"

    @property
    def label(self) -> str:
        """Name in the report, of variant and dimensions alone: ``VAE-64 linear``, ``MLP GAN 100_100``."""
        return self.names.label.format(self._join_dimensions())

    @property
    def is_ablation(self) -> bool:
        """True if the network differs from the homework's."""
        return self.baseline != self

    def _join_dimensions(self) -> str:
        return "_".join(map(str, self.dimensions))


VaeVariant = Literal["conv", "linear", "conv_output_relu", "linear_output_relu"]

VAE_VARIANTS: dict[tuple[str, bool], VaeVariant] = {
    ("conv", False): "conv",
    ("linear", False): "linear",
    ("conv", True): "conv_output_relu",
    ("linear", True): "linear_output_relu",
}
"""Architecture, and True if the encoder ends in a ReLU -> the variant."""

VAE_NAMES: dict[VaeVariant, VariantNames] = {
    "conv": VariantNames("vae", "VAE-{}", "conv"),
    "linear": VariantNames("vae-linear", "VAE-{} linear", "mlp"),
    "conv_output_relu": VariantNames("vae-outrelu", "VAE-{} (output ReLU)", "conv-output-relu"),
    "linear_output_relu": VariantNames("vae-linear-outrelu", "VAE-{} linear (output ReLU)", "mlp-output-relu"),
}


class VaeSettings(TrainingSettings):
    """A variational autoencoder (Kingma & Welling 2014)."""

    DIMENSIONS = ("latent_dim",)
    VARIANT_FIELDS = ("architecture",)
    PROGRESS_LOSSES = {"train_reconstruction": "rec", "train_kl": "KL"}
    COUNTS_DIGITS_DURING_TRAINING = False

    model: Literal["vae"] = "vae"
    architecture: Literal["conv", "linear"] = "conv"
    """`conv`: the homework's convolutional network; `linear`: the all-linear ablation."""
    latent_dim: Count = 100
    batch_size: Count = 32
    num_training_steps: Count = 25_000
    learning_rate: Rate = 1e-3
    encoder_output_relu: bool = False
    """A ReLU on the encoder's output, as in one published report; it forces mu and log-variance to be >= 0."""

    @property
    def variant(self) -> VaeVariant:
        """Name of the network, which architecture and output ReLU decide."""
        return VAE_VARIANTS[self.architecture, self.encoder_output_relu]

    @property
    def names(self) -> VariantNames:
        """Row of ``VAE_NAMES``."""
        return VAE_NAMES[self.variant]

    @property
    def baseline(self) -> Self:
        """Settings with the convolutional network and no output ReLU."""
        return self.model_copy(update={"architecture": "conv", "encoder_output_relu": False})

    @property
    def published_key(self) -> PublishedKey:
        """Key without a hidden dimension: a VAE's widths are fixed."""
        return self.model, self.names.published, self.latent_dim, None

    @property
    def has_dropout(self) -> bool:
        """False: neither network has dropout."""
        return False

    def count_step_macs(self) -> float:
        """Count encoder and decoder once forward and once backward."""
        return 3.0 * (self._count_encoder_macs() + self.count_image_macs()) * self.batch_size

    def count_image_macs(self) -> int:
        """Count the decoder."""
        match self.architecture:
            case "conv":
                return self._count_convolution_macs() + self.latent_dim * (self.latent_dim + 1024)
            case "linear":
                return 400 * (self.latent_dim + 1024)
            case _:
                assert_never(self.architecture)

    def _count_encoder_macs(self) -> int:
        match self.architecture:
            case "conv":
                return self._count_convolution_macs() + 2 * self.latent_dim * (2 * self.latent_dim + 1024)
            case "linear":
                return 400 * (2 * self.latent_dim + 1024)
            case _:
                assert_never(self.architecture)

    def _count_convolution_macs(self) -> int:
        """Count the convolutions of the encoder, whose mirror image is the decoder."""
        return 9 * (16 * 1024 + 16 * 32 * 256 + 32 * 32 * 256 + 32 * 16 * 64)


GanVariant = Literal["conv", "mlp", "relu", "mlp_relu"]

GAN_VARIANTS: dict[tuple[str, str], GanVariant] = {
    ("conv", "leaky_relu"): "conv",
    ("mlp", "leaky_relu"): "mlp",
    ("conv", "relu"): "relu",
    ("mlp", "relu"): "mlp_relu",
}
"""Architecture and activation -> the variant."""

GAN_NAMES: dict[GanVariant, VariantNames] = {
    "conv": VariantNames("gan", "GAN {}", "conv"),
    "mlp": VariantNames("gan-mlp", "MLP GAN {}", "mlp"),
    "relu": VariantNames("gan-relu", "ReLU GAN {}", "conv-relu"),
    "mlp_relu": VariantNames("gan-mlp-relu", "MLP ReLU GAN {}", "mlp-relu"),
}


class GanSettings(TrainingSettings):
    """A DCGAN (Radford et al. 2016), trained with the non-saturating loss (Goodfellow et al. 2014)."""

    DIMENSIONS = ("latent_dim", "hidden_dim")
    VARIANT_FIELDS = ("architecture", "activation")
    PROGRESS_LOSSES = {"discriminator_loss": "D", "generator_loss": "G"}
    COUNTS_DIGITS_DURING_TRAINING = True

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

    @property
    def variant(self) -> GanVariant:
        """Name of the network, which architecture and activation decide."""
        return GAN_VARIANTS[self.architecture, self.activation]

    @property
    def names(self) -> VariantNames:
        """Row of ``GAN_NAMES``."""
        return GAN_NAMES[self.variant]

    @property
    def baseline(self) -> Self:
        """Settings with the convolutional networks and LeakyReLU."""
        return self.model_copy(update={"architecture": "conv", "activation": "leaky_relu"})

    @property
    def published_key(self) -> PublishedKey:
        """Key without a hidden dimension for an MLP: one published report does not state it."""
        return self.model, self.names.published, self.latent_dim, None if self.variant == "mlp" else self.hidden_dim

    @property
    def has_dropout(self) -> bool:
        """True for the MLP: its discriminator has dropout."""
        return self.architecture == "mlp"

    def count_step_macs(self) -> float:
        """Count the passes of an update of D and of one of G."""
        # G forward and backward; D on real and fake forward and backward; for G, D forward and its input's gradient.
        return (3.0 * self.count_image_macs() + 8.0 * self._count_discriminator_macs()) * self.batch_size

    def count_image_macs(self) -> int:
        """Count the generator."""
        latent, h = self.latent_dim, self.hidden_dim
        match self.architecture:
            case "conv":
                return 16 * (latent * 4 * h + 8 * h * h * 16 + 2 * h * h * 64 + h * 256)
            case "mlp":
                return latent * 4 * h + 8 * h * h + 2 * h * h + 1024 * h
            case _:
                assert_never(self.architecture)

    def _count_discriminator_macs(self) -> int:
        h = self.hidden_dim
        match self.architecture:
            case "conv":
                return 16 * (h * 256 + 2 * h * h * 64 + 8 * h * h * 16 + 4 * h)
            case "mlp":
                return 1024 * h + 2 * h * h + 8 * h * h + 4 * h
            case _:
                assert_never(self.architecture)


Settings = VaeSettings | GanSettings

ModelName = Literal["vae", "gan"]

MODELS: dict[ModelName, type[Settings]] = {"vae": VaeSettings, "gan": GanSettings}
"""All models, in the report's order."""


class LocalText(Model):
    """One text in both languages."""

    zh: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value


class Author(Model):
    """The author block of the first page; empty fields print as blanks to fill in."""

    name: str = ""
    student_id: str = ""
    school: str = ""
    course: str = ""
    email: str = ""


class ReportSettings(Model):
    """Title, author and outline of the report."""

    title: LocalText = LocalText(zh="MNIST上的生成模型：VAE与GAN", en="Generative models on MNIST: VAE and GAN")
    author: Author = Author()
    outline: str = "full"
    """`full`, `vae-gan` (edition 1), `gan` (edition 2), or the path of an outline file of your own."""


NUM_MONITORED = 1000
"""Largest number of samples that are drawn and scored at every image interval, and of real images for their recall."""


class FidSettings(Model):
    """The Frechet inception distance: its sample size and the weights of the course's extractor."""

    num_images: Annotated[int, Field(ge=6, strict=True)] = 3000
    """Number of real and of generated images to compare; 3,000 in the homework, at least 6 for five neighbours."""
    inception: Literal["auto", "off"] = "auto"
    """`auto`: also measure the course's own FID, last and if its weights can be had; `off`: never."""
    inception_weights: str | None = None
    """File of the course's Inception weights; by default they are downloaded once."""


class InterpolationSettings(Model):
    """The strips of images between pairs of latents."""

    num_points: Annotated[int, Field(ge=2, le=20, strict=True)] = 10
    """Images per strip (K in the homework)."""


class DigitSettings(Model):
    """The counts of digits among samples, which reveal mode collapse."""

    num_images: Count = 50
    """Number of generated images to read and count."""
