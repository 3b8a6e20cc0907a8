"""Linear maps with kernels laid out as Flax has them: (in, out), with the experts of a stack in front."""
import torch
import torch.nn.functional as F
from torch import nn


class Linear(nn.Module):
    """x · kernel + bias; `stack` (n) makes n of them, for an x of [n, rows, in]."""

    def __init__(self, inputs: int, outputs: int, stack: tuple[int, ...] = ()):
        super().__init__()
        limit = (6 / (inputs + outputs)) ** 0.5  # Glorot and Bengio's
        self.kernel = nn.Parameter(torch.empty(*stack, inputs, outputs).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.zeros(*stack, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.kernel.dim() == 2:
            return F.linear(x, self.kernel.T, self.bias)
        return torch.baddbmm(self.bias.unsqueeze(-2), x, self.kernel)


class MLP(nn.Module):
    """Linear → GELU (tanh) → Linear; with `stack` (n), n experts side by side."""

    def __init__(self, width: int, hidden: int, stack: tuple[int, ...] = ()):
        super().__init__()
        self.up = Linear(width, hidden, stack)
        self.down = Linear(hidden, width, stack)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(F.gelu(self.up(x), approximate="tanh"))
