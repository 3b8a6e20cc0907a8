"""Makes the tiny models of this folder with the libraries that define them: python make.py [NAME ...].

Needs torch, timm, transformers, vit-pytorch, open_clip_torch, soft-moe-pytorch, soft-mixture-of-experts, entmax,
safetensors, and in MOE_JETPACK a checkout of Adlith/MoE-Jetpack (commit 45214a6). All are in half precision, so that they
are small; logits (the features of a model without a head) are computed in float64 from the rounded weights.
"""

import os
import sys
import types

import open_clip
import timm
import torch
import transformers as hf
from safetensors.torch import save_file
from soft_mixture_of_experts.vit import SoftMoEViT
from soft_moe_pytorch import SoftMoE
from vit_pytorch import ViT
from vit_pytorch.simple_vit import SimpleViT

# Its soft layer alone: the package asks for a whole training framework.
jetpack = types.ModuleType("jetpack")
jetpack.__path__ = [os.environ["MOE_JETPACK"] + "/moejet/models"]
sys.modules["jetpack"] = jetpack
from jetpack.soft_moe import SoftMoELayerWrapper

here = os.path.dirname(os.path.abspath(__file__))
sizes = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, image_size=8, patch_size=4)
dino = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)


def vit(**options):
    return timm.models.vision_transformer.VisionTransformer(
        **{**dict(img_size=8, patch_size=4, embed_dim=8, depth=1, num_heads=2, mlp_ratio=1.5, num_classes=3), **options})


def soft(layer, **options):
    model = vit(depth=2, **options)
    model.blocks[1].mlp = layer
    return model


# Not the whole answer of these, but what their encoder makes of an image.
mae = hf.ViTMAEForPreTraining(
    hf.ViTMAEConfig(
        **sizes, mask_ratio=0.0, decoder_hidden_size=8, decoder_num_hidden_layers=1, decoder_num_attention_heads=2,
        decoder_intermediate_size=8))
mae.forward = lambda pixels: mae.vit(pixels).last_hidden_state[:, 0]
clip = open_clip.CLIP(
    embed_dim=5, quick_gelu=True,
    vision_cfg=dict(layers=1, width=8, head_width=4, mlp_ratio=1.5, patch_size=4, image_size=8),
    text_cfg=dict(context_length=4, vocab_size=8, width=8, heads=2, layers=1))
clip.forward = clip.encode_image

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
    "fkodom_soft": (
        SoftMoEViT(
            num_classes=3, image_size=8, patch_size=4, d_model=8, dim_feedforward=12, nhead=2, num_encoder_layers=2,
            num_experts=3, slots_per_expert=2),
        lambda out: out),
    "lucidrains_layernorm": (
        soft(SoftMoE(dim=8, num_experts=3, num_slots=2, expert_mult=1.5, use_layernorm=True)), lambda out: out),
    "jetpack_single": (
        soft(
            SoftMoELayerWrapper(dim=8, num_experts=3, slots_per_expert=2, compress_ratio=0.375), global_pool="avg",
            fc_norm=True),
        lambda out: out),
    "hf_mae": (mae, lambda out: out),
    "open_clip": (clip, lambda out: out),
    # Its norm after the pooling goes by the name of one before it: see below.
    "timm_mean_then_norm": (vit(global_pool="avg", fc_norm=True), lambda out: out),
}

generator = torch.Generator().manual_seed(0)
with torch.no_grad():
    for name, (model, answer) in models.items():
        if name == "timm_mean_then_norm":
            generator.manual_seed(1)
        # lucidrains' shifts are not learned.
        shifts = [entry for entry in model.named_buffers() if entry[0].endswith(".beta")]
        for key, parameter in [*model.named_parameters(), *shifts]:
            noise = torch.randn(parameter.shape, generator=generator)
            isGain = parameter.ndim < 2 and ("norm" in key or "lambda" in key or "net.0" in key or key.endswith("mlp.scale"))
            isGain = isGain and not key.endswith(("bias", "beta"))
            parameter.copy_((1 + 0.3 * noise if isGain else 0.4 * noise).half())
        model = model.double().eval()
        width = 12 if name == "simple_vit_rect" else 8
        pixels = torch.randn(2, 3, 8, width, generator=generator)
        expected = answer(model(pixels.double())).float().contiguous()
        weights = {key: value.half().contiguous() for key, value in model.state_dict().items() if value.is_floating_point()}
        if name == "timm_mean_then_norm":
            weights = {key.replace("fc_norm", "norm"): value for key, value in weights.items()}
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        save_file(weights, f"{here}/{name}.safetensors")
        save_file({"pixels": pixels, "expected": expected}, f"{here}/{name}.expected.safetensors")
