"""Muon, the optimiser of matrices: https://kellerjordan.github.io/posts/muon/.

PyTorch has one for single matrices; an expert layer is a stack of them.
"""
import torch

# p(s) = a·s + b·s³ + c·s⁵ takes every singular value in (0, 1] near 1 within five rounds, and 0 away from 0 fastest.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5
MOMENTUM = 0.95
# The root mean square of AdamW's steps in practice (arXiv 2502.16982), so that both take one learning rate.
STEP_RMS = 0.2


class Muon(torch.optim.Optimizer):
    """Steps along the orthogonalised momentum: every direction of a matrix moves alike, however small its gradient.

    Parameters are matrices [rows, columns], or stacks of them [n, rows, columns]: an expert each.
    """

    def __init__(self, parameters, lr: float, weight_decay: float):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(parameter.grad, 1 - MOMENTUM)
                direction = orthogonalize(torch.lerp(parameter.grad, momentum, MOMENTUM))  # Nesterov's look ahead
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                # An orthogonal matrix has the root mean square 1 / √(larger side).
                parameter.sub_(direction, alpha=group["lr"] * STEP_RMS * max(parameter.shape[-2:]) ** 0.5)


def orthogonalize(matrices: torch.Tensor) -> torch.Tensor:
    """u · s · vᵀ → nearly u · vᵀ, by Newton and Schulz's iteration; bfloat16 is enough for it."""
    a, b, c = COEFFICIENTS
    x = matrices.bfloat16()
    is_tall = x.shape[-2] > x.shape[-1]
    if is_tall:
        x = x.mT
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True) + 1e-7).bfloat16()  # no singular value above 1
    for _ in range(ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if is_tall else x).to(matrices.dtype)
