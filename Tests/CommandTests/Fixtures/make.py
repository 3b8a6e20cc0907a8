"""Makes tiny models with the PyPI packages soft-moe and timm, and the values that they compute.

Run with soft-moe 0.0.1, timm, torch and safetensors. Each model's parameters are perturbed so that
nothing is zero or one; NAME.expected.safetensors holds images, logits, features and, per Soft MoE
block L, dispatch_L and combine_L, in float32, computed in float64.
"""
import pathlib
import soft_moe.soft_moe
import timm
import torch
from safetensors.torch import save_file
from soft_moe import SoftMoEVisionTransformer

here = pathlib.Path(__file__).parent
weights = []
softmax = soft_moe.soft_moe.softmax


def recorded(x, dim):
    weights.append(softmax(x, dim))
    return weights[-1]


soft_moe.soft_moe.softmax = recorded
sizes = dict(img_size=16, patch_size=8, num_classes=5, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2.0)


def soft(**options):
    return SoftMoEVisionTransformer(**{**sizes, **options})


def unscaled(**options):
    """Without the normalisation of tokens and phi, for which the constructor has no option."""
    model = soft(**options)
    for module in model.modules():
        if isinstance(module, soft_moe.soft_moe.SoftMoELayerWrapper):
            module.normalize = False
            del module.scale
    return model


models = {
    "soft_moe": (1,), "one_expert_rect": (0, 1), "patch_positions": (0,), "unscaled": (1,), "dense_timm": (),
}
make = {
    "soft_moe": lambda: soft(
        num_experts=3, slots_per_expert=2, moe_layer_index=1, qk_norm=True, init_values=0.5),
    "one_expert_rect": lambda: soft(
        num_experts=1, slots_per_expert=3, moe_layer_index=[0, 1], img_size=(16, 24), class_token=False,
        global_pool="avg", fc_norm=False, pre_norm=True, qkv_bias=False),
    "patch_positions": lambda: soft(
        num_experts=4, slots_per_expert=1, moe_layer_index=[0], no_embed_class=True, qk_norm=True,
        global_pool="avg", qkv_bias=False, init_values=0.1),
    "unscaled": lambda: unscaled(num_experts=2, slots_per_expert=2, moe_layer_index=1),
    "dense_timm": lambda: timm.models.vision_transformer.VisionTransformer(
        global_pool="avg", class_token=False, **sizes),
}
for seed, (name, blocks) in enumerate(models.items()):
    torch.manual_seed(seed)
    model = make[name]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, here / f"{name}.safetensors")
    images = torch.randn(3, 3, 16, 24 if "rect" in name else 16)
    double = model.double()
    with torch.no_grad():
        features = double.forward_head(double.forward_features(images.double()), pre_logits=True)
        weights.clear()
        logits = double(images.double())
    expected = {"images_nchw": images, "logits": logits, "features": features}
    for index, block in enumerate(blocks):
        expected[f"dispatch_{block}"], expected[f"combine_{block}"] = weights[2 * index : 2 * index + 2]
    save_file({k: v.float().contiguous() for k, v in expected.items()}, here / f"{name}.expected.safetensors")
