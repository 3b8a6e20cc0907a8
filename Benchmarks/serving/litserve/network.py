"""A Soft MoE Vision Transformer of google-research/vmoe's conventions in PyTorch, from a .smoe file.

Axes: b images, m tokens, d width, n experts, p slots an expert, s = n·p slots. Kernels are [in, out].
"""
import numpy as np
import torch
import torch.nn.functional as F

# What the module computes; another value of these keys is another network.
CONVENTIONS = {"class_token": False, "position": "all_tokens", "patch_bias": True, "pre_norm": False,
               "qkv_bias": True, "qk_norm": "none", "layer_scale": False, "final_norm": "tokens",
               "pooling": "mean", "pre_logits_width": None, "activation": "gelu_tanh"}
ROUTER = {"normalization": "epsilon_inside_root", "slot_source": "tokens", "dispatch_rounding": "none"}


class SoftMoEViT(torch.nn.Module):
    """Normalised pixels [b, 3, H, W] → logits [b, classes]."""

    def __init__(self, configuration: dict, tensors: dict[str, np.ndarray]):
        super().__init__()
        expect(configuration, CONVENTIONS)
        expect(configuration["moe"], ROUTER)
        self.configuration = configuration
        for name, values in tensors.items():
            self.register_buffer(name.replace("/", "_"), torch.from_numpy(np.array(values)))
        size, width = configuration["patch_size"], configuration["width"]
        patches = self.patch_embedding_kernel.reshape(size, size, 3, width)
        self.patch_embedding_kernel = patches.permute(3, 2, 0, 1).contiguous()

    def part(self, *names: str) -> torch.Tensor:
        return getattr(self, "_".join(names))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.conv2d(x, self.patch_embedding_kernel, self.patch_embedding_bias, self.configuration["patch_size"])
        x = x.flatten(2).transpose(1, 2) + self.position_embedding
        moe = self.configuration["moe"]["layers"]
        for index in range(self.configuration["depth"]):
            block = f"blocks_{index}"
            x = x + self.attention(self.norm(x, f"{block}_norm1"), f"{block}_attention")
            mlp = self.soft_moe if index in moe else self.mlp
            x = x + mlp(self.norm(x, f"{block}_norm2"), f"{block}_{'moe' if index in moe else 'mlp'}")
        return self.linear(self.norm(x, "final_norm").mean(1), "head")

    def norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, x.shape[-1:], self.part(name, "scale"), self.part(name, "bias"),
                            self.configuration["norm_epsilon"])

    def linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ self.part(name, "kernel") + self.part(name, "bias")

    def mlp(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return self.linear(F.gelu(self.linear(x, f"{name}_up"), approximate="tanh"), f"{name}_down")

    def attention(self, x: torch.Tensor, name: str) -> torch.Tensor:
        heads = self.linear(x, f"{name}_qkv").unflatten(2, (3, self.configuration["head_count"], -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).softmax(-1)
        return self.linear((weights @ value).transpose(1, 2).flatten(2), f"{name}_out")

    def soft_moe(self, x: torch.Tensor, name: str) -> torch.Tensor:
        moe = self.configuration["moe"]
        norm = torch.rsqrt(x.square().sum(-1, keepdim=True) + moe["normalization_epsilon"])
        logits = (x * norm) @ self.part(name, "router_kernel")
        slots = logits.softmax(1).transpose(1, 2) @ x
        # Every expert's slots of all images side by side: [n, b·p, d].
        slots = slots.unflatten(1, (moe["expert_count"], -1)).transpose(0, 1)
        hidden = F.gelu(self.experts(slots.flatten(1, 2), f"{name}_experts_up"), approximate="tanh")
        outputs = self.experts(hidden, f"{name}_experts_down")
        outputs = outputs.unflatten(1, (-1, moe["slots_per_expert"])).transpose(0, 1).flatten(1, 2)
        return logits.softmax(2) @ outputs

    def experts(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ self.part(name, "kernel") + self.part(name, "bias")[:, None]


def expect(found: dict, expected: dict) -> None:
    for key, value in expected.items():
        # A key that a checkpoint leaves out is one that it has no value for.
        if found.get(key) != value:
            raise SystemExit(f"the checkpoint's {key}: expected {value!r}, found {found.get(key)!r}")
