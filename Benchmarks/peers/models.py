"""The models that every engine runs, from one set of weights: safetensors, ONNX and .smoe files.

The Soft MoE is the published package's (soft-moe on timm) with its experts stacked, so that each of its two
products is one batched matrix product: the form in which the other engines are fastest.
"""
import dataclasses
import pathlib
import subprocess

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from soft_moe import SoftMoELayerWrapper, SoftMoEVisionTransformer
from timm.models.vision_transformer import VisionTransformer


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    width: int
    heads: int
    experts: int
    depth: int = 12
    image: int = 224

    def build(self) -> torch.nn.Module:
        sizes = dict(img_size=self.image, patch_size=16, embed_dim=self.width, depth=self.depth,
                     num_heads=self.heads, num_classes=1000, class_token=False, global_pool="avg", fc_norm=False)
        if self.experts == 0:
            return VisionTransformer(**sizes).eval()
        layers = list(range(self.depth // 2, self.depth))
        return SoftMoEVisionTransformer(num_experts=self.experts, slots_per_expert=1, moe_layer_index=layers,
                                        **sizes).eval()


VARIANTS = {
    "soft": Variant("Soft MoE S/16, 128 experts × 1 slot", 384, 6, 128),
    "dense": Variant("ViT-S/16", 384, 6, 0),
    "tiny": Variant("Soft MoE Ti/16, 8 experts × 1 slot (a trial)", 192, 3, 8),
}
# How softmoe stores the matrices.
DTYPES = ("f32", "bf16", "int8")


class StackedExperts(torch.nn.Module):
    """A Soft MoE layer whose experts are one stack: x [b, m, d] → [b, m, d]."""

    def __init__(self, layer: SoftMoELayerWrapper):
        super().__init__()

        def stack(part, attribute):
            return torch.stack([getattr(getattr(expert, part), attribute) for expert in layer.experts])

        self.register_buffer("phi", (layer.scale * F.normalize(layer.phi, dim=0)).flatten(1))
        self.register_buffer("up", stack("fc1", "weight").transpose(1, 2).contiguous())
        self.register_buffer("up_bias", stack("fc1", "bias")[:, None])
        self.register_buffer("down", stack("fc2", "weight").transpose(1, 2).contiguous())
        self.register_buffer("down_bias", stack("fc2", "bias")[:, None])

    def forward(self, x):
        x = F.normalize(x, dim=2)
        logits = x @ self.phi
        slots = logits.softmax(1).transpose(1, 2) @ x
        hidden = F.gelu(slots.transpose(0, 1) @ self.up + self.up_bias)
        return logits.softmax(2) @ (hidden @ self.down + self.down_bias).transpose(0, 1)


class Files:
    """Where a variant's files lie; what is missing is made."""

    def __init__(self, key: str, folder: pathlib.Path):
        self.variant = VARIANTS[key]
        self.folder = folder / key
        self.weights = self.folder / "model.safetensors"
        self.onnx = self.folder / "onnx" / "model.onnx"
        self.images = self.folder / "images.f32"

    def checkpoint(self, dtype: str) -> pathlib.Path:
        return self.folder / f"{dtype}.smoe"

    def module(self) -> torch.nn.Module:
        """The network in PyTorch, experts stacked."""
        model = self.variant.build()
        model.load_state_dict(load_file(self.weights), assign=True)
        with torch.no_grad():
            for block in model.blocks:
                if isinstance(block.mlp, SoftMoELayerWrapper):
                    block.mlp = StackedExperts(block.mlp)
        return model

    def make(self, softmoe: pathlib.Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        size = self.variant.image
        if not self.weights.exists():
            save_file(random_weights(self.variant.build()), self.weights)
            torch.manual_seed(2)
            torch.randn(4, 3, size, size).numpy().tofile(self.images)
        for dtype in DTYPES:
            if not self.checkpoint(dtype).exists():
                subprocess.run([softmoe, "import", self.weights, "--output", self.checkpoint(dtype),
                                "--pooling", "gap", "--dtype", dtype], check=True, stdout=subprocess.DEVNULL)
        if not self.onnx.exists():
            self.onnx.parent.mkdir(exist_ok=True)
            torch.onnx.export(self.module(), (torch.zeros(2, 3, size, size),), self.onnx, dynamo=True,
                              dynamic_shapes={"x": {0: torch.export.Dim("batch", max=4096)}},
                              external_data=True, input_names=["pixels"], output_names=["logits"])


def random_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Numbers that keep the variance of what flows through, and let the router decide."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            elif name.endswith("mlp.scale"):
                parameter.fill_(10)
            elif not (name.endswith("weight") and "norm" in name):
                parameter.normal_(0, 0.02)
    return model.state_dict()
