"""Does a model's profile tell other images from its own? Windows of test images, as they are and changed.

For each kind of images it makes windows of 64 and of 300 in a temporary folder, has `softmoe experts --json` compare
each with the profile beside the model, and prints a table: the median divergence of each layer in windows of 300, and how
many windows pass the limit in some layer.
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageFilter

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOISE = np.random.default_rng(1)
CHANGES = {
    "test images": lambda image: image,
    "turned by 180°": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "in grey": lambda image: image.convert("L").convert("RGB"),
    "darker (40 %)": lambda image: image.point(lambda value: value * 0.4),
    "turned by 90°": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "blurred (2 pixels)": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "noise": lambda image: Image.fromarray(NOISE.integers(0, 256, (image.height, image.width, 3), np.uint8)),
}
SIZES = (64, 300)


def windows(paths: list[pathlib.Path], size: int, most: int) -> list[list[pathlib.Path]]:
    count = min(most, len(paths) // size)
    return [paths[index * size:(index + 1) * size] for index in range(count)]


def divergences(softmoe: pathlib.Path, model: pathlib.Path, paths, change) -> list[tuple[float, float]]:
    """Of each layer the divergence and its limit."""
    with tempfile.TemporaryDirectory() as folder:
        for index, path in enumerate(paths):
            change(Image.open(path).convert("RGB")).save(f"{folder}/{index:04}.png", compress_level=1)
        command = [softmoe, "experts", model, "--images", folder, "--json"]
        layers = json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))["layers"]
    if any("divergence" not in layer["usage"] for layer in layers):
        raise SystemExit(f"{model} has no profile of its weights beside it; `softmoe profile` makes one")
    return [(layer["usage"]["divergence"], layer["usage"]["divergence_limit"]) for layer in layers]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=pathlib.Path, required=True, help="a folder with CLASS/*.jpg")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/cifar10-softmoe.smoe")
    parser.add_argument("--softmoe", type=pathlib.Path, default=ROOT / ".build/release/softmoe")
    parser.add_argument("--pairs", default="airplane+frog,cat+dog,ship+truck", help="classes that come alone")
    parser.add_argument("--windows", type=int, default=8, help="of each kind and size; of unchanged images four times as many")
    options = parser.parse_args()
    paths = sorted(options.images.glob("*/*.jpg"))
    random.Random(3).shuffle(paths)
    kinds = {name: (paths, change, options.windows * (4 if name == "test images" else 1)) for name, change in CHANGES.items()}
    for pair in options.pairs.split(","):
        classes = pair.split("+")
        chosen = [path for path in paths if path.parent.name in classes]
        kinds[" and ".join(classes) + " alone"] = chosen, CHANGES["test images"], options.windows
    rows, limits = [], []
    for name, (chosen, change, most) in kinds.items():
        cells = []
        for size in SIZES:
            found = [divergences(options.softmoe, options.model, window, change) for window in windows(chosen, size, most)]
            limits = [limit for _, limit in found[0]]
            over = sum(any(value > limit for value, limit in window) for window in found)
            cells.append(f"{over} of {len(found)}")
        medians = [statistics.median(window[layer][0] for window in found) for layer in range(len(limits))]
        rows.append(f"| {name} | " + " | ".join([f"{median:.1e}" for median in medians] + cells) + " |")
        print(rows[-1], flush=True)
    print("\n| images | " + " | ".join(f"layer, limit {limit:.1e}" for limit in limits)
          + " | " + " | ".join(f"windows of {size}" for size in SIZES) + " |")
    print("|---" * (1 + len(limits) + len(SIZES)) + "|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
