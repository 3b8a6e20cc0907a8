"""From a run to a file that `softmoe import` reads."""
from pathlib import Path

import torch
from safetensors.torch import save_file

from .checkpoint_names import vmoe_tensors
from .vision_transformer import VisionTransformer


def export(model: VisionTransformer, path: Path, dtype: torch.dtype = torch.float32) -> None:
    """The parameters by vmoe's names as safetensors."""
    save_file({name: tensor.to(dtype).contiguous() for name, tensor in vmoe_tensors(model).items()}, path)
