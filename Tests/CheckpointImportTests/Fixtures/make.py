#!/usr/bin/env python3
"""Makes tiny models with google-research/vmoe, and the values that they compute.

Run with that repository (commit 942a78b) and google-research/vision_transformer's vit_jax on PYTHONPATH, and
jax 0.10, flax 0.12 and safetensors installed. Each model's parameters are perturbed so that nothing is zero or
one. NAME.expected.safetensors holds images, and in float32, computed in float64: features, logits (as released,
with tokens and experts' outputs rounded to bfloat16, and without that rounding), and dispatch_L and combine_L of
each Soft MoE block L.
"""
import os
import pathlib

os.environ["JAX_PLATFORMS"] = "cpu"
import flax.serialization
import flax.traverse_util
import jax
import numpy as np
from safetensors.numpy import save_file

jax.config.update("jax_enable_x64", True)
import vmoe.moe
from vmoe.nn import vit_moe
from vmoe.projects.soft_moe import router

here = pathlib.Path(__file__).parent
weights = []
dispatcher, rounded = router.EinsumDispatcher, vmoe.moe._cast_to_bfloat16


def recorded(combine, dispatch, **options):
    weights.append((dispatch, combine))
    return dispatcher(combine, dispatch, **options)


router.EinsumDispatcher = recorded


def model(classes, tokens, layers, experts, slots, classifier, qk_norm, position, features=None):
    moe = dict(layers=layers, num_experts=experts, group_size=tokens, split_rngs=True, router=dict(
        name="vmoe.projects.soft_moe.router.SoftRouter", num_slots=slots, compute_similarity_metrics=False))
    return vit_moe.VisionTransformerMoe(
        num_classes=classes, patch_size=(8, 8), hidden_size=16, classifier=classifier, deterministic=True,
        representation_size=features, encoder=dict(
            num_layers=2, mlp_dim=32, num_heads=2, attention_qk_norm=qk_norm, moe=moe,
            position_emb=dict(name=position)))


cases = {
    "token_qknorm": ((16, 16), dict(
        tokens=5, layers=(1,), experts=3, slots=2, classifier="token", qk_norm=True, position="learned")),
    "map_sincos_rect": ((16, 24), dict(
        tokens=6, layers=(0, 1), experts=2, slots=1, classifier="map", qk_norm=True, position="sincos2d")),
    "first_prelogits": ((16, 16), dict(
        tokens=4, layers=(1,), experts=1, slots=3, classifier="0", qk_norm=False, position="none", features=8)),
}
for seed, (name, ((height, width), options)) in enumerate(cases.items()):
    random = np.random.default_rng(seed)
    images = random.standard_normal((3, height, width, 3)).astype(np.float32)
    variables = model(5, **options).init(jax.random.PRNGKey(seed), images)
    flat = {
        key: (np.asarray(value) + 0.3 * random.standard_normal(value.shape)).astype(np.float32)
        for key, value in flax.traverse_util.flatten_dict(variables["params"], sep="/").items()}
    params = flax.traverse_util.unflatten_dict(flat, sep="/")
    if name == "token_qknorm":
        np.savez(here / f"{name}.npz", **flat)
    else:
        (here / f"{name}.msgpack").write_bytes(flax.serialization.to_bytes(params))

    double = jax.tree.map(lambda x: np.asarray(x, np.float64), params)

    def run(classes, cast):
        vmoe.moe._cast_to_bfloat16 = cast
        weights.clear()
        network = model(classes, **options)
        own = {k: v for k, v in double.items() if classes or k != "head"}
        return np.asarray(network.apply({"params": own}, images.astype(np.float64))[0])

    expected = {"images_nhwc": images, "logits_bf16_dispatch": run(5, rounded)}
    expected["features"] = run(None, lambda x: x)
    expected["logits_fp32_dispatch"] = run(5, lambda x: x)
    for block, (dispatch, combine) in zip(options["layers"], weights, strict=True):
        expected[f"dispatch_{block}"], expected[f"combine_{block}"] = dispatch, combine
    save_file(
        {k: np.ascontiguousarray(v, np.float32) for k, v in expected.items()},
        here / f"{name}.expected.safetensors")
    print(name, expected["logits_fp32_dispatch"][0], np.abs(
        expected["logits_fp32_dispatch"] - expected["logits_bf16_dispatch"]).max())
