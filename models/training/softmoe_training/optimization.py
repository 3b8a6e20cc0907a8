"""How weights are learned: Muon and AdamW, a cosine schedule with warm-up, and the average of the weights."""
import math

import torch

from .muon import Muon
from .settings import TrainingSettings
from .vision_transformer import VisionTransformer


def make_optimizers(model: VisionTransformer, settings: TrainingSettings) -> tuple[Muon, torch.optim.AdamW]:
    """Muon for the blocks' kernels, the experts' among them; AdamW, without decay, for all else."""
    kernels = [parameter for name, parameter in model.blocks.named_parameters() if name.endswith("kernel")]
    ids = set(map(id, kernels))
    others = [parameter for parameter in model.parameters() if id(parameter) not in ids]
    rate = settings.learning_rate
    return (Muon(kernels, lr=rate, weight_decay=settings.weight_decay),
            torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.99), weight_decay=0, fused=True))


def learning_rate(progress: float, settings: TrainingSettings) -> float:
    """At `progress` epochs: a linear rise, then half a cosine down to 0."""
    if progress <= settings.warmup_epochs:
        return settings.learning_rate * progress / settings.warmup_epochs
    rest = (progress - settings.warmup_epochs) / (settings.epochs - settings.warmup_epochs)
    return settings.learning_rate * (1 + math.cos(math.pi * rest)) / 2


@torch.no_grad()
def average(averaged: VisionTransformer, model: VisionTransformer, step: int, settings: TrainingSettings) -> None:
    """averaged ← averaged + share · (model − averaged)."""
    # Early steps count for more, so that the random start is soon forgotten.
    share = max(1 - settings.averaging, 1 / (1 + step / 10))
    torch._foreach_lerp_(list(averaged.parameters()), list(model.parameters()), share)
