"""What a model costs: parameters, FLOPs of one image's forward pass (2 a multiply-add, matrix products only)."""
from dataclasses import replace

from .settings import ModelSettings
from .vision_transformer import VisionTransformer


def flops(model: ModelSettings) -> int:
    """m tokens, d width, s slots, h hidden width: attention 8md² + 4m²d, MLP 4mdh, Soft MoE 6msd + 4sdh."""
    m, d, s = model.token_count, model.width, model.expert_count * model.slots_per_expert
    moe_count = len(model.moe_layers)
    embedding = 2 * m * model.patch_size**2 * 3 * d
    attention = model.depth * (8 * m * d * d + 4 * m * m * d)
    mlp = (model.depth - moe_count) * 4 * m * d * model.mlp_width
    moe = moe_count * (6 * m * s * d + 4 * s * d * model.expert_width)
    return embedding + attention + mlp + moe + 2 * d * model.class_count


def parameter_count(model: ModelSettings) -> int:
    return sum(parameter.numel() for parameter in VisionTransformer(model).parameters())


def dense_twin(model: ModelSettings) -> ModelSettings:
    """The same model without experts, its MLPs all of the one width that makes the FLOPs equal."""
    bare = replace(model, moe_layers=(), mlp_width=0)
    hidden_cost = 4 * model.token_count * model.width * model.depth
    hidden = (flops(model) - flops(bare)) / hidden_cost
    return replace(bare, mlp_width=round(hidden / 8) * 8)
