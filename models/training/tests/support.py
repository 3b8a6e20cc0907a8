"""Small settings and images for tests."""
import torch

from softmoe_training.images import LabelledImages
from softmoe_training.settings import ModelSettings, Settings, TrainingSettings

MODEL = ModelSettings(width=32, depth=2, head_count=2, mlp_width=48, moe_layers=(1,), expert_count=32, expert_width=16)
SETTINGS = Settings(MODEL, TrainingSettings(
    epochs=4, warmup_epochs=1, batch_size=8, first_image_side=24, growing_share=0.5, train_images=32))
CLASSES = [f"class{index}" for index in range(10)]


def random_images(count: int) -> LabelledImages:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    return LabelledImages(pixels, torch.arange(count) % 10, CLASSES)


def perturb(model: torch.nn.Module) -> None:
    """Away from zeros and ones, so that no parameter could be left out unseen."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
