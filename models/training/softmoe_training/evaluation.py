"""How often a model is right."""
import torch

from .images import LabelledImages, normalize, resize
from .vision_transformer import VisionTransformer


@torch.inference_mode()
def predictions(model: VisionTransformer, data: LabelledImages, side: int, batch_size: int = 500) -> torch.Tensor:
    """The likeliest class of each image [b], scaled to `side` pixels where it has another size."""
    answers = []
    for images in data.images.split(batch_size):
        answers.append(model(resize(normalize(images.float() / 255), side)).argmax(1))
    return torch.cat(answers)


def accuracy(model: VisionTransformer, data: LabelledImages, side: int) -> float:
    return (predictions(model, data, side) == data.labels).float().mean().item()
