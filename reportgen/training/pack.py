"""Several seeds of one configuration trained as one program: their networks stacked, a step of all of them at once.

On a GPU a small network leaves most of the device idle; k of them together take far less than k times as long. Each
replica sees its own data in its own order and its own noise, as it would alone, and ends where it would alone up to
rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, stack_module_state

from reportgen.config import GanSettings, Settings
from reportgen.training.convolutions import undo_matrix_products
from reportgen.training.gan import GanObjective, update_gan
from reportgen.training.loop import Row, Training
from reportgen.training.objectives import Scalars, make_adam, to_unit
from reportgen.training.vae import VaeObjective, update_vae


def can_pack(settings: Settings) -> bool:
    """Whether replicas can share a program: dropout would draw other masks than each replica alone."""
    return not (isinstance(settings, GanSettings) and settings.architecture == "mlp")


class PackedModule(nn.Module):
    """k networks of one architecture as one module; every input and output has a leading dimension of k."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        parameters, buffers = stack_module_state(list(networks))
        self.names = {name: name.replace(".", "/") for name in (*parameters, *buffers)}
        for name, value in parameters.items():
            self.register_parameter(self.names[name], nn.Parameter(value.detach()))
        for name, value in buffers.items():
            self.register_buffer(self.names[name], value)
        # Only its code is used; kept out of the registry, so that its parameters are not this module's.
        self._template = [copy.deepcopy(networks[0]).to("meta")]
        undo_matrix_products(self._template[0])
        self._parameter_names, self._buffer_names = list(parameters), list(buffers)

    def forward(self, *inputs: torch.Tensor) -> Any:
        template = self._template[0].train(self.training)
        parameters = {name: self.get_parameter(self.names[name]) for name in self._parameter_names}
        buffers = {name: self.get_buffer(self.names[name]) for name in self._buffer_names}

        def call(own: dict[str, torch.Tensor], *own_inputs: torch.Tensor) -> Any:
            return functional_call(template, own, own_inputs)

        return torch.vmap(call, randomness="error")({**parameters, **buffers}, *inputs)

    def copy_to(self, network: nn.Module, replica: int) -> None:
        """Give one network its share of the weights and buffers."""
        stacked = self.state_dict()
        network.load_state_dict({name: stacked[packed][replica] for name, packed in self.names.items()})


class PackedGan:
    """The GANs of several runs, updated together."""

    def __init__(self, replicas: Sequence[GanObjective]) -> None:
        self.replicas = replicas
        self.generator = PackedModule([r.generator for r in replicas])
        self.discriminator = PackedModule([r.discriminator for r in replicas])
        self.generator_optimiser = stack_optimisers(self.generator, [r.generator_optimiser for r in replicas])
        self.discriminator_optimiser = stack_optimisers(
            self.discriminator, [r.discriminator_optimiser for r in replicas]
        )
        self.optimisers = [self.generator_optimiser, self.discriminator_optimiser]
        self.autocast = replicas[0].autocast

    def step(self, images: torch.Tensor) -> Scalars:
        z = torch.stack([replica.draw_noise(images.shape[1]) for replica in self.replicas])
        return update_gan(self, to_unit(images) * 2 - 1, z, torch.vmap)

    def sync(self) -> None:
        for index, replica in enumerate(self.replicas):
            self.generator.copy_to(replica.generator, index)
            self.discriminator.copy_to(replica.discriminator, index)
            copy_optimiser(self.generator_optimiser, replica.generator_optimiser, index)
            copy_optimiser(self.discriminator_optimiser, replica.discriminator_optimiser, index)


class PackedVae:
    """The VAEs of several runs, updated together."""

    def __init__(self, replicas: Sequence[VaeObjective]) -> None:
        self.replicas = replicas
        self.losses = PackedModule([r.losses for r in replicas])
        self.optimiser = stack_optimisers(self.losses, [r.optimiser for r in replicas])
        self.optimisers = [self.optimiser]
        self.autocast = replicas[0].autocast

    def step(self, images: torch.Tensor) -> Scalars:
        eps = torch.stack([replica.draw_noise(images.shape[1]) for replica in self.replicas])
        return update_vae(self, to_unit(images), eps)

    def sync(self) -> None:
        for index, replica in enumerate(self.replicas):
            self.losses.copy_to(replica.losses, index)
            copy_optimiser(self.optimiser, replica.optimiser, index)


def stack_optimisers(module: PackedModule, optimisers: Sequence[torch.optim.Optimizer]) -> torch.optim.Adam:
    """One Adam for all replicas, with the moments that each has by now; it works element by element."""
    group = optimisers[0].param_groups[0]
    packed = make_adam(module, group["lr"], group["betas"])
    states = [optimiser.state_dict()["state"] for optimiser in optimisers]
    stacked = {
        index: {
            name: value if name == "step" else torch.stack([state[index][name] for state in states])
            for name, value in first.items()
        }
        for index, first in states[0].items()
    }
    packed.load_state_dict({"state": stacked, "param_groups": packed.state_dict()["param_groups"]})
    return packed


def copy_optimiser(packed: torch.optim.Optimizer, single: torch.optim.Optimizer, replica: int) -> None:
    """Give one replica's optimiser its share of the packed one's state."""
    state = {
        index: {name: (value if name == "step" else value[replica]).clone() for name, value in entry.items()}
        for index, entry in packed.state_dict()["state"].items()
    }
    single.load_state_dict({"state": state, "param_groups": single.state_dict()["param_groups"]})


class Pack:
    """Several runs of one configuration that stand at the same step, trained as one program.

    Between ``sync`` and the next step each replica is a ``Training`` like any other: it can be kept, looked at and
    recorded, and later be taken up alone.
    """

    def __init__(self, replicas: Sequence[Training]) -> None:
        assert len({replica.step for replica in replicas}) == 1, "replicas stand at different steps"
        self.replicas = replicas
        for replica in replicas:
            replica.trained_together = max(replica.trained_together, len(replicas))
        self.objective: PackedGan | PackedVae
        objectives = [replica.objective for replica in replicas]
        gans = [objective for objective in objectives if isinstance(objective, GanObjective)]
        vaes = [objective for objective in objectives if isinstance(objective, VaeObjective)]
        self.objective = PackedGan(gans) if gans else PackedVae(vaes)

    @property
    def step(self) -> int:
        return self.replicas[0].step

    @step.setter
    def step(self, value: int) -> None:
        for replica in self.replicas:
            replica.step = value

    @property
    def train_seconds(self) -> float:
        """Of all replicas together: each one's record has its share."""
        return sum(replica.train_seconds for replica in self.replicas)

    @train_seconds.setter
    def train_seconds(self, value: float) -> None:
        for replica in self.replicas:
            replica.train_seconds = value / len(self.replicas)

    @property
    def logs(self) -> Sequence[list[Row]]:
        return [replica.rows for replica in self.replicas]

    @property
    def generators(self) -> Sequence[torch.Generator]:
        return [replica.generator for replica in self.replicas]

    @property
    def optimisers(self) -> Sequence[torch.optim.Optimizer]:
        return self.objective.optimisers

    def draw_batch(self) -> torch.Tensor:
        return torch.stack([replica.batches.draw() for replica in self.replicas])

    def update(self, images: torch.Tensor) -> Scalars:
        return self.objective.step(images)

    def look(self, step: int, dev_images: torch.Tensor) -> Scalars:
        self.sync()
        losses = [replica.look(step, dev_images) for replica in self.replicas]
        return {name: torch.stack([own[name] for own in losses]) for name in losses[0]}

    def sync(self) -> None:
        """Give every replica the weights and the optimiser's state that it has by now."""
        self.objective.sync()
