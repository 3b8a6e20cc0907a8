#!/usr/bin/env python3
"""Writes a tiny V-MoE's training state in the layout of google-research/vmoe's released checkpoints.

model.index, three model.data-*, and model.expected.safetensors with the same arrays whole. Needs numpy and safetensors. The
numbers are random multiples of 1/64, so that bfloat16 holds them. The layout is that of vmoe/checkpoints/serialization.py
(commit 942a78b), written here by hand: arrays are cut into a grid, parts go to the file that has least, elements into short
pieces (vmoe's are 2^30 bytes), and arrays are numbered by their names in order.
"""
import itertools
import pathlib
import struct

import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)
SHARDS, LARGEST, PIECE = 3, 120, 50


def integer(value):
    return bytes([value]) if 0 <= value < 128 else b"\xcd" + struct.pack(">H", value)


def text(value):
    raw = value.encode()
    return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else bytes([0xD9, len(raw)])) + raw


def raw(value):
    return (bytes([0xC4, len(value)]) if len(value) < 256 else b"\xc5" + struct.pack(">H", len(value))) + value


def items(values):
    values = list(values)
    return (bytes([0x90 | len(values)]) if len(values) < 16 else b"\xdc" + struct.pack(">H", len(values))) + b"".join(values)


def mapping(entries):
    return b"\xde" + struct.pack(">H", len(entries)) + b"".join(text(key) + value for key, value in entries)


def extension(kind, content):
    return b"\xc8" + struct.pack(">HB", len(content), kind) + content


def place(box):
    return items(raw(items([integer(start), integer(stop), b"\xc0"])) for start, stop in box)


def numbers(*shape):
    return (random.integers(-128, 128, shape) / 64).astype(np.float32)


d, heads, mlp, experts, classes = 8, 2, 16, 4, 3
norm = lambda: {"scale": numbers(d), "bias": numbers(d)}
dense = lambda *shape: {"kernel": numbers(*shape), "bias": numbers(*shape[:-2], shape[-1])}


def block(feedforward):
    attention = {part: {"kernel": numbers(d, heads, d // heads), "bias": numbers(heads, d // heads)}
                 for part in ("query", "key", "value")}
    attention["out"] = {"kernel": numbers(heads, d // heads, d), "bias": numbers(d)}
    return {"LayerNorm_0": norm(), "LayerNorm_1": norm(), "SelfAttention": attention, **feedforward}


def layers(*stack):
    return {"Dense_0": dense(*stack, d, mlp), "Dense_1": dense(*stack, mlp, d)}


tree = {
    "step": np.int32(12),
    "rngs": {"dropout": np.array([1, 2], np.uint32)},
    "opt_state": {"0": {"count": np.int32(12), "mu": {"head": dense(d, classes)}}},
    "params": {
        "embedding": {"kernel": numbers(4, 4, 3, d), "bias": numbers(d)}, "cls": numbers(1, 1, d),
        "Encoder": {
            "posembed_input": {"pos_embedding": numbers(1, 5, d)}, "encoder_norm": norm(),
            "encoderblock_0": block({"Mlp": layers()}),
            "encoderblock_1": block({"Moe": {"Mlp": layers(experts), "Router": {"dense": {"kernel": numbers(d, experts)}}}}),
        },
        "pre_logits": dense(d, d), "head": dense(d, classes),
    },
}


def leaves(node, name=""):
    for key in sorted(node):
        path = f"{name}/{key}" if name else key
        yield from leaves(node[key], path) if isinstance(node[key], dict) else [(path, np.asarray(node[key]))]


def grid(shape):
    """Each axis in two, the shortest first, until parts are small."""
    cuts, size = {axis: 1 for axis in range(len(shape))}, int(np.prod(shape))
    for axis in sorted(cuts, key=lambda axis: (shape[axis], axis)):
        if size > LARGEST and shape[axis] % 2 == 0:
            cuts[axis], size = 2, size // 2
    ranges = [[(i * n // cuts[axis], (i + 1) * n // cuts[axis]) for i in range(cuts[axis])]
              for axis, n in enumerate(shape)]
    return list(itertools.product(*ranges))


def stored(name, array):
    """bfloat16 for the experts' matrices, as it would be with that dtype."""
    if "Moe/Mlp" in name and name.endswith("kernel"):
        return "bfloat16", lambda part: (part.view(np.uint32) >> 16).astype("<u2").tobytes(), 2
    return array.dtype.name, lambda part: part.tobytes(), array.dtype.itemsize


arrays = list(leaves(tree))
weights, entries, files = [0] * SHARDS, {}, [{} for _ in range(SHARDS)]
for number, (name, array) in enumerate(arrays):
    kind, encoded, width = stored(name, array)
    boxes, shards = grid(array.shape), []
    for box in boxes:
        part = np.ascontiguousarray(array[tuple(slice(*r) for r in box)]).reshape(-1)
        shard = weights.index(min(weights))
        weights[shard] += part.size * width
        shards.append(shard)
        pieces = [extension(1, items([items([integer(p.size)]), text(kind), raw(encoded(p))]))
                  for p in (part[i:i + PIECE] for i in range(0, part.size, PIECE))]
        files[shard].setdefault(number, []).append(items([items(pieces), extension(6, place(box))]))
    shape = items([items(map(integer, array.shape)), text(kind), b"\xc2", b"\x80"])
    entries[name] = extension(8, items([raw(shape), items(raw(place(box)) for box in boxes), items(map(integer, shards))]))


def nested(node, name=""):
    paths = {key: f"{name}/{key}" if name else key for key in node}
    return mapping([(key, nested(value, paths[key]) if isinstance(value, dict) else entries[paths[key]])
                    for key, value in node.items()])


(here / "model.index").write_bytes(
    mapping([("shard_count", integer(SHARDS)), ("index", nested(tree)), ("version", text("20220622"))]))
for shard, content in enumerate(files):
    (here / f"model.data-{shard:05d}-of-{SHARDS:05d}").write_bytes(mapping(
        [("__msgpack_array_chunk_a87ca2__", b"\xc3")]
        + [(str(number), items(parts)) for number, parts in content.items()]))
save_file({name: np.ascontiguousarray(array) for name, array in arrays if array.dtype == np.float32},
          here / "model.expected.safetensors")
