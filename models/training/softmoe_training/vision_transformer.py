"""A Vision Transformer of google-research/vmoe's conventions: pre-LN, learned positions, mean pooling.

Axes: b images, m tokens, d width, c classes.
"""
import torch
import torch.nn.functional as F
from torch import nn

from .linear import MLP, Linear
from .settings import ModelSettings
from .soft_moe import SoftMoE

EPSILON = 1e-6


class VisionTransformer(nn.Module):
    """Normalised pixels [b, 3, H, W] → logits [b, c]."""

    def __init__(self, settings: ModelSettings, drop_path: float = 0.0):
        super().__init__()
        self.settings = settings
        self.embedding = Linear(settings.patch_size**2 * 3, settings.width)
        self.position_embedding = nn.Parameter(torch.randn(settings.token_count, settings.width) * 0.02)
        # Deeper blocks are left out more often, the first never.
        rates = [drop_path * index / max(settings.depth - 1, 1) for index in range(settings.depth)]
        self.blocks = nn.ModuleList(Block(settings, index, rate) for index, rate in enumerate(rates))
        self.final_norm = nn.LayerNorm(settings.width, EPSILON)
        self.head = Linear(settings.width, settings.class_count)
        nn.init.zeros_(self.head.kernel)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.embedding(self.patches(images)) + self.positions(images)
        for block in self.blocks:
            x = block(x)
        return self.head(self.final_norm(x).mean(1))

    def patches(self, images: torch.Tensor) -> torch.Tensor:
        """[b, 3, H, W] → [b, m, P·P·3]: a patch is row, column, channel."""
        p = self.settings.patch_size
        tiles = images.unflatten(3, (-1, p)).unflatten(2, (-1, p))  # [b, 3, rows, P, columns, P]
        return tiles.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)

    def positions(self, images: torch.Tensor) -> torch.Tensor:
        """The learned table [m, d], interpolated for images that are smaller or larger than the model's."""
        p, (rows, columns) = self.settings.patch_size, self.settings.grid
        grid = images.shape[2] // p, images.shape[3] // p
        if grid == (rows, columns):
            return self.position_embedding
        table = self.position_embedding.T.unflatten(1, (rows, columns))[None]
        return F.interpolate(table, grid, mode="bilinear")[0].flatten(1).T


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x)) or x + SoftMoE(norm(x))."""

    def __init__(self, settings: ModelSettings, index: int, drop_path: float):
        super().__init__()
        self.drop_path = drop_path
        self.norm1 = nn.LayerNorm(settings.width, EPSILON)
        self.attention = Attention(settings)
        self.norm2 = nn.LayerNorm(settings.width, EPSILON)
        if index in settings.moe_layers:
            self.moe = SoftMoE(
                settings.width, settings.expert_count, settings.slots_per_expert, settings.expert_width)
        else:
            self.mlp = MLP(settings.width, settings.mlp_width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.kept(self.attention(self.norm1(x)))
        mixer = self.moe if hasattr(self, "moe") else self.mlp
        return x + self.kept(mixer(self.norm2(x)))

    def kept(self, branch: torch.Tensor) -> torch.Tensor:
        """Stochastic depth: in training, a share of the images goes without the branch."""
        if not self.training or self.drop_path == 0:
            return branch
        keep = torch.rand(branch.shape[0], 1, 1, device=branch.device) >= self.drop_path
        return branch * (keep / (1 - self.drop_path)).to(branch.dtype)


class Attention(nn.Module):
    """Multi-head self-attention; `qk_norm` puts a LayerNorm without bias on each head's queries and keys."""

    def __init__(self, settings: ModelSettings):
        super().__init__()
        self.head_count = settings.head_count
        self.qkv = Linear(settings.width, 3 * settings.width)
        self.out = Linear(settings.width, settings.width)
        head_width = settings.width // settings.head_count
        if settings.qk_norm:
            self.query_norm = nn.LayerNorm(head_width, EPSILON, bias=False)
            self.key_norm = nn.LayerNorm(head_width, EPSILON, bias=False)
        else:
            self.query_norm = self.key_norm = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        heads = self.qkv(x).unflatten(2, (3, self.head_count, -1)).transpose(1, 3)  # [b, heads, 3, m, d / heads]
        query, key, value = heads.unbind(2)
        mixed = attend(self.query_norm(query), self.key_norm(key), value)
        return self.out(mixed.transpose(1, 2).flatten(2))


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """softmax(q · kᵀ / √(d / heads)) · v."""
    # The fused form saves a GPU's memory; on a CPU its backward pass takes several times as long in bfloat16.
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value)
    return (query * query.shape[-1] ** -0.5 @ key.transpose(2, 3)).softmax(-1) @ value
