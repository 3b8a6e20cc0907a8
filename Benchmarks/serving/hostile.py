#!/usr/bin/env python3
"""Sends a server what no good client sends, and after each a good request that must succeed.

    Benchmarks/serving/hostile.py [--port 8080]

Starts a server of its own unless one is named. Each case has the statuses that it may have; 'closed' is a
connection that the server ended. Status 0 when every case and every good request after it went well.
"""
import argparse
import socket
import struct
import time
import zlib

from server import MODEL, PHOTO, ROOT, Server

PHOTOS = [ROOT / "Tests/ImageInputTests/Fixtures" / name for name in (
    "1x1.png", "cmyk.jpg", "rgb_16.png", "interlaced.png", "progressive.jpg", "lossless_alpha.webp")]


def exchange(port, data, pieces=None, pause=0.0, shut=False, limit=30.0):
    """Sends bytes, all at once or in pieces, and returns the status of the first final answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=limit) as connection:
        try:
            for piece in pieces or [data]:
                connection.sendall(piece)
                time.sleep(pause)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while b"\r\n\r\n" not in answer:
                more = connection.recv(65536)
                if not more:
                    return "closed" if not answer else "cut"
                answer += more
                while answer.startswith(b"HTTP/1.1 100") and b"\r\n\r\n" in answer:
                    answer = answer.split(b"\r\n\r\n", 1)[1]
            return int(answer.split()[1])
        except (ConnectionError, TimeoutError) as error:
            return "closed" if isinstance(error, ConnectionError) else "timeout"


def request(method="POST", target="/classify", headers=(), body=PHOTO, version="HTTP/1.1", length=None):
    lines = [f"{method} {target} {version}", "Host: x", *headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body, size, encoding="chunked"):
    head = request(headers=[f"Transfer-Encoding: {encoding}"], body=b"").replace(b"Content-Length: 0\r\n", b"")
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def png(width, height, *chunks, depth=8, colour=2):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunk(*c) for c in chunks) + chunk(b"IEND", b"")


def cases():
    bomb = zlib.compress(bytes(200 << 20), 9)
    rows = zlib.compress(b"".join(b"\0" + bytes(3 * 8) for _ in range(8)))
    form = ["Content-Type: multipart/form-data; boundary=x"]
    frame = PHOTO.index(b"\xff\xc0")
    arithmetic = PHOTO[:frame + 1] + b"\xc9" + PHOTO[frame + 2:]
    lossless = PHOTO[:frame + 1] + b"\xc3" + PHOTO[frame + 2:]
    huge = PHOTO[:frame + 5] + struct.pack(">HH", 65500, 65500) + PHOTO[frame + 9:]
    return [
        ("empty body", request(body=b""), {400}),
        ("text", request(body=b"hello"), {415}),
        ("truncated JPEG", request(body=PHOTO[:len(PHOTO) // 2]), {422}),
        ("JPEG of magic alone", request(body=b"\xff\xd8\xff"), {422}),
        ("arithmetic JPEG", request(body=arithmetic), {415, 422}),
        ("lossless JPEG", request(body=lossless), {415, 422}),
        ("JPEG that says 65500 × 65500", request(body=huge), {413, 422}),
        ("PNG of 40000² in few bytes", request(body=png(40000, 40000, (b"IDAT", bomb[:1 << 20]))), {413}),
        ("PNG 2³¹ wide", request(body=png(1 << 31, 1, (b"IDAT", rows))), {413, 422}),
        ("PNG 0 × 0", request(body=png(0, 0, (b"IDAT", rows))), {422}),
        ("PNG without IDAT", request(body=png(8, 8)), {422}),
        ("PNG with a bad CRC", request(body=png(8, 8, (b"IDAT", rows))[:-20] + b"x" + bytes(19)), {422}),
        ("PNG with a zTXt bomb", request(body=png(8, 8, (b"zTXt", b"k\0\0" + bomb), (b"IDAT", rows))), {200, 413, 422}),
        ("PNG with an iCCP bomb", request(body=png(8, 8, (b"iCCP", b"k\0\0" + bomb), (b"IDAT", rows))), {200, 413, 422}),
        ("GIF", request(body=b"GIF89a\x01\x00\x01\x00\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"), {415}),
        ("BMP", request(body=b"BM" + bytes(100)), {415}),
        ("SVG", request(body=b"<svg xmlns='http://www.w3.org/2000/svg'/>"), {415}),
        ("HEIC", request(body=b"\0\0\0\x18ftypheic" + bytes(64)), {415}),
        ("WebP header alone", request(body=b"RIFF\x1a\0\0\0WEBPVP8L" + bytes(8)), {422}),
        ("polyglot: JPEG, then ZIP", request(body=PHOTO + b"PK\x03\x04" + bytes(64)), {200}),
        ("top_k 0", request(target="/classify?top_k=0"), {400}),
        ("top_k -1", request(target="/classify?top_k=-1"), {400}),
        ("top_k 2³¹", request(target="/classify?top_k=2147483648"), {400}),
        ("top_k 5x", request(target="/classify?top_k=5x"), {400}),
        ("NUL in the path", request(target="/classify%00"), {400, 404}),
        ("dots in the path", request("GET", "/../../etc/passwd", body=b""), {400, 404}),
        ("slashes in the path", request("GET", "//info", body=b""), {404}),
        ("model name with slashes", request("GET", "/v2/models/..%2f..%2fetc", body=b""), {400, 404}),
        ("URL of 64 KiB", request("GET", "/" + "a" * 65536, body=b""), {414, 431, 400, "closed"}),
        ("1000 headers", request("GET", "/info", [f"x-{i}: {'v' * 40}" for i in range(1000)], b""), {431, 400, 413, "closed"}),
        ("line feed in x-request-id", request(headers=["x-request-id: a\nSet-Cookie: b"]), {200, 400}),
        ("both lengths", request(headers=["Transfer-Encoding: chunked"]), {400}),
        ("two Content-Lengths", request(headers=["Content-Length: 5"]), {400}),
        ("negative Content-Length", request(length=-5), {400}),
        ("Content-Length of 2⁶⁴", request(length=1 << 64), {400, 413}),
        ("oversize with Expect", request(headers=["Expect: 100-continue"], body=b"", length=1 << 30), {413}),
        ("Transfer-Encoding gzip, chunked", chunked(PHOTO, 500, "gzip, chunked"), {400}),
        ("gzip body", request(headers=["Content-Encoding: gzip"], body=zlib.compress(PHOTO)), {415}),
        ("HEAD", request("HEAD", "/info", body=b""), {200}),
        ("OPTIONS", request("OPTIONS", "/classify", body=b""), {405}),
        ("TRACE", request("TRACE", "/classify", body=b""), {405}),
        ("unknown method", request("BREW", "/classify", body=b""), {405}),
        ("HTTP/1.0", request(version="HTTP/1.0"), {200}),
        ("HTTP/2.0", request(version="HTTP/2.0"), {400, 505, "closed"}),
        ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n", {400, "closed"}),
        ("pipelined", request() + request(), {200}),
        ("form without a boundary", request(headers=["Content-Type: multipart/form-data"]), {400}),
        ("form that is none", request(headers=form), {400}),
        ("form of 5000 parts", request(headers=form, body=b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n" * 5000 + b"--x--\r\n"), {400, 413}),
        ("chunks of 500", chunked(PHOTO, 500), {200}),
        ("PNG of 1 × 16384", request(body=png(1, 16384, (b"IDAT", zlib.compress(bytes(4 * 16384))))), {200}),
        ("PNG of 1 × 65501", request(body=png(1, 65501, (b"IDAT", zlib.compress(bytes(4 * 65501))))), {413}),
        ("unknown layer", request("GET", "/v1/experts/99999999999999999999", body=b""), {404}),
        ("layer with NUL", request("GET", "/v1/experts/%00", body=b""), {400, 404}),
        ("layer of 2⁶⁴", request(target="/explain?layer=18446744073709551616&expert=0"), {400}),
        ("expert -1", request(target="/explain?layer=3&expert=-1"), {400}),
        ("experts of 2³¹", request(target="/classify?explain=1&experts=2147483648"), {400}),
        ("explained text", request(target="/explain?layer=3&expert=0", body=b"hello"), {415}),
    ] + [(f"photo: {path.name}", request(body=path.read_bytes()), {200}) for path in PHOTOS] + [
        (f"tensors: {name}", request(target=f"/v2/models/{MODEL.stem}/infer", body=body), {status})
        for name, body, status in tensors()
    ]


def tensors():
    """Bodies for /v2, none of which may be inferred."""
    def pixels(shape, data="[0]"):
        return b'{"inputs":[{"name":"pixels","datatype":"FP32","shape":%s,"data":%s}]}' % (shape.encode(), data.encode())
    return [
        ("nested 100 000 deep", b'{"inputs":' + b"[" * 100_000, 400), ("no JSON", b"image", 400), ("null", b"null", 400),
        ("invalid UTF-8", b'{"id":"\xff\xfe","inputs":[]}', 400), ("no inputs", b'{"inputs":[]}', 400),
        ("negative shape", pixels("[-1,3,32,32]"), 400), ("shape beyond 2⁶⁴", pixels("[4294967296,4294967296,4294967296,2]"), 400),
        ("huge shape in few bytes", pixels("[1000000000,3,32,32]"), 400), ("NaN", pixels("[1,3,32,32]", "[NaN]"), 400),
        ("1e999", pixels("[1,3,32,32]", "[1e999]"), 400), ("too few numbers", pixels("[1,3,32,32]"), 400),
        ("shape of fractions", pixels("[1.5,3,32,32]"), 400),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, help="of a server on this machine; without it one is started")
    options = parser.parse_args()
    server = None if options.port else Server("--receive-timeout", "3")
    port = options.port or server.port
    failures = 0

    def check(name, found, expected):
        nonlocal failures
        good = exchange(port, request())
        if found not in expected or good != 200:
            failures += 1
            print(f"WRONG  {name}: found {found}, expected {sorted(map(str, expected))}; a good request: {good}")

    listed = cases()
    for name, data, expected in listed:
        check(name, exchange(port, data), expected)
    data = chunked(PHOTO[:3000], 1)
    check("chunks of one byte", exchange(port, data), {422})
    check("one byte a half second", exchange(port, b"", [bytes([b]) for b in request()[:12]], 0.5), {408, "closed"})
    check("body shorter than its length, then the end", exchange(port, request(length=len(PHOTO) + 9), shut=True), {400, "closed"})
    check("body that never comes", exchange(port, request(body=b"", length=100)), {408, "closed"})
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request())
    check("200 clients that leave at once", exchange(port, request()), {200})
    print(f"{len(listed) + 5} cases, {failures} wrong")
    if server:
        server.stop()
    raise SystemExit(failures > 0)


if __name__ == "__main__":
    main()
