"""The models that every engine runs, from one set of weights: safetensors, ONNX and .smoe files.

The Soft MoE is the published package's (soft-moe on timm) with its experts stacked, so that each of its two
products is one batched matrix product: the form in which the other engines are fastest. The V-MoE is timm's ViT with
experts that tokens choose, gathered up to their capacity and stacked likewise.
"""
import dataclasses
import math
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
    # K of a model whose tokens choose, 0 for a soft one; its experts have room for 1.05 of their fair share.
    selected: int = 0

    def build(self) -> torch.nn.Module:
        sizes = dict(img_size=self.image, patch_size=16, embed_dim=self.width, depth=self.depth,
                     num_heads=self.heads, num_classes=1000, class_token=False, global_pool="avg", fc_norm=False)
        if self.selected:
            model = VisionTransformer(**sizes | dict(class_token=True, global_pool="token", act_layer="gelu_tanh"))
            for block in model.blocks[1::2]:
                block.mlp = ChosenExperts(self.width, self.experts, self.selected, model.pos_embed.shape[1])
            return model.eval()
        if self.experts == 0:
            return VisionTransformer(**sizes).eval()
        layers = list(range(self.depth // 2, self.depth))
        return SoftMoEVisionTransformer(num_experts=self.experts, slots_per_expert=1, moe_layer_index=layers,
                                        **sizes).eval()


VARIANTS = {
    "soft": Variant("Soft MoE S/16, 128 experts × 1 slot", 384, 6, 128),
    "dense": Variant("ViT-S/16", 384, 6, 0),
    "vmoe": Variant("V-MoE B/16 at 384 pixels, 8 experts, each token chooses 2", 768, 12, 8, image=384, selected=2),
    "tiny-vmoe": Variant("V-MoE Ti/16, 4 experts, each token chooses 2 (a trial)", 192, 3, 4, selected=2),
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


class ChosenExperts(torch.nn.Module):
    """Experts that each token chooses K of, first choices before second, as many as fit: x [b, m, d] → [b, m, d]."""

    def __init__(self, width: int, experts: int, selected: int, tokens: int):
        super().__init__()
        self.selected, self.capacity = selected, -(-math.ceil(selected * tokens * 1.05 / experts) // 4) * 4
        for name, shape in (("gate", (width, experts)), ("up", (experts, width, 4 * width)),
                            ("up_bias", (experts, 4 * width)), ("down", (experts, 4 * width, width)),
                            ("down_bias", (experts, width))):
            self.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))

    def forward(self, x):
        (b, m, d), n, places = x.shape, self.gate.shape[1], self.gate.shape[1] * self.capacity
        gates, chosen = (x @ self.gate).softmax(2).topk(self.selected, 2)
        chosen = chosen.transpose(1, 2).reshape(b, -1)
        one_hot = F.one_hot(chosen, n)
        place = (one_hot.cumsum(1) * one_hot).sum(2) - 1
        # Whoever finds no room shares a last place, whose row is zero.
        place = torch.where(place < self.capacity, chosen * self.capacity + place, places)
        tokens = torch.arange(m, device=x.device).repeat(self.selected).expand(b, -1)
        taken = torch.zeros(b, places + 1, dtype=torch.int64).scatter(1, place, tokens)[:, :places]
        rows = x.gather(1, taken[:, :, None].expand(-1, -1, d))
        rows = rows.reshape(b, n, self.capacity, d).transpose(0, 1).reshape(n, -1, d)
        hidden = F.gelu(rows @ self.up + self.up_bias[:, None], approximate="tanh")
        rows = (hidden @ self.down + self.down_bias[:, None]).reshape(n, b, self.capacity, d)
        rows = F.pad(rows.transpose(0, 1).reshape(b, places, d), (0, 0, 0, 1))
        back = rows.gather(1, place[:, :, None].expand(-1, -1, d)).reshape(b, self.selected, m, d)
        return (back * gates.transpose(1, 2)[..., None]).sum(1)


def vmoe_names(state: dict[str, torch.Tensor], heads: int) -> dict[str, torch.Tensor]:
    """timm's weights under vmoe's names and in its layouts."""
    def linear(ours, theirs):
        return {f"{theirs}/kernel": state[f"{ours}.weight"].T, f"{theirs}/bias": state[f"{ours}.bias"]}

    def norm(ours, theirs):
        return {f"{theirs}/scale": state[f"{ours}.weight"], f"{theirs}/bias": state[f"{ours}.bias"]}

    width = state["norm.weight"].shape[0]
    out = {"embedding/kernel": state["patch_embed.proj.weight"].permute(2, 3, 1, 0),
           "embedding/bias": state["patch_embed.proj.bias"], "cls": state["cls_token"],
           "Encoder/posembed_input/pos_embedding": state["pos_embed"]}
    out |= norm("norm", "Encoder/encoder_norm") | linear("head", "head")
    for index in range(sum(name.endswith("norm1.weight") for name in state)):
        ours, theirs = f"blocks.{index}", f"Encoder/encoderblock_{index}"
        out |= norm(f"{ours}.norm1", f"{theirs}/LayerNorm_0") | norm(f"{ours}.norm2", f"{theirs}/LayerNorm_1")
        for part, name in enumerate(("query", "key", "value")):
            rows = slice(part * width, (part + 1) * width)
            out[f"{theirs}/SelfAttention/{name}/kernel"] = state[f"{ours}.attn.qkv.weight"][rows].T.reshape(
                width, heads, -1)
            out[f"{theirs}/SelfAttention/{name}/bias"] = state[f"{ours}.attn.qkv.bias"][rows].reshape(heads, -1)
        out[f"{theirs}/SelfAttention/out/kernel"] = state[f"{ours}.attn.proj.weight"].T.reshape(heads, -1, width)
        out[f"{theirs}/SelfAttention/out/bias"] = state[f"{ours}.attn.proj.bias"]
        if f"{ours}.mlp.gate" in state:
            out[f"{theirs}/Moe/Router/dense/kernel"] = state[f"{ours}.mlp.gate"]
            for number, name in enumerate(("up", "down")):
                out[f"{theirs}/Moe/Mlp/Dense_{number}/kernel"] = state[f"{ours}.mlp.{name}"]
                out[f"{theirs}/Moe/Mlp/Dense_{number}/bias"] = state[f"{ours}.mlp.{name}_bias"]
        else:
            out |= linear(f"{ours}.mlp.fc1", f"{theirs}/Mlp/Dense_0") | linear(f"{ours}.mlp.fc2", f"{theirs}/Mlp/Dense_1")
    return {name: tensor.contiguous() for name, tensor in out.items()}


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
        source, options = self.weights, ["--pooling", "gap"]
        if self.variant.selected:
            source = self.folder / "vmoe.safetensors"
            options = ["--router", "tokens_choice", "--selected-experts", str(self.variant.selected),
                       "--capacity-factor", "1.05", "--dispatch-rounding", "none", "--pooling", "token"]
            if not source.exists():
                save_file(vmoe_names(load_file(self.weights), self.variant.heads), source)
        for dtype in DTYPES:
            if not self.checkpoint(dtype).exists():
                subprocess.run([softmoe, "import", source, "--output", self.checkpoint(dtype), *options,
                                "--dtype", dtype], check=True, stdout=subprocess.DEVNULL)
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
            if name.endswith(("mlp.up", "mlp.down")):
                parameter.normal_(0, parameter.shape[1] ** -0.5)
            elif parameter.ndim > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            elif name.endswith("mlp.scale"):
                parameter.fill_(10)
            elif not (name.endswith("weight") and "norm" in name):
                parameter.normal_(0, 0.02)
    return model.state_dict()
