#!/usr/bin/env python3
"""Makes the small images of this folder and the pixels Pillow prepares from them (pip: pillow numpy safetensors)."""

import io
import json
import os
import shutil
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
PIPELINES = {
    "down": {"resize_shorter": 20, "crop": 16, "filter": "bicubic"},
    "same": {"resize_shorter": 36, "crop": 13, "filter": "bicubic"},
    "up": {"resize_shorter": 41, "crop": 15, "filter": "bilinear"},
    "padded": {"resize_shorter": 12, "crop": 17, "filter": "bilinear"},
}

FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
SQUASHES = {
    f"{filter}_{height}x{width}": {"height": height, "width": width, "filter": filter}
    for filter in FILTERS for height, width in [(24, 16), (40, 20), (7, 70)]
}


def picture(width=48, height=36):
    """A gradient, a disc and noise: smooth parts, an edge, detail."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    noise = np.random.default_rng(7).integers(-20, 20, (height, width, 3))
    rgb = np.stack([x / width, y / height, 1 - x / width], -1) * 220 + 16 + noise
    rgb[(x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (250, 30, 90)
    return Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8))


def path(name):
    return os.path.join(HERE, name)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(name, width, height, depth, color, rows, extra=b"", interlace=0):
    """PNGs that Pillow cannot write; `rows` are bytes without filter bytes; None leaves IDAT out."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    data = b"" if rows is None else chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    with open(path(name), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + header + extra + data + chunk(b"IEND", b""))


def adam7(pixels):
    """The rows of the seven passes of an interlaced PNG."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    return [row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx]]


def make_refused():
    """Dishonest files; the ending says which error is due."""
    os.makedirs(path("refused"), exist_ok=True)
    row = [b"\0" * 144] * 36
    raw_png("refused/no_idat.undecodable", 48, 36, 8, 2, None)
    raw_png("refused/short_idat.undecodable", 48, 36, 8, 2, row[:20])
    raw_png("refused/empty.undecodable", 0, 0, 8, 2, row)
    raw_png("refused/beyond.undecodable", 2**31, 36, 8, 2, row)
    raw_png("refused/wide.tooLarge", 2**31 - 1, 1, 8, 2, row)
    raw_png("refused/square.tooLarge", 16_000, 16_000, 1, 0, row)
    im = picture()
    im.save(path("refused/gif.unsupported"), "GIF")
    im.crop((0, 0, 8, 8)).save(path("refused/bmp.unsupported"), "BMP")


def make_metadata():
    """Black pictures whose metadata inflate to more than anybody wants to hold."""
    os.makedirs(path("metadata"), exist_ok=True)
    row = [b"\0" * 144] * 36
    bomb = zlib.compress(b"\0" * (9 << 20), 9)
    raw_png("metadata/ztxt_bomb.png", 48, 36, 8, 2, row, chunk(b"zTXt", b"k\0\0" + bomb))
    raw_png("metadata/iccp_bomb.png", 48, 36, 8, 2, row, chunk(b"iCCP", b"k\0\0" + bomb))


def make_large():
    """Black pictures of a megapixel in each coding: few bytes that need much memory."""
    os.makedirs(path("large"), exist_ok=True)
    im = Image.new("RGB", (1200, 900))
    im.save(path("large/sequential.jpg"), optimize=True)
    im.save(path("large/progressive.jpg"), progressive=True)
    im.save(path("large/turned.jpg"), optimize=True, exif=exif(6))
    im.save(path("large/plain.png"), compress_level=9)
    raw_png("large/interlaced.png", 1200, 900, 8, 2, adam7(np.asarray(im)), interlace=1)
    im.save(path("large/lossy.webp"))
    im.save(path("large/lossless.webp"), lossless=True)


def exif(orientation, order=">"):
    e = Image.Exif()
    e.endian = order
    e[0x0112] = orientation
    return e


def make_files():
    im = picture()
    gray = im.convert("L")
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 48).astype(np.uint8), (36, 1)))
    alpha = Image.merge("RGBA", (*im.split(), ramp))
    for sampling, name in [(0, "444"), (1, "422"), (2, "420")]:
        im.save(path(name + ".jpg"), quality=88, subsampling=sampling)
    im.save(path("progressive.jpg"), quality=88, progressive=True)
    im.save(path("restarts.jpg"), quality=88, restart_marker_blocks=2)
    picture(47, 35).save(path("odd.jpg"), quality=88)
    gray.save(path("gray.jpg"), quality=88)
    im.convert("CMYK").save(path("cmyk.jpg"), quality=88)
    for value in range(1, 9):
        im.save(path(f"exif_{value}.jpg"), quality=88, exif=exif(value, "<>"[value % 2]))
    im.save(path("exif_6.png"), exif=exif(6))
    im.save(path("exif_8.webp"), quality=80, exif=exif(8))
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    im.save(path("xmp_6.jpg"), quality=88, xmp=xmp)
    im.save(path("rgb.png"))
    alpha.save(path("rgba.png"))
    gray.save(path("gray.png"))
    Image.merge("LA", (gray, ramp)).save(path("gray_alpha.png"))
    gray.convert("1").save(path("bilevel.png"))
    im.quantize(16).save(path("palette_4.png"))
    im.quantize(100).save(path("palette_8.png"), transparency=3)
    wide = np.asarray(im).astype(np.uint16) * 257 - 100
    low = np.asarray(gray).astype(np.uint16) * 2
    raw_png("gray_16.png", 48, 36, 16, 0, [row.astype(">u2").tobytes() for row in low])
    raw_png("rgb_16.png", 48, 36, 16, 2, [row.astype(">u2").tobytes() for row in wide])
    la = np.stack([wide[..., 0], wide[..., 1]], -1)
    raw_png("gray_alpha_16.png", 48, 36, 16, 4, [row.astype(">u2").tobytes() for row in la])
    two = np.asarray(gray) >> 6
    packed = two[:, 0::4] << 6 | two[:, 1::4] << 4 | two[:, 2::4] << 2 | two[:, 3::4]
    raw_png("gray_2.png", 48, 36, 2, 0, [row.tobytes() for row in packed])
    trns = chunk(b"tRNS", struct.pack(">HHH", 250, 30, 90))
    raw_png("rgb_trns.png", 48, 36, 8, 2, [row.tobytes() for row in np.asarray(im)], trns)
    im.save(path("lossy.webp"), quality=80)
    im.save(path("lossless.webp"), lossless=True)
    alpha.save(path("alpha.webp"), quality=80)
    alpha.save(path("lossless_alpha.webp"), lossless=True, exact=True)
    rgb, wide_gray = np.asarray(im), low.astype(">u2")
    raw_png("interlaced.png", 48, 36, 8, 2, adam7(rgb), interlace=1)
    raw_png("interlaced_gray_16.png", 48, 36, 16, 0, adam7(wide_gray), interlace=1)
    picture(1, 3000).save(path("1x3000.png"))
    picture(3000, 1).save(path("3000x1.png"))
    im.crop((0, 0, 1, 1)).save(path("1x1.png"))
    im.crop((5, 0, 7, 36)).save(path("2x36.png"))


def png_chunks(data):
    at = 8
    while at < len(data):
        size = 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at : at + size]
        at += size


def make_unusual():
    """Damage that Pillow sees past, orientation in unusual places, animations: what people's photos really hold."""
    os.makedirs(path("unusual"), exist_ok=True)
    im = picture()
    said = lambda orientation, order=">": exif(orientation, order).tobytes()

    def put(name, data):
        with open(path("unusual/" + name), "wb") as file:
            file.write(data)

    def encoded(format, **options):
        file = io.BytesIO()
        im.save(file, format, **options)
        return file.getvalue()

    png = encoded("PNG")
    ihdr, *idat, iend = [whole for _, whole in png_chunks(png)]
    head, pixels = png[:8] + ihdr, b"".join(idat)
    put("no_iend.png", head + pixels)
    put("iend_cut.png", head + pixels + iend[:8])
    put("bad_crc.png", head + pixels[:-1] + bytes([pixels[-1] ^ 1]) + iend)
    put("two_headers.png", png[:8] + ihdr + ihdr + pixels + iend)
    put("unknown_chunk.png", head + chunk(b"NEWs", b"news") + pixels + iend)
    put("apng.png", encoded("PNG", save_all=True, append_images=[im.rotate(180)]))
    block = said(6)[6:]
    dump = lambda data: b"\nexif\n%8d\n" % len(data) + b"\n".join(
        data.hex().encode()[i : i + 72] for i in range(0, 2 * len(data), 72)) + b"\n"
    profile = b"Raw profile type exif\0"
    put("raw_profile.png", head + chunk(b"tEXt", profile + dump(said(6))) + pixels + iend)
    put("raw_profile_behind.png", head + pixels + chunk(b"zTXt", profile + b"\0" + zlib.compress(dump(block))) + iend)
    put("exif_text.png", head + chunk(b"tEXt", b"exif\0" + said(8)) + pixels + iend)
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="5"/></x:xmpmeta>'
    name = b"XML:com.adobe.xmp\0"
    put("xmp_compressed.png", head + chunk(b"iTXt", name + b"\1\0\0\0" + zlib.compress(xmp)) + pixels + iend)
    put("xmp_language.png", head + chunk(b"iTXt", name + b"\0\0en\0XMP\0" + xmp) + pixels + iend)
    put("exif_and_xmp.png", head + chunk(b"iTXt", name + b"\0\0\0\0" + xmp) + chunk(b"eXIf", said(3)[6:]) + pixels + iend)
    put("exif_empty.png", head + chunk(b"eXIf", b"") + chunk(b"tEXt", profile + dump(block)) + pixels + iend)

    jpeg = encoded("JPEG", quality=88)
    scan = jpeg.index(b"\xff\xda")
    app1 = lambda data: b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
    put("cut_half_eoi.jpg", jpeg[: scan + (len(jpeg) - scan) // 2] + b"\xff\xd9")
    put("cut_tail_eoi.jpg", jpeg[:-20] + b"\xff\xd9")
    restarts = encoded("JPEG", quality=88, restart_marker_blocks=2)
    lost = restarts.index(b"\xff\xd1", restarts.index(b"\xff\xda"))
    put("missing_restart.jpg", restarts[:lost] + restarts[lost + 2 :])
    put("wrong_byte.jpg", jpeg[: scan + 300] + b"\x55\xaa" + jpeg[scan + 302 :])
    progressive = encoded("JPEG", quality=88, progressive=True)
    put("progressive_cut_eoi.jpg", progressive[:-200] + b"\xff\xd9")
    put("exif_doubled.jpg", jpeg[:2] + app1(b"Exif\0\0" + said(6)) + jpeg[2:])
    put("exif_in_two.jpg", jpeg[:2] + app1(said(6)[:20]) + app1(b"Exif\0\0" + said(6)[20:]) + jpeg[2:])
    for order, magic, name in [("<", b"II\0*", "ii"), (">", b"MM*\0", "mm")]:
        put(f"exif_{name}_swapped.jpg", jpeg[:2] + app1(b"Exif\0\0" + magic + said(6, order)[10:]) + jpeg[2:])

    def typed(kind, count, value, *behind):
        entry = struct.pack("<HHI", 0x112, kind, count) + value
        return app1(b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4) + b"".join(behind))

    elsewhere = struct.pack("<I", 26)
    types = {
        "byte": typed(1, 1, b"\6\0\0\0"), "long": typed(4, 1, b"\6\0\0\0"), "signed": typed(8, 1, b"\6\0\0\0"),
        "two": typed(3, 2, b"\6\0\3\0"), "many": typed(3, 3, elsewhere, struct.pack("<HHH", 8, 1, 1)),
        "ratio": typed(5, 1, elsewhere, struct.pack("<II", 12, 2)), "double": typed(12, 1, elsewhere, struct.pack("<d", 3)),
        "float": typed(11, 1, struct.pack("<f", 7)), "none": typed(3, 0, b"\6\0\0\0"),
    }
    for name, segment in types.items():
        put(f"exif_type_{name}.jpg", jpeg[:2] + segment + jpeg[2:])

    im.save(path("unusual/animated.webp"), quality=80, save_all=True, append_images=[im.rotate(90)])
    im.save(path("unusual/animated_lossless.webp"), lossless=True, save_all=True, append_images=[im.rotate(90)])
    # A first frame of 20 x 12 at (8, 6) of the canvas.
    small = picture(20, 12)
    file = io.BytesIO()
    small.save(file, "WEBP", lossless=True)
    coded = file.getvalue()[12:]
    three = lambda value: struct.pack("<I", value)[:3]
    part = lambda kind, data: kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    frame = three(4) + three(3) + three(19) + three(11) + three(100) + b"\0" + coded
    body = part(b"VP8X", b"\2\0\0\0" + three(47) + three(35)) + part(b"ANIM", bytes(6)) + part(b"ANMF", frame)
    put("animated_small.webp", b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body)


def squash(im, height, width, filter):
    """Pillow's resize to both sides."""
    im = ImageOps.exif_transpose(im).convert("RGB")
    return np.asarray(im.resize((width, height), getattr(Image.Resampling, filter.upper())))


def make_expected(folder, names, pipelines, prepare, source=None):
    source = source or path(folder)
    expected = {}
    for name in names:
        for pipeline, options in pipelines.items():
            expected[f"{name}:{pipeline}"] = prepare(Image.open(os.path.join(source, name)), **options)
    save_file(expected, path(os.path.join(folder, "expected.safetensors")))
    with open(path(os.path.join(folder, "case.json")), "w") as file:
        json.dump({"pipelines": pipelines}, file, indent=1)
        file.write("\n")


def pictures(folder):
    return [name for name in sorted(os.listdir(path(folder))) if name.endswith((".jpg", ".png", ".webp"))]


def make_cases(folder):
    """Of those that Pillow opens and that are quick to read."""
    os.makedirs(path("cases"), exist_ok=True)
    names = []
    for name in sorted(os.listdir(folder)):
        try:
            with Image.open(os.path.join(folder, name)) as im:
                if im.size[0] * im.size[1] < 4_000_000:
                    im.load()
                    names.append(name)
        except OSError:
            pass
    make_expected("cases", names, {"down": PIPELINES["down"]}, prepare, folder)


def prepare(im, resize_shorter, crop, filter):
    """torchvision's Resize(int) and CenterCrop on a PIL image."""
    im = ImageOps.exif_transpose(im).convert("RGB")
    w, h = im.size
    size = resize_shorter
    w, h = (size, int(size * h / w)) if w <= h else (int(size * w / h), size)
    im = im.resize((w, h), getattr(Image.Resampling, filter.upper()))
    pixels = np.asarray(im)
    if w < crop or h < crop:
        x, y = max(crop - w, 0), max(crop - h, 0)
        pixels = np.pad(pixels, ((y // 2, (y + 1) // 2), (x // 2, (x + 1) // 2), (0, 0)))
        h, w = pixels.shape[:2]
    top, left = round((h - crop) / 2), round((w - crop) / 2)
    return np.ascontiguousarray(pixels[top : top + crop, left : left + crop])


def main():
    make_files()
    make_refused()
    make_metadata()
    make_large()
    make_unusual()
    make_expected(".", pictures("."), PIPELINES, prepare)
    make_expected("unusual", pictures("unusual"), {"down": PIPELINES["down"]}, prepare)
    os.makedirs(path("squash"), exist_ok=True)
    for name in ["exif_6.png", "420.jpg"]:
        shutil.copy(path(name), path("squash"))
    make_expected("squash", pictures("squash"), SQUASHES, squash)
    # Photos of the kinds that bug reports are about, which lie elsewhere: make.py FOLDER.
    if len(sys.argv) > 1:
        make_cases(sys.argv[1])


if __name__ == "__main__":
    main()
