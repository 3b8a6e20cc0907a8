"""The Soft MoE layer: arXiv 2308.00951, equations 1–3, as google-research/vmoe computes it.

Axes: b images, m tokens, d width, n experts, p slots an expert, s = n·p slots, h hidden width.
"""
import torch
from torch import nn

from .linear import MLP

# Normalised vectors of width d have dot products near ±1/√d. From a scale of 1 every slot would begin as the same
# mean of all tokens, and the experts would have to wait for the scale to grow.
INITIAL_SCALE = 8.0


def l2_normalize(x: torch.Tensor, axis: int) -> torch.Tensor:
    """v · rsqrt(Σ v² + 1e-6)."""
    return x * torch.rsqrt(x.square().sum(axis, keepdim=True) + 1e-6)


class SoftMoE(nn.Module):
    """[b, m, d] → [b, m, d]: every slot mixes all tokens, every token mixes all slots' outputs."""

    def __init__(self, width: int, expert_count: int, slots_per_expert: int, expert_width: int):
        super().__init__()
        self.expert_count, self.slots_per_expert = expert_count, slots_per_expert
        self.phi = nn.Parameter(torch.randn(width, expert_count, slots_per_expert) * width**-0.5)
        self.scale = nn.Parameter(torch.tensor(INITIAL_SCALE))
        self.experts = MLP(width, expert_width, stack=(expert_count,))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dispatch, combine = self.route(x)
        slots = dispatch.transpose(1, 2) @ x  # [b, s, d]
        return combine @ self.apply_experts(slots)

    def route(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Dispatch weights, a softmax over the tokens, and combine weights, one over the slots: [b, m, s] each."""
        # The logits stay float32 where the rest is bfloat16: a large scale would magnify the rounding.
        with torch.autocast(x.device.type, enabled=False):
            phi = self.scale * l2_normalize(self.phi, 0).flatten(1)  # [d, s]
            logits = l2_normalize(x.float(), -1) @ phi
            return logits.softmax(1), logits.softmax(2)

    def apply_experts(self, slots: torch.Tensor) -> torch.Tensor:
        """Expert e on slots e·p … e·p + p − 1 of every image: [b, s, d] → [b, s, d]."""
        image_count = slots.shape[0]
        rows = slots.unflatten(1, (self.expert_count, -1)).transpose(0, 1).flatten(1, 2)  # [n, b·p, d]
        outputs = self.experts(rows).unflatten(1, (image_count, -1))  # [n, b, p, d]
        return outputs.transpose(0, 1).flatten(1, 2)
