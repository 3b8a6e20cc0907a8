"""Times import with a probe on models of real size, and tells whether it finds what they have.

    usual      a ViT-B/16 as timm makes it
    odd        the same with 16 heads, quick GELU and an epsilon of 1e-12, none of which is what is likely
    siglip     an attention pool, GELU by tanh, an epsilon of 1e-6
    nothing    logits that no model gives

Weights are random, and large enough that every part matters. Needs torch, timm, safetensors.
Usage: probe.py --softmoe .build/release/softmoe
"""

import argparse
import functools
import re
import resource
import subprocess
import tempfile
import time

import timm
import torch
from safetensors.torch import save_file
from timm.layers import QuickGELU
from timm_all import randomized

base = dict(img_size=224, patch_size=16, embed_dim=768, depth=12, num_heads=12)
CASES = {
    "usual": {},
    "odd": dict(num_heads=16, act_layer=QuickGELU, norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-12)),
    "siglip": dict(class_token=False, global_pool="map", act_layer="gelu_tanh", num_classes=0),
    "nothing": {},
}


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--softmoe", default=".build/release/softmoe")
    choice = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    for name, options in CASES.items():
        model = randomized(timm.models.vision_transformer.VisionTransformer(**{**base, **options}), generator)
        pixels = torch.randn(1, 3, 224, 224, generator=generator)
        logits = torch.randn(1, 1000, generator=generator) if name == "nothing" else model(pixels)
        with tempfile.TemporaryDirectory() as folder:
            save_file(model.state_dict(), f"{folder}/model.safetensors")
            save_file({"pixels": pixels, "logits": logits}, f"{folder}/probe.safetensors")
            begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            done = subprocess.run(
                [choice.softmoe, "import", f"{folder}/model.safetensors", "--output", f"{folder}/model.smoe", "--dry-run",
                 "--probe", f"{folder}/probe.safetensors"], capture_output=True, text=True)
            seconds = time.monotonic() - begin
            computed = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        text = done.stdout + done.stderr
        lines = [line.strip() for line in text.splitlines() if re.search("probe", line)]
        print(f"{name}: {seconds:.1f} s, {computed:.1f} s of processors, status {done.returncode}", *lines, sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
