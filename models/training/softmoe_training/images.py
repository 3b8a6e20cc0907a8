"""CIFAR-10 from a folder of train/CLASS/*.jpg and test/CLASS/*.jpg, as bytes in memory.

Axes: b images of [3, H, W], channels first, 0…255.
"""
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

# Of the training images' channels, in 0…1; `softmoe import --preprocess cifar10` writes the same.
MEAN = (0.4914, 0.4822, 0.4465)
DEVIATION = (0.247, 0.2435, 0.2616)


@dataclass
class LabelledImages:
    images: torch.Tensor  # [b, 3, H, W], uint8
    labels: torch.Tensor  # [b]
    class_names: list[str]

    def to(self, device: torch.device) -> "LabelledImages":
        return LabelledImages(self.images.to(device), self.labels.to(device), self.class_names)


def read_images(folder: Path, count: int | None = None) -> LabelledImages:
    """The images of `folder`/CLASS/*.jpg; with a `count`, about as many, evenly from the classes."""
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    files = [sorted((folder / name).glob("*.jpg")) for name in classes]
    if not any(files):
        raise SystemExit(f"{folder}: expected CLASS/*.jpg, found no image; README.md tells where CIFAR-10 comes from")
    if count is not None:
        files = [paths[: -(-count // len(classes))] for paths in files]
    pixels = np.stack([np.asarray(Image.open(path).convert("RGB")) for paths in files for path in paths])
    labels = torch.tensor([label for label, paths in enumerate(files) for _ in paths])
    return LabelledImages(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), labels, classes)


def normalize(pixels: torch.Tensor) -> torch.Tensor:
    """[b, 3, H, W] in 0…1 → mean 0, deviation 1 in every channel."""
    mean, deviation = statistics(pixels.device)
    return (pixels - mean) / deviation


def resize(pixels: torch.Tensor, side: int) -> torch.Tensor:
    """[b, 3, H, W] → [b, 3, side, side]."""
    return pixels if pixels.shape[-1] == side else F.interpolate(pixels, (side, side), mode="bilinear")


@cache
def statistics(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Kept on the device: to copy them in every step would make the host wait for a GPU."""
    mean, deviation = (torch.tensor(values, device=device)[:, None, None] for values in (MEAN, DEVIATION))
    return mean, deviation
