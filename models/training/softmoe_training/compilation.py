"""torch.compile, where it works."""
import sys

import torch

from .vision_transformer import VisionTransformer


def compiled_model(model: VisionTransformer, batch_size: int, side: int, device: torch.device, bfloat16: bool):
    """The model compiled for batches of that shape, or as it is where that fails (without a C++ compiler, say)."""
    compiled = torch.compile(model, dynamic=False)
    images = torch.zeros(batch_size, 3, side, side, device=device)
    try:
        # Compiled here and not in the first step: it takes random numbers that the step should have.
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            logits = compiled(images)
        logits.sum().backward()
    except Exception as error:
        print(f"torch.compile failed, training goes on without it: {error}", file=sys.stderr)
        compiled = model
    model.zero_grad(set_to_none=True)
    return compiled
