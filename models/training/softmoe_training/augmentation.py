"""Random changes of a batch of images, all of it computed where the images are.

Axes: b images of [3, H, W]. Each image draws its own numbers: a parameter is a tensor [b].
"""
import torch
import torch.nn.functional as F

from .images import normalize
from .settings import TrainingSettings

CROP_PIXELS = 4
# TrivialAugment (arXiv 2103.10158): every image gets one of these, of a random strength.
OPERATIONS = ("identity", "shear_x", "shear_y", "rotate", "zoom", "translate_x", "translate_y", "brightness",
              "contrast", "saturation", "sharpness", "posterize", "solarize", "autocontrast")


def augment(images: torch.Tensor, settings: TrainingSettings) -> torch.Tensor:
    """Bytes [b, 3, H, W] → normalised pixels [b, 3, H, W], flipped, cropped, and so on."""
    count, device = len(images), images.device
    operation = torch.randint(len(OPERATIONS), (count,), device=device)
    strength = uniform(count, -1, 1, device)
    if not settings.trivial_augment:
        operation = torch.zeros_like(operation)
    strengths = {name: torch.where(operation == index, strength, 0) for index, name in enumerate(OPERATIONS)}
    pixels = images.float() / 255
    if settings.trivial_augment:
        pixels = change_colors(pixels, strengths)
    pixels = normalize(warp(pixels, strengths))
    area = uniform(count, 0.02, 0.33, device) * (uniform(count, 0, 1, device) < settings.erase_probability)
    return pixels * (1 - boxes(pixels.shape[-1], area))


def warp(pixels: torch.Tensor, strengths: dict[str, torch.Tensor]) -> torch.Tensor:
    """One affine map for everything that moves pixels, so that they are interpolated once."""
    count, device, width = len(pixels), pixels.device, pixels.shape[-1]
    angle, zoom = strengths["rotate"] * torch.pi / 6, 1 + 0.3 * strengths["zoom"]
    shear_x, shear_y = 0.3 * strengths["shear_x"], 0.3 * strengths["shear_y"]
    flip = torch.where(uniform(count, 0, 1, device) < 0.5, -zoom, zoom)
    # Coordinates run from −1 to 1 across the image: a pixel is 2 / width.
    crop = torch.randint(-CROP_PIXELS, CROP_PIXELS + 1, (2, count), device=device) * 2 / width
    move_x, move_y = crop[0] + 0.5 * strengths["translate_x"], crop[1] + 0.5 * strengths["translate_y"]
    row_x = torch.stack([flip * angle.cos(), zoom * (shear_x - angle.sin()), move_x], 1)
    row_y = torch.stack([flip * (shear_y + angle.sin()), zoom * angle.cos(), move_y], 1)
    grid = F.affine_grid(torch.stack([row_x, row_y], 1), pixels.shape, align_corners=False)
    return F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)


def change_colors(pixels: torch.Tensor, strengths: dict[str, torch.Tensor]) -> torch.Tensor:
    """Brightness, contrast, saturation and sharpness move pixels away from black, the mean, grey and a blur."""
    strength = {name: values[:, None, None, None] for name, values in strengths.items()}
    grey = pixels.mean(1, keepdim=True)
    blur = F.avg_pool2d(F.pad(pixels, (1, 1, 1, 1), mode="replicate"), 3, 1)
    references = {"brightness": torch.zeros_like(grey), "contrast": grey.mean((2, 3), keepdim=True),
                  "saturation": grey, "sharpness": blur}
    change = sum(0.9 * strength[name] * (pixels - reference) for name, reference in references.items())
    pixels = (pixels + change).clamp(0, 1)
    # 8 bits down to 2; the others have levels that are too fine to see.
    levels = 2 ** (8 - 6 * strength["posterize"].abs())
    pixels = torch.where(strength["posterize"] == 0, pixels, (pixels * levels).floor() / levels)
    pixels = torch.where(pixels > 1 - strength["solarize"].abs(), 1 - pixels, pixels)
    darkest, brightest = pixels.amin((2, 3), keepdim=True), pixels.amax((2, 3), keepdim=True)
    stretched = (pixels - darkest) / (brightest - darkest).clamp_min(1e-3)
    return torch.where(strength["autocontrast"] == 0, pixels, stretched)


def mix(pixels: torch.Tensor, labels: torch.Tensor, class_count: int, probability: float
        ) -> tuple[torch.Tensor, torch.Tensor]:
    """CutMix or Mixup of each image with its neighbour in the batch: pixels, and targets [b, c]."""
    count, side, device = len(pixels), pixels.shape[-1], pixels.device
    others = uniform(count, 0, 1, device) * (uniform(count, 0, 1, device) < probability)  # the neighbour's share
    cut = uniform(count, 0, 1, device)[:, None, None, None] < 0.5
    weight = torch.where(cut, boxes(side, others), others[:, None, None, None])  # [b, 1, side, side]
    pixels = torch.lerp(pixels, pixels.roll(1, 0), weight)
    targets = F.one_hot(labels, class_count).to(pixels.dtype)
    return pixels, torch.lerp(targets, targets.roll(1, 0), weight.mean((2, 3)))


def boxes(side: int, area: torch.Tensor) -> torch.Tensor:
    """Masks [b, 1, side, side]: 1 in a square of that share of the image, centred anywhere in it."""
    half = side * area.sqrt()[:, None] / 2
    positions = torch.arange(side, device=area.device) + 0.5
    rows = (positions - uniform(len(area), 0, side, area.device)[:, None]).abs() < half
    columns = (positions - uniform(len(area), 0, side, area.device)[:, None]).abs() < half
    return (rows[:, None, :, None] & columns[:, None, None, :]).float()


def uniform(count: int, low: float, high: float, device: torch.device) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, device=device)
