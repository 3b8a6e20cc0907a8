"""Makes the tiny models of this folder with the libraries that define them: python make.py.

Needs torch, timm, transformers, vit-pytorch, safetensors. All are in half precision, so that they are small; logits (the
features of a model without a head) are computed in float64 from the rounded weights.
"""

import os

import timm
import torch
import transformers as hf
from safetensors.torch import save_file
from vit_pytorch import ViT
from vit_pytorch.simple_vit import SimpleViT

here = os.path.dirname(os.path.abspath(__file__))
sizes = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, image_size=8, patch_size=4)
dino = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)


def vit(**options):
    return timm.models.vision_transformer.VisionTransformer(
        **{**dict(img_size=8, patch_size=4, embed_dim=8, depth=1, num_heads=2, mlp_ratio=1.5, num_classes=3), **options})


models = {
    "hf_vit_pooler": (hf.ViTModel(hf.ViTConfig(**sizes)), lambda out: out.pooler_output),
    "hf_deit_teacher": (
        hf.DeiTForImageClassificationWithTeacher(hf.DeiTConfig(**sizes, num_labels=3)), lambda out: out.logits),
    "hf_dinov2_registers": (
        hf.Dinov2WithRegistersForImageClassification(
            hf.Dinov2WithRegistersConfig(**dino, mlp_ratio=1, use_swiglu_ffn=True, num_labels=3)),
        lambda out: out.logits),
    "hf_clip_projection": (
        hf.CLIPVisionModelWithProjection(hf.CLIPVisionConfig(**sizes, projection_dim=5)),
        lambda out: out.image_embeds),
    "hf_siglip_tower": (hf.SiglipVisionModel(hf.SiglipVisionConfig(**sizes)), lambda out: out.pooler_output),
    "timm_respost": (vit(block_fn=timm.models.vision_transformer.ResPostBlock), lambda out: out),
    "timm_registers_in_positions": (vit(reg_tokens=2, global_pool="avg", fc_norm=False), lambda out: out),
    "vitpytorch_narrow_heads": (
        ViT(image_size=8, patch_size=4, num_classes=3, dim=8, depth=1, heads=3, dim_head=4, mlp_dim=12),
        lambda out: out),
    "vitpytorch_one_head": (
        ViT(image_size=8, patch_size=4, num_classes=3, dim=8, depth=1, heads=1, dim_head=8, mlp_dim=12, pool="mean"),
        lambda out: out),
    "simple_vit_rect": (
        SimpleViT(image_size=(8, 12), patch_size=4, num_classes=3, dim=8, depth=1, heads=2, dim_head=4, mlp_dim=12),
        lambda out: out),
    # Its norm after the pooling goes by the name of one before it: see below.
    "timm_mean_then_norm": (vit(global_pool="avg", fc_norm=True), lambda out: out),
}

generator = torch.Generator().manual_seed(0)
with torch.no_grad():
    for name, (model, answer) in models.items():
        for key, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            isGain = parameter.ndim == 1 and ("norm" in key or "lambda" in key or "net.0" in key) and "bias" not in key
            parameter.copy_((1 + 0.3 * noise if isGain else 0.4 * noise).half())
        model = model.double().eval()
        width = 12 if name == "simple_vit_rect" else 8
        pixels = torch.randn(2, 3, 8, width, generator=generator)
        expected = answer(model(pixels.double())).float().contiguous()
        weights = {key: value.half().contiguous() for key, value in model.state_dict().items() if value.is_floating_point()}
        if name == "timm_mean_then_norm":
            weights = {key.replace("fc_norm", "norm"): value for key, value in weights.items()}
        save_file(weights, f"{here}/{name}.safetensors")
        save_file({"pixels": pixels, "expected": expected}, f"{here}/{name}.expected.safetensors")
