#!/usr/bin/env python3
"""What `--decode fast` costs in accuracy: labelled images, enlarged to JPEGs of 256 × 256, with either way of decoding.

    Benchmarks/images/accuracy.py DIR        # DIR/LABEL/*.jpg, such as CIFAR-10's test images; needs Pillow
"""
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    source = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for path in source.glob("*/*.jpg"):
            target = pathlib.Path(folder) / path.parent.name / path.name
            target.parent.mkdir(exist_ok=True)
            Image.open(path).resize((256, 256), Image.BICUBIC).save(target, quality=95)
        for mode in ("exact", "fast"):
            out = subprocess.check_output(
                [ROOT / ".build/release/softmoe", "evaluate", "--model", ROOT / "models/cifar10-softmoe.smoe", "--decode",
                 mode, folder], text=True)
            print(mode, out.splitlines()[-1])


if __name__ == "__main__":
    main()
