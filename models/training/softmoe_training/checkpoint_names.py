"""A model's parameters by the names and shapes of google-research/vmoe, which `softmoe import` reads."""
import torch

from .vision_transformer import VisionTransformer


def vmoe_tensors(model: VisionTransformer) -> dict[str, torch.Tensor]:
    """Every parameter under its Flax name, as a view: who writes into one writes into the model."""
    settings = model.settings
    heads = (settings.head_count, settings.width // settings.head_count)
    p, d = settings.patch_size, settings.width
    tensors = {
        "embedding/kernel": model.embedding.kernel.view(p, p, 3, d),
        "embedding/bias": model.embedding.bias,
        "Encoder/posembed_input/pos_embedding": model.position_embedding[None],
        **norm("Encoder/encoder_norm", model.final_norm),
        **linear("head", model.head),
    }
    for index, block in enumerate(model.blocks):
        prefix = f"Encoder/encoderblock_{index}"
        tensors |= norm(f"{prefix}/LayerNorm_0", block.norm1) | norm(f"{prefix}/LayerNorm_1", block.norm2)
        tensors |= attention(f"{prefix}/SelfAttention", block.attention, heads)
        if index in settings.moe_layers:
            tensors |= mlp(f"{prefix}/Moe/Mlp", block.moe.experts)
            tensors |= {f"{prefix}/Moe/Router/mu": block.moe.phi, f"{prefix}/Moe/Router/scale": block.moe.scale}
        else:
            tensors |= mlp(f"{prefix}/Mlp", block.mlp)
    return {name: tensor.detach() for name, tensor in tensors.items()}


def attention(prefix: str, module, heads: tuple[int, int]) -> dict[str, torch.Tensor]:
    tensors = {
        f"{prefix}/out/kernel": module.out.kernel.view(*heads, -1),
        f"{prefix}/out/bias": module.out.bias,
    }
    kernels, biases = module.qkv.kernel.view(-1, 3, *heads), module.qkv.bias.view(3, *heads)
    for index, part in enumerate(("query", "key", "value")):
        tensors |= {f"{prefix}/{part}/kernel": kernels[:, index], f"{prefix}/{part}/bias": biases[index]}
    for part, layer in (("query_ln", module.query_norm), ("key_ln", module.key_norm)):
        tensors |= {f"{prefix}/{part}/scale": weight for weight in layer.parameters()}
    return tensors


def mlp(prefix: str, module) -> dict[str, torch.Tensor]:
    return linear(f"{prefix}/Dense_0", module.up) | linear(f"{prefix}/Dense_1", module.down)


def linear(prefix: str, module) -> dict[str, torch.Tensor]:
    return {f"{prefix}/kernel": module.kernel, f"{prefix}/bias": module.bias}


def norm(prefix: str, module) -> dict[str, torch.Tensor]:
    return {f"{prefix}/scale": module.weight, f"{prefix}/bias": module.bias}
