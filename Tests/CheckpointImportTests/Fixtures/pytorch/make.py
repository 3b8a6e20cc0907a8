#!/usr/bin/env python3
"""Makes this folder's PyTorch files, each by torch.save, and their tensors as safetensors.

PyTorchArchiveTests.swift says what is read from each. Needs torch, safetensors.
"""

import argparse
import collections
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
generator = torch.Generator().manual_seed(0)


def random(*shape):
    return torch.randn(*shape, generator=generator)


base = random(6, 4)
weights = {
    "norm.weight": random(4),
    "norm.bias": torch.tensor([0.5, -2.0, 65504.0, 2.0**-14]),
    "transposed": base.t(),
    "slice": base[1:5, 1:3],
    "column": base[:, 2],
    "expanded": random(3, 1).expand(3, 5),
    "shared": base,
    "scalar": torch.tensor(3.25),
    "none": torch.zeros(0, 4),
    "f16": random(3, 2).half(),
    "bf16": random(3, 2).bfloat16(),
    "f64": random(2, 2).double(),
}
integers = {
    "num_batches_tracked": torch.tensor(7),
    "mask": torch.tensor([True, False]),
    "position_ids": torch.arange(3)[None],
}
state = weights | integers
other = {name: tensor + 1 for name, tensor in weights.items()}


class Callback:
    def __init__(self):
        self.best = 0.5


files = {
    "plain": state,
    "ordered": collections.OrderedDict(state),
    "parameters": {name: torch.nn.Parameter(tensor) for name, tensor in weights.items()} | integers,
    "wrapped": {"model": state, "epoch": 3, "args": argparse.Namespace(lr=1e-3)},
    "data_parallel": {f"module.{name}": tensor for name, tensor in state.items()},
    "compiled": {f"module._orig_mod.{name}": tensor for name, tensor in state.items()},
    "lightning": {
        "epoch": 1,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
        "hyper_parameters": {"callback": Callback(), "range": range(3), "names": {"a", "b"}},
        "optimizer_states": [{"state": {0: {"exp_avg": random(2)}}}],
    },
    "ema": {"model": other, "model_ema": state},
}
for name, value in files.items():
    torch.save(value, folder / f"{name}.pth")
torch.save(state, folder / "protocol_5.pth", pickle_protocol=5)
save_file(
    {name: tensor.contiguous().float().clone() for name, tensor in weights.items()}, folder / "expected.safetensors"
)

# What is turned away.
module = torch.nn.Linear(2, 2)
torch.save(module, folder / "module.pth")
torch.save(weights, folder / "legacy.pth", _use_new_zipfile_serialization=False)
torch.jit.save(torch.jit.script(module), folder / "torchscript.pt")
