"""Imports every pretrained ViT, DeiT, BEiT and EVA configuration of timm and compares what softmoe computes with timm.

Each model has its entry's structure (width, heads, activation, norms, pooling, gates, positions, input size) with two
blocks and random weights. It is imported in several ways:

    nothing       the tensors alone: right, or refused; never wrong
    options       with what timm says as options
    architecture  --architecture NAME
    config        with timm's config.json beside it
    probe         --probe, pixels and logits by timm

Needs torch, timm, safetensors. Usage: timm_all.py --softmoe .build/release/softmoe [--ways nothing,options] [--only TEXT]
"""

import argparse
import collections
import json
import os
import subprocess
import tempfile

import timm
import torch
from safetensors.torch import load_file, save_file
from timm.models import is_model_in_modules

MODULES = {"vision_transformer", "eva", "beit", "deit"}
WAYS = ["nothing", "options", "architecture", "config", "probe"]


def architectures():
    names = {name.split(".")[0] for name in timm.list_pretrained()}
    return sorted(name for name in names if is_model_in_modules(name, MODULES))


def tags(architecture):
    return [name for name in timm.list_pretrained(architecture + ".*") if name.split(".")[0] == architecture]


@torch.no_grad()
def randomized(model, generator):
    """Weights that let every part matter: no zero tokens, no gains of 1e-5."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim >= 2 and "token" not in name and "pos_embed" not in name and "latent" not in name:
            parameter.copy_(noise / parameter[0].numel() ** 0.5)
        elif parameter.ndim == 1 and name.endswith(("weight", "gamma", "gamma_1", "gamma_2")):
            parameter.copy_(1 + 0.2 * noise)
        else:
            parameter.copy_(0.2 * noise)
    return model.eval()


def build(name, depth, generator):
    return randomized(timm.create_model(name, pretrained=False, depth=depth), generator)


def activation(model):
    mlp = model.blocks[0].mlp
    function = getattr(mlp, "act", None)
    kind = type(function).__name__
    if kind == "GELU":
        return "gelu_tanh" if getattr(function, "approximate", "none") == "tanh" else "gelu_erf"
    names = {"GELUTanh": "gelu_tanh", "GeluTanh": "gelu_tanh", "QuickGELU": "quick_gelu", "SiLU": "silu", "ReLU": "relu"}
    return names.get(kind)


def options(model):
    """What timm says of a model, as softmoe's options."""
    block = model.blocks[0]
    height, width = model.patch_embed.img_size
    found = ["--image", f"{height}x{width}"]
    attention = getattr(block, "attn", None)
    if hasattr(attention, "num_heads"):
        found += ["--heads", str(attention.num_heads)]
    norm = getattr(block, "norm1", None)
    if hasattr(norm, "eps"):
        found += ["--norm-epsilon", repr(norm.eps)]
    if hasattr(block, "mlp") and activation(model):
        found += ["--activation", activation(model)]
    pooling = {"token": "token", "avg": "gap"}.get(getattr(model, "global_pool", None))
    if pooling and not hasattr(model, "head_dist"):
        found += ["--pooling", pooling]
    if type(block).__name__ == "ResPostBlock":
        found += ["--block-norm", "after_branch"]
    return found


def config(name, model):
    """config.json as timm's save_for_hf writes it."""
    return {
        "architecture": name.split(".")[0],
        "num_classes": model.num_classes,
        "num_features": model.num_features,
        "pretrained_cfg": timm.get_pretrained_cfg(name).to_dict(),
    }


def arguments(way, name, model, folder):
    if way == "options":
        return options(model)
    if way == "architecture":
        return ["--architecture", name]
    if way == "probe":
        return ["--probe", f"{folder}/probe.safetensors"]
    if way == "config":
        with open(f"{folder}/config.json", "w") as file:
            json.dump(config(name, model), file, default=str)
    return []


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def outcome(softmoe, way, name, model, expected, folder):
    source, output, trace = (f"{folder}/{file}" for file in ("model.safetensors", "model.smoe", "trace.safetensors"))
    for file in (output, trace, f"{folder}/config.json"):
        if os.path.exists(file):
            os.remove(file)
    imported = run(softmoe, "import", source, "--output", output, *arguments(way, name, model, folder))
    if imported.returncode != 0:
        lines = [line for line in imported.stderr.splitlines() if "Error" in line or "error" in line]
        message = (lines or imported.stderr.splitlines() or ["no message"])[0]
        return ("no such option" if "Unknown option" in message else "refused"), message
    traced = run(softmoe, "trace", output, "--pixels", f"{folder}/covered.safetensors", "--output", trace)
    if traced.returncode != 0:
        return "WRONG", traced.stderr.strip()
    found = load_file(trace)
    found = found["logits"] if model.num_classes else found["features"]
    if found.shape != expected.shape:
        return "WRONG", f"{tuple(found.shape)} for {tuple(expected.shape)}"
    error = (found - expected).abs().max().item() / max(1, expected.abs().max().item())
    return ("right" if error <= 1e-4 else "WRONG"), f"{error:.1e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--softmoe", default=".build/release/softmoe")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--only", default="", help="architectures whose name has this text")
    parser.add_argument("--widest", type=int, default=1536, help="leave out models that are wider")
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    choice = parser.parse_args()
    ways = choice.ways.split(",")
    counts = {way: collections.Counter() for way in ways}
    wrong, reasons = [], collections.Counter()
    generator = torch.Generator().manual_seed(0)
    for architecture in architectures():
        if choice.only not in architecture:
            continue
        name = tags(architecture)[0]
        try:
            with torch.device("meta"):
                width = timm.create_model(architecture, pretrained=False, depth=1).num_features
            if width > choice.widest:
                for way in ways:
                    counts[way]["left out (too wide)"] += 1
                continue
            model = build(name, choice.depth, generator)
        except Exception as error:
            print(f"{name}: timm: {error}")
            continue
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            pixels = torch.randn(1, model.patch_embed.proj.in_channels if hasattr(model.patch_embed, "proj") else 3,
                                 *timm.get_pretrained_cfg(name).input_size[1:], generator=generator)
            expected = model(pixels).float()
            key = "logits" if model.num_classes else "features"
            save_file(model.state_dict(), f"{folder}/model.safetensors")
            save_file({"pixels": pixels, key: expected}, f"{folder}/probe.safetensors")
            # What is left over beside whole patches timm never reads, and an imported model has no input for it.
            patch = getattr(model.patch_embed, "patch_size", (1, 1))
            height, width = (side - side % size for side, size in zip(pixels.shape[2:], patch))
            save_file({"pixels": pixels[:, :, :height, :width].contiguous()}, f"{folder}/covered.safetensors")
            for way in ways:
                kind, detail = outcome(choice.softmoe, way, name, model, expected, folder)
                counts[way][kind] += 1
                if kind == "WRONG":
                    wrong.append(f"{name} by {way}: {detail}")
                if kind == "refused":
                    reasons[way, detail] += 1
                if choice.verbose:
                    print(f"{name} {way} {kind} {detail}", flush=True)
    for way in ways:
        print(f"{way:14}" + ", ".join(f"{count} {kind}" for kind, count in sorted(counts[way].items())))
    print("refused:")
    for (way, reason), count in reasons.most_common():
        print(f"  {count:4} by {way}: {reason}")
    print(f"WRONG: {len(wrong)}")
    for line in wrong:
        print("  " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
