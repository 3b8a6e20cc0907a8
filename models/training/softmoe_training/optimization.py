"""How weights are learned: AdamW, a cosine schedule with warm-up, and the average of the weights."""
import math

import torch

from .settings import TrainingSettings
from .vision_transformer import VisionTransformer


def make_optimizer(model: VisionTransformer, settings: TrainingSettings) -> torch.optim.AdamW:
    """Kernels and phi decay; biases, norms, positions and the router's scale do not."""
    decaying = {"params": [], "weight_decay": settings.weight_decay}
    others = {"params": [], "weight_decay": 0.0}
    for name, parameter in model.named_parameters():
        group = decaying if name.endswith((".kernel", ".phi")) else others
        group["params"].append(parameter)
    return torch.optim.AdamW([decaying, others], lr=settings.learning_rate, betas=(0.9, 0.99), fused=True)


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
