#!/usr/bin/env python3
"""Writes what ids of Hugging Face's image models say beside their tensors: Sources/CheckpointImport/Architectures/hugging_face.tsv.

    pip install transformers
    scripts/hugging_face_architectures.py

Epsilon and activation are the defaults of transformers' configuration classes, which these models keep; heads, sizes and
how images are prepared are what the models' cards and preprocessor_config.json say. A line a model: its id, heads,
epsilon, activation, pooling, the input's size, what images are resized to (both sides, or the shorter), the crop,
filter, mean, std, classes where they are ImageNet's.
"""

import pathlib

import transformers

TARGET = pathlib.Path(__file__).parent.parent / "Sources/CheckpointImport/Architectures/hugging_face.tsv"
ACTIVATIONS = {"gelu": "gelu_erf", "gelu_pytorch_tanh": "gelu_tanh", "quick_gelu": "quick_gelu"}
HALF = ("0.5,0.5,0.5", "0.5,0.5,0.5")
IMAGENET = ("0.485,0.456,0.406", "0.229,0.224,0.225")
CLIP = ("0.48145466,0.4578275,0.40821073", "0.26862954,0.26130258,0.27577711")
HEADS = {"tiny": 3, "small": 6, "base": 12, "large": 16, "huge": 16, "giant": 24}


def squash(size, filter, normalisation):
    return [f"{size}x{size}", str(size), filter, *normalisation]


def crop(resize, size, filter, normalisation):
    return [str(resize), str(size), filter, *normalisation]


def line(id, config, heads, pooling, size, preparation, classes=0, activation=None):
    name = activation or ACTIVATIONS[config.hidden_act]
    return [id, heads, f"{config.layer_norm_eps:g}", name, pooling, f"{size}x{size}", *preparation, classes]


def vit():
    config = transformers.ViTConfig()
    for model in ["base-patch16-224", "base-patch16-384", "base-patch32-384", "base-patch16-224-in21k",
                  "base-patch32-224-in21k", "large-patch16-224", "large-patch16-384", "large-patch32-384",
                  "large-patch16-224-in21k", "large-patch32-224-in21k", "huge-patch14-224-in21k"]:
        size = int(model.split("-")[2])
        yield line(f"google/vit-{model}", config, HEADS[model.split("-")[0]], "token", size,
                   squash(size, "bilinear", HALF), 0 if model.endswith("in21k") else 1000)


def mae():
    # Their preprocessor's filter is not that of the paper, so how images are prepared is left to the user.
    for width in ["base", "large", "huge"]:
        yield line(f"facebook/vit-mae-{width}", transformers.ViTMAEConfig(), HEADS[width], "token", 224, ["-"] * 5)


def deit():
    config = transformers.DeiTConfig()
    for middle in ["", "-distilled"]:
        for width, size in [("tiny", 224), ("small", 224), ("base", 224), ("base", 384)]:
            # Both sides to 256/224 of the size, then the middle.
            side = size * 256 // 224
            yield line(f"facebook/deit-{width}{middle}-patch16-{size}", config, HEADS[width], "token" if not middle else "-",
                       size, crop(f"{side}x{side}", size, "bicubic", IMAGENET), 1000)


def dinov2():
    for registers, config in [("", transformers.Dinov2Config()), ("-with-registers", transformers.Dinov2WithRegistersConfig())]:
        for width in ["small", "base", "large", "giant"]:
            for end in ["", "-imagenet1k-1-layer"]:
                yield line(f"facebook/dinov2{registers}-{width}{end}", config, HEADS[width], "-" if end else "token", 518,
                           crop(256, 224, "bicubic", IMAGENET), 1000 if end else 0, "silu" if width == "giant" else None)


def clip():
    config = transformers.CLIPVisionConfig()
    for model in ["base-patch32", "base-patch16", "large-patch14", "large-patch14-336"]:
        size = 336 if model.endswith("336") else 224
        yield line(f"openai/clip-vit-{model}", config, HEADS[model.split("-")[0]], "token", size,
                   crop(size, size, "bicubic", CLIP))
    for model, heads, size, normalisation in [
            ("B-32-laion2B-s34B-b79K", 12, 224, CLIP), ("B-16-laion2B-s34B-b88K", 12, 224, CLIP),
            ("L-14-laion2B-s32B-b82K", 16, 224, HALF), ("H-14-laion2B-s32B-b79K", 16, 224, CLIP),
            ("g-14-laion2B-s12B-b42K", 16, 224, CLIP), ("g-14-laion2B-s34B-b88K", 16, 224, CLIP),
            ("bigG-14-laion2B-39B-b160k", 16, 224, CLIP), ("B-32-DataComp.XL-s13B-b90K", 12, 224, CLIP),
            ("B-16-DataComp.XL-s13B-b90K", 12, 224, CLIP), ("L-14-DataComp.XL-s13B-b90K", 16, 224, CLIP),
            ("B-32-256x256-DataComp-s34B-b86K", 12, 256, CLIP)]:
        # open_clip's models have torch's GELU.
        yield line(f"laion/CLIP-ViT-{model}", config, heads, "token", size, crop(size, size, "bicubic", normalisation),
                   activation="gelu_erf")


def siglip():
    config = transformers.SiglipVisionConfig()
    models = [("siglip", "bicubic", ["base-patch16-224", "base-patch16-256", "base-patch16-384", "base-patch16-512",
                                     "base-patch16-256-multilingual", "large-patch16-256", "large-patch16-384",
                                     "so400m-patch14-224", "so400m-patch14-384", "so400m-patch16-256-i18n"]),
              ("siglip2", "bilinear", ["base-patch32-256", "base-patch16-224", "base-patch16-256", "base-patch16-384",
                                       "base-patch16-512", "large-patch16-256", "large-patch16-384", "large-patch16-512",
                                       "so400m-patch14-224", "so400m-patch14-384", "so400m-patch16-256",
                                       "so400m-patch16-384", "so400m-patch16-512", "giant-opt-patch16-256",
                                       "giant-opt-patch16-384"])]
    for family, filter, names in models:
        for model in names:
            parts = model.split("-")
            size = int(next(part for part in parts if part.isdigit()))
            yield line(f"google/{family}-{model}", config, 12 if parts[0] == "base" else 16, "map", size,
                       squash(size, filter, HALF))


def main():
    lines = [line for kind in (vit, mae, deit, dinov2, clip, siglip) for line in kind()]
    TARGET.write_text("".join("\t".join(map(str, line)) + "\n" for line in lines))
    print(f"{len(lines)} models, transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
