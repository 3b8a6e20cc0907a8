"""Makes tiny models with the PyPI packages soft-moe and timm, and the values that they compute.

Run with soft-moe 0.0.1, timm, torch and safetensors. Each model's parameters are perturbed so that
nothing is zero or one; NAME.expected.safetensors holds images, logits and features in float32,
computed in float64.
"""
import pathlib
import timm
import torch
from safetensors.torch import save_file
from soft_moe import SoftMoEVisionTransformer

here = pathlib.Path(__file__).parent
sizes = dict(img_size=16, patch_size=8, num_classes=5, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2.0)
models = {
    "soft_moe": lambda: SoftMoEVisionTransformer(
        num_experts=3, slots_per_expert=2, moe_layer_index=1, qk_norm=True, init_values=0.5, **sizes),
    "dense_timm": lambda: timm.models.vision_transformer.VisionTransformer(
        global_pool="avg", class_token=False, **sizes),
}
for seed, (name, make) in enumerate(models.items()):
    torch.manual_seed(seed)
    model = make().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, here / f"{name}.safetensors")
    images = torch.randn(3, 3, 16, 16)
    double = model.double()
    with torch.no_grad():
        features = double.forward_head(double.forward_features(images.double()), pre_logits=True)
        logits = double(images.double())
    save_file({"images_nchw": images, "logits": logits.float(), "features": features.float().contiguous()},
              here / f"{name}.expected.safetensors")
