"""Reads a .smoe file; docs/checkpoint-format.md says what lies where."""
import json
import pathlib

import numpy as np


class Checkpoint:
    """A mapped file: its metadata, and its tensors as float32."""

    def __init__(self, path: pathlib.Path):
        self.file = np.memmap(path, mode="r")
        magic, version = self.file[:8].tobytes(), int(self.file[8])
        if magic != b"\x89SMOE\r\n\x1a" or version != 2 or self.number(16) != len(self.file):
            raise SystemExit(f"{path}: expected a whole .smoe file of version 2")
        self.metadata = json.loads(self.file[128:128 + self.number(32)].tobytes())

    def number(self, at: int) -> int:
        return int.from_bytes(self.file[at:at + 8].tobytes(), "little")

    def tensors(self) -> dict[str, np.ndarray]:
        result = {}
        start = self.number(40)
        for at in range(start, start + 128 * self.number(48), 128):
            name = self.file[at:at + 64].tobytes().rstrip(b"\0").decode()
            element, arrangement, rank = (int(self.file[at + offset]) for offset in (64, 66, 68))
            shape = [self.number(at + 72 + 8 * axis) for axis in range(rank)]
            data = self.file[self.number(at + 104):self.number(at + 104) + self.number(at + 112)]
            result[name] = panels(data, element, shape) if arrangement else floats(data, element).reshape(shape)
        return result


def floats(data: np.ndarray, element: int) -> np.ndarray:
    """Bytes as numbers: 1 is f32, 2 bf16, 3 f16, 4 int8 without its scale."""
    if element == 2:
        return (data.view("<u2").astype("<u4") << 16).view("<f4")
    return data.view({1: "<f4", 3: "<f2", 4: "i1"}[element]).astype("<f4")


def panels(data: np.ndarray, element: int, shape: list[int]) -> np.ndarray:
    """Row-major matrices from panels of 16 columns."""
    rows, columns = shape[-2:]
    size = {1: 4, 2: 2, 3: 2, 4: 1}[element]
    length = -(-rows * size // 4) * 64
    data = data.reshape(-1, -(-columns // 16), length + (64 if element == 4 else 0))
    values = floats(np.ascontiguousarray(data[..., :length]), element)
    # Axes: matrix, panel, row group, column, row in its group.
    values = values.reshape(*data.shape[:2], -1, 16, 4 // size).swapaxes(3, 4)
    values = values.reshape(*data.shape[:2], -1, 16)[:, :, :rows]
    if element == 4:
        values = values * np.ascontiguousarray(data[..., length:]).view("<f4")[:, :, None]
    return values.swapaxes(1, 2).reshape(len(data), rows, -1)[:, :, :columns].reshape(shape)
