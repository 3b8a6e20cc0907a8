#!/usr/bin/env python3
"""Makes this folder's bad models to import: each is a few bytes with one thing wrong.

CorpusTests.swift says what each file must be refused for.
"""
import io
import json
import pathlib
import struct
import zipfile

folder = pathlib.Path(__file__).parent
files = {}
F32 = struct.pack("<2f", 1, 2)


# safetensors: u64 length, JSON, data.
def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(begin, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def text(name, begin, end):
    return b'"%s":{"dtype":"F32","shape":[1],"data_offsets":[%d,%d]}' % (name, begin, end)


one = {"a": entry(0, 8, [2])}
tables = {
    "name_twice": (b"{%s,%s}" % (text(b"a", 0, 4), text(b"a", 4, 8)), F32),
    "name_twice_escaped": (b"{%s,%s}" % (text(b"a", 0, 4), text(b"\\u0061", 4, 8)), F32),
    "name_not_utf8": (b"{%s}" % text(b"\xff\xfe", 0, 4), F32[:4]),
    "name_control": ({"a\x1b[2J": entry(0, 8, [2])}, F32),
    "name_long": ({"a" * 600: entry(0, 8, [2])}, F32),
    "name_empty": ({"": entry(0, 8, [2])}, F32),
    "type_unknown": ({"a": entry(0, 8, [1], "I64")}, F32),
    "type_missing": ({"a": {"shape": [2], "data_offsets": [0, 8]}}, F32),
    "shape_text": ({"a": entry(0, 8, "2")}, F32),
    "shape_negative": ({"a": entry(0, 8, [-1, -2])}, F32),
    "shape_overflow": ({"a": entry(0, 8, [1 << 32, 1 << 32])}, F32),
    "shape_2_64": ({"a": entry(0, 8, [1 << 64])}, F32),
    "shape_other": ({"a": entry(0, 8, [3])}, F32),
    "rank_9": ({"a": entry(0, 8, [1] * 8 + [2])}, F32),
    "offsets_three": ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4, 8]}}, F32),
    "offsets_reversed": ({"a": entry(8, 0, [2])}, F32),
    "offsets_negative": ({"a": entry(-8, 0, [2])}, F32),
    "offsets_past_end": ({"a": entry(0, 16, [4])}, F32),
    "offsets_2_62": ({"a": entry(1 << 62, (1 << 62) + 8, [2])}, F32),
    "overlap": ({"a": entry(0, 8, [2]), "b": entry(4, 12, [2])}, F32 + F32[:4]),
    "hole": ({"a": entry(0, 4, [1]), "b": entry(8, 12, [1])}, F32 + F32[:4]),
    "trailing": (one, F32 + b"tail"),
    "truncated": (one, F32[:-1]),
    "deep": (b'{"a":' + b"[" * 3000, b""),
    "utf16": ("{}".encode("utf-16-le"), b""),
    "header_cut": (b'{"a":{"dtype":"F32","sha', b""),
    "header_number": (b'{"a":1}', b""),
    "no_model": (one, F32),
    "rank_of_embedding": ({"embedding/kernel": entry(0, 8, [2])}, F32),
    "blocks_2_63": (
        {
            "patch_embed.proj.weight": entry(0, 768, [64, 3, 1, 1]),
            "pos_embed": entry(768, 1024, [1, 1, 64]),
            f"blocks.{(1 << 63) - 1}.x": entry(1024, 1028, [1]),
            "blocks.999999999999.x": entry(1028, 1032, [1]),
        },
        bytes(1032),
    ),
}
for name, (header, data) in tables.items():
    files[name + ".safetensors"] = safetensors(header, data)
files["empty.safetensors"] = b""
files["seven_bytes.safetensors"] = safetensors(one)[:7]
for name, length in {"past_end": 100, "2_32": 1 << 32, "2_63": 1 << 63, "minus_1": (1 << 64) - 1}.items():
    files[f"length_{name}.safetensors"] = safetensors(one, F32, length)


# npz: a ZIP archive of .npy members.
def npy(header="{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", data=F32, version=1, length=None):
    form = "<6sBBH" if version == 1 else "<6sBBI"
    size = len(header) + 1 if length is None else length
    return struct.pack(form, b"\x93NUMPY", version, 0, size) + header.encode() + b"\n" + data


def described(descr="'<f4'", order="False", shape="(2,)"):
    return npy(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}")


def archive(*members, count=None, start=None, comment=0, tail=b""):
    """Members are dictionaries of name, data and the fields that lie."""
    body, directory = b"", b""
    for member in members:
        name, data = member.get("name", b"a.npy"), member.get("data", npy())
        flags, method = member.get("flags", 0), member.get("method", 0)
        size, extra = member.get("size", len(data)), member.get("extra", b"")
        local = member.get("local", len(body))
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, flags, method, 0, 0, 0, member.get("stored", size), size,
            len(name), len(extra), member.get("comment", 0), 0, 0, 0, local) + name + extra
        local_name = member.get("local_name", name)
        body += struct.pack(
            "<IHHHHHIIIHH", member.get("signature", 0x04034B50), 45, flags, method, 0, 0, 0, len(data), len(data),
            len(local_name), 0) + local_name + data
    end = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, 0, len(members) if count is None else count, len(directory),
        len(body) if start is None else start, comment)
    return body + directory + tail + end


def zip64_end(offset, count, start):
    """Its own end record and the locator of it, at `offset`."""
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, 0, start)
    return record + struct.pack("<IIQI", 0x07064B50, 0, offset, 1)


def zip64_extra(*values):
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values)


def compressed(name, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


sound = archive({})
split = len(sound) - 22 - 46 - 5
archives = {
    "cut": sound[:-1],
    "no_directory": sound[:split] + bytes(22),
    "directory_past_end": archive({}, start=len(sound)),
    "directory_2_32": archive({}, start=0xFFFFFFFF),
    "directory_other": archive({}, start=4),
    "directory_longer": archive({}, tail=bytes(8)),
    "count_2": archive({}, count=2),
    "count_0": archive({}, count=0),
    "count_65535": archive({}, count=65535),
    "comment_past_end": archive({}, comment=7),
    "member_comment_past_end": archive({"comment": 60000}),
    "compressed": compressed("a.npy", npy()),
    "bomb": compressed("a.npy", bytes(1 << 20)),
    "encrypted": archive({"flags": 1}),
    "sizes_differ": archive({"stored": 7}),
    "local_past_end": archive({"local": 1 << 20}),
    "local_other": archive({"signature": 0x05054B50}),
    "local_name_other": archive({"local_name": b"b.npy"}),
    "member_past_end": archive({"size": 10_000}),
    "member_2_32": archive({"size": 0xFFFFFFFF}),
    "member_over_directory": archive({"size": len(npy()) + 20}),
    "overlap": archive({}, {"local": 0}),
    "name_twice": archive({}, {}),
    "name_not_utf8": archive({"name": b"\xff\xfe.npy"}),
    "name_control": archive({"name": b"\x1b[2J.npy"}),
    "name_empty": archive({"name": b".npy"}),
    "zip64_field_cut": archive({"size": 0xFFFFFFFF, "extra": zip64_extra(len(npy()))}),
    "zip64_member_2_62": archive({"size": 0xFFFFFFFF, "extra": zip64_extra(1 << 62, 1 << 62)}),
    "zip64_member_2_63": archive({"size": 0xFFFFFFFF, "extra": zip64_extra(1 << 63, 1 << 63)}),
    "zip64_local_2_62": archive({"local": 0xFFFFFFFF, "extra": zip64_extra(1 << 62)}),
    "zip64_end_past_end": archive({}, tail=zip64_end(1 << 62, 1, split)),
    "zip64_end_other": archive({}, tail=zip64_end(0, 1, split)),
    "zip64_count_2_62": archive({}, tail=zip64_end(len(sound) - 22, 1 << 62, split)),
    "zip64_start_2_63": archive({}, tail=zip64_end(len(sound) - 22, 1, 1 << 63)),
    "npy_other": archive({"data": b"not an array, but long enough"}),
    "npy_short": archive({"data": b"\x93NUMPY"}),
    "npy_version_9": archive({"data": npy(version=9)}),
    "npy_header_past_end": archive({"data": npy(length=9000)}),
    "npy_header_2_32": archive({"data": npy(version=2, length=0xFFFFFFFF)}),
    "npy_header_other": archive({"data": npy("[1, 2, 3]")}),
    "npy_fortran": archive({"data": described(order="True")}),
    "npy_order_other": archive({"data": described(order="None")}),
    "npy_objects": archive({"data": described("'|O'")}),
    "npy_big_endian": archive({"data": described("'>f4'")}),
    "npy_integers": archive({"data": described("'<i8'")}),
    "npy_fields": archive({"data": described("[('x', '<f4')]")}),
    "npy_shape_negative": archive({"data": described(shape="(-1, -2)")}),
    "npy_shape_overflow": archive({"data": described(shape="(4294967296, 4294967296)")}),
    "npy_shape_2_64": archive({"data": described(shape="(18446744073709551616,)")}),
    "npy_shape_nested": archive({"data": described(shape="((2,),)")}),
    "npy_shape_other": archive({"data": described(shape="(3,)")}),
    "npy_rank_9": archive({"data": described(shape="(1,1,1,1,1,1,1,1,2)")}),
    "npy_key_twice": archive({"data": described(shape="(2,), 'shape': (1,)")}),
    "no_model": sound,
}
for name, content in archives.items():
    files[name + ".npz"] = content


# Flax MessagePack.
def string(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else struct.pack(">BH", 0xDA, len(raw))) + raw


def mapping(*entries):
    return bytes([0x80 | len(entries)]) + b"".join(string(key) + value for key, value in entries)


def extension(content, kind=1, length=None):
    return struct.pack(">BBb", 0xC7, len(content) if length is None else length, kind) + content


def content(shape=b"\x91\x02", dtype="float32", data=F32):
    return b"\x93" + shape + string(dtype) + bytes([0xC4, len(data)]) + data


array = extension(content())
huge = b"\xcf" + struct.pack(">Q", 1 << 32)

def chunked(shape, chunks=None):
    entries = [("__msgpack_chunked_array__", b"\xc3"), ("shape", shape)]
    return mapping(("a", mapping(*entries, *([("chunks", chunks)] if chunks else []))), ("b", array))


flax = {
    "map_2_32": b"\xdf" + b"\xff" * 4,
    "map_in_map_2_32": mapping(("a", b"\xdf" + b"\xff" * 4)),
    "list_2_32": mapping(("a", b"\xdd" + b"\xff" * 4)),
    "string_2_32": mapping(("a", b"\xdb" + b"\xff" * 4)),
    "bytes_2_32": mapping(("a", b"\xc6" + b"\xff" * 4)),
    "extension_2_32": mapping(("a", b"\xc9" + b"\xff" * 4 + b"\x01")),
    "deep_maps": mapping(("a", b"\xc0"))[:-1] * 1000 + b"\xc0",
    "deep_lists": mapping(("a", b"\x91" * 5000 + b"\xc0")),
    "cut": mapping(("a", array))[:-1],
    "trailing": mapping(("a", array)) + b"\0",
    "no_such_item": mapping(("a", b"\xc1")),
    "key_number": b"\x81\x01" + array,
    "key_twice": mapping(("a", array), ("a", array)),
    "key_not_utf8": mapping((b"\xff\xfe", array)),
    "key_long": mapping(("k" * 600, array)),
    "key_control": mapping(("\x1b[2J", array)),
    "names_joined_long": mapping(("k" * 400, mapping(("k" * 400, array))), ("b", array)),
    "name_twice": mapping(("a/b", array), ("a", mapping(("b", array)))),
    "type_unknown": mapping(("a", extension(content(dtype="complex64")))),
    "shape_negative": mapping(("a", extension(content(b"\x92\xff\xfe")))),
    "shape_overflow": mapping(("a", extension(content(b"\x92" + huge + huge)))),
    "shape_2_63": mapping(("a", extension(content(b"\x91\xcf" + struct.pack(">Q", 1 << 63))))),
    "shape_other": mapping(("a", extension(content(b"\x91\x03")))),
    "shape_text": mapping(("a", extension(content(b"\x91\xa1x")))),
    "rank_9": mapping(("a", extension(content(b"\x99" + b"\x01" * 8 + b"\x02")))),
    "array_of_two": mapping(("a", extension(b"\x92\x91\x02" + string("float32")))),
    "array_without_type": mapping(("a", extension(b"\x93\x91\x02\x07\xc4\x00"))),
    "array_without_bytes": mapping(("a", extension(b"\x93\x91\x02" + string("float32") + b"\x07"))),
    "extension_short": mapping(("a", extension(content(), length=9))),
    "extension_long": mapping(("a", extension(content() + b"\0\0"))),
    "extension_of_1": mapping(("a", b"\xd4\x01\x93"), ("b", array)),
    "chunks_missing": chunked(mapping(("0", b"\x02"))),
    "chunks_shape_other": chunked(mapping(("0", b"\x03")), mapping(("0", array))),
    "chunks_shape_text": chunked(mapping(("0", b"\xa1x")), mapping(("0", array))),
    "chunks_shape_2_32": chunked(mapping(("0", huge), ("1", huge)), mapping(("0", array))),
    "chunks_numbered_other": chunked(mapping(("1", b"\x02")), mapping(("0", array))),
    "chunks_types_differ": chunked(
        mapping(("0", b"\x06")), mapping(("0", array), ("1", extension(content(b"\x91\x04", "float16"))))),
    "no_model": mapping(("a", array), ("b", array)),
}
for name, value in flax.items():
    files[name + ".msgpack"] = value

# The index of several files. no_model.safetensors holds 'a'.
shard = "no_model.safetensors"
indices = {
    "cut": b'{"weight_map":{"a":"no_mod',
    "array": b'{"weight_map":["a"]}',
    "no_map": {"metadata": {}},
    "number": {"weight_map": {"a": 1}},
    "deep": b'{"weight_map":' + b'{"a":' * 1000,
    "utf16": b"{" + '"weight_map":{}}'.encode("utf-16-be"),
    "key_twice": b'{"weight_map":{"a":"%s","a":"other"}}' % shard.encode(),
    "parent": {"weight_map": {"a": "../Corpus/" + shard}},
    "absolute": {"weight_map": {"a": "/etc/passwd"}},
    "dots": {"weight_map": {"a": ".."}},
    "dot": {"weight_map": {"a": "."}},
    "no_name": {"weight_map": {"a": ""}},
    "control": {"weight_map": {"a": "a\0b"}},
    "itself": {"weight_map": {"a": "itself.json"}},
    "missing_shard": {"weight_map": {"a": "absent.safetensors"}},
    "bad_shard": {"weight_map": {"a": "overlap.safetensors"}},
    "missing_tensor": {"weight_map": {"a": shard, "b": shard}},
    "unlisted_tensor": {"weight_map": {"b": shard}},
    "other_shard": {"weight_map": {"a": "offsets_three.safetensors", "b": shard}},
    "no_tensors": {"weight_map": {}},
    "no_model": {"weight_map": {"a": shard}},
}
for name, value in indices.items():
    files[name + ".json"] = value if isinstance(value, bytes) else json.dumps(value).encode()

for old in folder.iterdir():
    if old.suffix != ".py":
        old.unlink()
for name, value in files.items():
    (folder / name).write_bytes(value)
print(len(files), "files,", sum(map(len, files.values())), "bytes")
