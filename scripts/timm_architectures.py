#!/usr/bin/env python3
"""Writes what timm's names say of Vision Transformers beside their tensors: Sources/CheckpointImport/Architectures/timm.tsv.

    pip install timm torch
    scripts/timm_architectures.py

A line an architecture: its name, heads, epsilon, activation, pooling, where the blocks' norms stand, the input's size.
A line a set of pretrained weights: '.', the tag, size, crop_pct, crop_mode, interpolation, mean, std, classes.
"""

import pathlib
import warnings

import timm
import torch
from timm.models import is_model_in_modules

TARGET = pathlib.Path(__file__).parent.parent / "Sources/CheckpointImport/Architectures/timm.tsv"
MODULES = {"vision_transformer", "eva", "beit", "deit"}
ACTIVATIONS = {"GELU": "gelu_erf", "GELUTanh": "gelu_tanh", "GeluTanh": "gelu_tanh", "QuickGELU": "quick_gelu",
               "SiLU": "silu", "ReLU": "relu"}
POOLINGS = {"token": "token", "avg": "gap", "map": "map", "": "-"}
BLOCK_NORMS = {"Block": "before", "ResPostBlock": "after_branch"}


def row(name, model):
    block = model.blocks[0]
    function = getattr(getattr(block, "mlp", None), "act", None)
    activation = ACTIVATIONS.get(type(function).__name__, "-")
    if activation == "gelu_erf" and getattr(function, "approximate", "none") == "tanh":
        activation = "gelu_tanh"
    epsilon = getattr(getattr(block, "norm1", None), "eps", None)
    height, width = model.patch_embed.img_size
    return [name, getattr(getattr(block, "attn", None), "num_heads", "-"), "-" if epsilon is None else f"{epsilon:g}",
            activation, POOLINGS.get(getattr(model, "global_pool", ""), "-"),
            BLOCK_NORMS.get(type(block).__name__, "-"), f"{height}x{width}"]


def tags(name):
    for full in timm.list_pretrained(name + ".*"):
        if full.split(".")[0] != name:
            continue
        cfg = timm.get_pretrained_cfg(full)
        numbers = [",".join(f"{x:.8g}" for x in values) for values in (cfg.mean, cfg.std)]
        yield [".", cfg.tag, f"{cfg.input_size[1]}x{cfg.input_size[2]}", f"{cfg.crop_pct:g}", cfg.crop_mode,
               cfg.interpolation, *numbers, cfg.num_classes]


def main():
    warnings.filterwarnings("ignore")
    names = sorted({full.split(".")[0] for full in timm.list_pretrained()})
    lines = []
    for name in names:
        if not is_model_in_modules(name, MODULES):
            continue
        with torch.device("meta"):
            model = timm.create_model(name, pretrained=False)
        if not hasattr(model, "blocks") or not hasattr(model, "patch_embed"):
            continue
        lines.append("\t".join(map(str, row(name, model))))
        lines += ["\t".join(map(str, tag)) for tag in tags(name)]
    TARGET.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} lines of timm {timm.__version__}")


if __name__ == "__main__":
    main()
