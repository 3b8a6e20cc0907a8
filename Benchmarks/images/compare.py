"""Pillow against image-bench: one table, medians of alternating rounds. Started by `run`."""

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np
from PIL import Image, ImageOps, __version__

WIDTH, HEIGHT = 4032, 3024


def photograph(folder, orientation):
    """A 4:2:0 JPEG of quality 90 with shapes, fine structure and sensor noise: about 2.5 MB."""
    path = os.path.join(folder, f"photo-{orientation}.jpg")
    if not os.path.exists(path):
        random = np.random.default_rng(1)
        coarse = random.integers(0, 256, (24, 32, 3)).astype(np.uint8)
        fine = random.normal(0, 60, (HEIGHT // 8, WIDTH // 8, 1)).clip(-127, 127) + 128
        base = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.BICUBIC)
        detail = Image.fromarray(fine[..., 0].astype(np.uint8)).resize((WIDTH, HEIGHT), Image.BICUBIC)
        pixels = np.asarray(base).astype(np.float32)
        pixels += 0.3 * (np.asarray(detail).astype(np.float32)[..., None] - 128)
        pixels += random.normal(0, 4, (HEIGHT, WIDTH, 1))
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        image.save(path, quality=90, subsampling="4:2:0", exif=exif)
    return path


def pillow(path, draft):
    image = Image.open(path)
    if draft:
        image.draft("RGB", (256, 256))
    image = ImageOps.exif_transpose(image).convert("RGB")
    w, h = image.size
    w, h = (256, 256 * h // w) if w <= h else (256 * w // h, 256)
    image = image.resize((w, h), Image.BICUBIC)
    top, left = round((h - 224) / 2), round((w - 224) / 2)
    return image.crop((left, top, left + 224, top + 224)).load()


def milliseconds(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def main():
    bench, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(f"Pillow {__version__}, {rounds} alternating rounds; median (least) ms of one image, one thread\n")
    for orientation, name in [(1, "stored upright"), (6, "stored turned, EXIF 6")]:
        path = photograph(folder, orientation)
        times = {}
        for _ in range(rounds):
            for label, draft in [("Pillow", False), ("Pillow draft", True)]:
                times.setdefault(label, []).append(milliseconds(lambda: pillow(path, draft)))
            # Two iterations a round, of which the first warms up the process.
            lines = subprocess.run([bench, "2", path], capture_output=True, check=True, text=True).stdout
            for label, values in json.loads(lines).items():
                times.setdefault(label, []).append(values[-1])
        median = {label: statistics.median(values) for label, values in times.items()}
        # A difference of medians: noise may hit one of a pair and not the other.
        median["resize"] = median["exact"] - median["decode"]
        print(f"{WIDTH}×{HEIGHT} 4:2:0, {os.path.getsize(path) / 1e6:.1f} MB, {name}")
        for label, title, reference in [
            ("Pillow", "Pillow exact", None),
            ("exact", "softmoe exact", "Pillow"),
            ("decode", "  of which decode", None),
            ("resize", "  of which resize and crop", None),
            ("Pillow draft", "Pillow draft", None),
            ("fast", "softmoe fast", "Pillow draft"),
        ]:
            ratio = f"{median[reference] / median[label]:6.2f}×" if reference else ""
            least = f"({min(times[label]):.1f})" if label in times else ""
            print(f"  {title:28} {median[label]:7.1f} {least:8} {ratio}")
        print()


main()
