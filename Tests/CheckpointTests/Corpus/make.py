#!/usr/bin/env python3
"""Makes this folder's bad checkpoints: one sound file, and one thing wrong with it in each.

Every header checksum is right unless the case is about it, so that each field's own check is what refuses.
Needs libxxhash, as the package does. CorpusTests.swift says what each file must be refused for.
"""
import ctypes
import pathlib
import struct

folder = pathlib.Path(__file__).parent
xxh3 = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
xxh3.restype, xxh3.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]

METADATA = b'{"name":"tiny","labels":["a","b"]}'
F32, BF16, INT8 = 1, 2, 4
ROWS, PANELS = 0, 1
HUGE = {"2_32": 1 << 32, "2_62": 1 << 62, "2_63": 1 << 63, "minus_1": (1 << 64) - 1}


def checksum(data):
    return xxh3(bytes(data), len(data))


def up(value, alignment):
    return -value % alignment + value


def record(name, kind, offset, data):
    code, arrangement, shape = kind
    dimensions = (shape + [0] * 4)[:4]
    return struct.pack(
        "<64sHHI4QQQQ", name, code, arrangement, len(shape), *dimensions, offset, len(data), checksum(data))


def sealed(file, data_offset=4096):
    """The file with the header checksum that belongs to it: what a forger would write."""
    file = bytearray(file)
    file[120:128] = bytes(8)
    file[120:128] = struct.pack("<Q", checksum(file[:data_offset]))
    return bytes(file)


def checkpoint(
    metadata=METADATA, first=struct.pack("<6f", *range(6)), second=struct.pack("<5H", *[0x3F80] * 5),
    kind=(F32, ROWS, [2, 3])):
    table = up(128 + len(metadata), 8)
    data = up(table + 2 * 128, 4096)
    after = data + up(len(first), 64)
    length = after + len(second)
    preamble = struct.pack(
        "<8sIIQQQQQQ", b"\x89SMOE\r\n\x1a", 2, 0x01020304, length, 128, len(metadata), table, 2, data)
    file = bytearray(length)
    file[: len(preamble)] = preamble
    file[128 : 128 + len(metadata)] = metadata
    file[table : table + 256] = record(b"first", kind, data, first) + record(
        b"second", (BF16, ROWS, [5]), after, second)
    file[data : data + len(first)] = first
    file[after:] = second
    return sealed(file, data)


sound = checkpoint()
table = up(128 + len(METADATA), 8)
cases = {}


def put(name, offset, form, *values, seal=True):
    file = bytearray(sound)
    struct.pack_into("<" + form, file, offset, *values)
    cases[name] = sealed(file) if seal else bytes(file)


# The whole file.
cases["empty"] = b""
cases["seven_bytes"] = sound[:7]
cases["preamble_cut"] = sound[:100]
cases["table_cut"] = sound[:200]
cases["truncated"] = sound[:-1]
cases["lengthened"] = sound + b"\0"
cases["trailing_bytes"] = sealed(sound[:16] + struct.pack("<Q", len(sound) + 8) + sound[24:] + bytes(8))
cases["safetensors"] = struct.pack("<Q", 2) + b"{}" + bytes(200)
cases["text_mode"] = sound.replace(b"\r\n", b"\n")

# The preamble.
put("version_0", 8, "I", 0)
put("version_1", 8, "I", 1)
put("version_future", 8, "I", 99)
put("byte_swapped", 8, "II", 1 << 24, 0x04030201)
put("byte_order", 12, "I", 0x01020305)
for field, offset in [
    ("file_length", 16), ("metadata_offset", 24), ("metadata_length", 32), ("table_offset", 40),
    ("tensor_count", 48), ("data_offset", 56),
]:
    for name, value in HUGE.items():
        put(f"{field}_{name}", offset, "Q", value)
put("tensor_count_0", 48, "Q", 0)
put("tensor_count_3", 48, "Q", 3)
put("reserved", 119, "B", 1)
put("header_bit", table + 60, "B", 1, seal=False)
put("header_padding", 128 + len(METADATA), "B", 1)

# The tensor table.
second = table + 128
put("name_empty", table, "64s", b"")
put("name_past_end", table, "64s", b"n" * 64)
put("name_after_end", table, "64s", b"first\0x")
put("name_not_utf8", table, "64s", b"fir\xff\xfe")
put("name_space", table, "64s", b"fir st")
put("name_twice", second, "64s", b"first")
put("type_0", table + 64, "H", 0)
put("type_unknown", table + 64, "H", 77)
put("rank_5", table + 68, "I", 5)
put("rank_minus_1", table + 68, "I", (1 << 32) - 1)
put("dimension_0", table + 72, "Q", 0)
put("dimension_minus_1", table + 72, "Q", (1 << 64) - 1)
put("dimension_overflow", table + 72, "QQ", 1 << 32, 1 << 32)
put("dimension_unused", second + 80, "Q", 1)
put("dimension_other", table + 80, "Q", 4)
put("offset_overlapping", second + 104, "Q", 4096)
put("offset_unaligned", second + 104, "Q", 4096 + 24)
put("offset_past_end", second + 104, "Q", 1 << 20)
put("offset_minus_64", second + 104, "Q", (1 << 64) - 64)
put("length_short", table + 112, "Q", 20)
put("length_2_63", table + 112, "Q", 1 << 63)
put("data_past_end", second + 72, "4Q2Q", 1 << 40, 0, 0, 0, 4096 + 64, 1 << 41)

# Matrices in panels. One of 1 × 1 is 16 words, and as many scales of int8.
for name, kind, size in [
    ("panels_length", (F32, PANELS, [1, 1]), 4),
    ("panels_vector", (F32, PANELS, [16]), 64),
    ("panels_overflow", (F32, PANELS, [1 << 58, 1]), 64),
    ("panels_overflow_rows", (INT8, PANELS, [(1 << 63) - 1, 1]), 64),
    ("panels_overflow_stack", (INT8, PANELS, [1 << 60, 1, 1]), 64),
    ("rows_int8", (INT8, ROWS, [64]), 64),
    ("arrangement_future", (F32, 2, [4, 4]), 64),
]:
    cases[name] = checkpoint(first=bytes(size), kind=kind)
cases["nan_scale_int8"] = checkpoint(
    first=bytes(64) + struct.pack("<16f", float("nan"), *[0] * 15), kind=(INT8, PANELS, [1, 1]))

# The metadata.
for name, text in {
    "cut": METADATA[:-1],
    "array": b"[1, 2]",
    "not_utf8": METADATA.replace(b"tiny", b"\xff\xfe"),
    "utf16": METADATA.decode().encode("utf-16"),
    "key_twice": b'{"name":"tiny","n\\u0061me":"other","labels":[]}',
    "number": b'{"name":7,"labels":[]}',
    "null": b'{"name":null,"labels":[]}',
    "empty": b"",
    "no_name": b'{"labels":["a"]}',
    "deep": b'{"name":' + b"[" * 3000,
}.items():
    cases["metadata_" + name] = checkpoint(metadata=text)

# The data.
put("data_bit", 4096 + 3, "B", 0x40, seal=False)
put("data_padding", 4096 + 40, "B", 1, seal=False)
cases["nan_f32"] = checkpoint(first=struct.pack("<6f", 0, 1, 2, float("nan"), 4, 5))
cases["infinity_bf16"] = checkpoint(second=struct.pack("<5H", 0, 0, 0, 0, 0xFF80))

for old in folder.glob("*.smoe"):
    old.unlink()
for name, content in cases.items():
    (folder / f"{name}.smoe").write_bytes(content)
print(len(cases), "files,", sum(map(len, cases.values())), "bytes")
