#!/usr/bin/env python3
"""Attacks on a server, one or all together, beside an honest client and probes of the admin port.

    Benchmarks/serving/attack.py [--attacks almost,forms,…] [--seconds 120] [--memory 1024] [--keys] [--quiet-admin]

Each attack runs in a process of its own, and as they stand for other machines, after everybody else who wants a core.
With --memory the server runs in a control group of so many MiB (as root,
cgroup v1 or v2). With --keys the server wants a key, which the honest client has and the attackers have not.
Status 0 when the server lives and ends with 0, every honest answer is right, and no probe fails.
"""
import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import socket
import struct
import subprocess
import tempfile
import threading
import time
import zlib

import hostile
from server import MODEL, PHOTO, SAMPLES, SOFTMOE, Server

KEY = "an-honest-client's-key"
LARGEST = 32 << 20


def big_png(damage=None):
    """A PNG of 49 megapixels in few bytes, whole or damaged near its end."""
    width = height = 7000
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + 3 * width)) for _ in range(height)) + packer.flush()
    data = hostile.png(width, height, (b"IDAT", rows))
    if damage == "checksum":
        place = data.rindex(b"IEND") - 8
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
    return data[:-40] if damage == "truncated" else data


@contextlib.contextmanager
def connected(port, count):
    open_ones = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):
                open_ones.append(socket.create_connection(("127.0.0.1", port), timeout=5))
        yield open_ones
    finally:
        for connection in open_ones:
            connection.close()


def post(port, body, headers=(), target="/classify"):
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", target, body=body, headers=dict(headers))
        status = connection.getresponse().status
        connection.close()
        return status
    return "cut"


# The attacks: (port, admin, is_done, count). `count(what)` is called for what became of each try.

def almost(port, _, is_done, count):
    """1000 connections that each send all but one byte of the largest body."""
    piece = bytes(1 << 18)
    head = hostile.request(body=b"", length=LARGEST)

    def one(connection):
        sent = 0
        try:
            connection.sendall(head)
            while sent < LARGEST - 1 and not is_done.is_set():
                sent += connection.send(piece[:min(len(piece), LARGEST - 1 - sent)])
            is_done.wait(20)
            count("held")
        except OSError:
            count("refused or cut")

    while not is_done.is_set():
        with connected(port, 1000) as connections:
            threads = [threading.Thread(target=one, args=(c,)) for c in connections]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


def trickle_bodies(port, _, is_done, count):
    """200 heads of the largest body, and then a byte a second."""
    while not is_done.is_set():
        with connected(port, 200) as connections:
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.sendall(hostile.request(body=b"", length=LARGEST))
            for _ in range(20):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.sendall(b"x")
                if is_done.wait(1):
                    break
            count("round")


def forms(port, _, is_done, count):
    """Three clients with forms of 64 tiny files of 49 megapixels."""
    photo = big_png()
    part = b"--b\r\nContent-Disposition: form-data; name=i; filename=i\r\n\r\n" + photo + b"\r\n"
    body = 64 * part + b"--b--\r\n"

    def one():
        while not is_done.is_set():
            count(post(port, body, {"Content-Type": "multipart/form-data; boundary=b"}.items()))
            is_done.wait(0.2)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def damaged(port, _, is_done, count):
    """Damaged PNGs of 49 megapixels at full rate, from 16 clients."""
    bodies = [big_png("checksum"), big_png("truncated")]

    def one():
        while not is_done.is_set():
            count(post(port, random.choice(bodies)))

    threads = [threading.Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def silent(port, _, is_done, count):
    """2000 connections that say nothing, opened again as they are closed."""
    while not is_done.is_set():
        with connected(port, 2000) as connections:
            count(f"{len(connections) // 100 * 100} opened")
            is_done.wait(5)


def admin_idle(_, admin, is_done, count):
    """1000 connections to the admin port that say nothing."""
    while not is_done.is_set():
        with connected(admin, 1000) as connections:
            count(f"{len(connections) // 100 * 100} opened")
            is_done.wait(5)


def admin_chatty(_, admin, is_done, count):
    """1000 connections to the admin port that ask one thing after another."""
    while not is_done.is_set():
        with connected(admin, 1000) as connections:
            for _ in range(50):
                for connection in connections:
                    with contextlib.suppress(OSError):
                        connection.settimeout(0.02)
                        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
                        connection.recv(4096)
                if is_done.is_set():
                    break
            count("round")


def escapes(port, _, is_done, count):
    """31 MiB of escaped strings in a field that nobody knows."""
    text = b'{"unknown":["' + b'","'.join([b"\\u0041\\n" * 4096] * ((31 << 20) // (8 * 4096))) + b'"]}'
    while not is_done.is_set():
        count(post(port, text, {"Content-Type": "application/json"}.items(), "/v2/models/cifar10-softmoe/infer"))
        is_done.wait(0.1)


def pixels(port, _, is_done, count):
    """Pixels so large that the model computes no finite numbers, and such as are almost nothing."""
    values = [3e38, -3e38, 1e-45, 1e38, 0.0]
    while not is_done.is_set():
        data = struct.pack("<3072f", *[random.choice(values) for _ in range(3072)])
        head = json.dumps({"inputs": [{
            "name": "pixels", "shape": [1, 3, 32, 32], "datatype": "FP32",
            "parameters": {"binary_data_size": len(data)}}]}).encode()
        count(post(port, head + data, {"Inference-Header-Content-Length": str(len(head))}.items(),
                   "/v2/models/cifar10-softmoe/infer"))
        is_done.wait(0.01)


def malformed(port, admin, is_done, count):
    """Heads and chunks that are not HTTP, and everything of hostile.py."""
    listed = hostile.cases()
    while not is_done.is_set():
        name, data, expected = random.choice(listed)
        found = hostile.exchange(port, data)
        count("refused" if found in expected or found in (401, 503, 429) else f"WRONG {name}: {found}")
        is_done.wait(0.02)


def vanishing(port, _, is_done, count):
    """Clients that leave in the middle."""
    whole = hostile.request()
    while not is_done.is_set():
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(whole[:random.randrange(1, len(whole) + 1)])
                time.sleep(random.choice((0, 0, 0.002, 0.01)))
            count("gone")
        is_done.wait(0.02)


ATTACKS = {f.__name__: f for f in (almost, trickle_bodies, forms, damaged, silent, admin_idle, admin_chatty, escapes,
                                   pixels, malformed, vanishing)}


def attack(name, port, admin, is_done, results):
    counts, lock = {}, threading.Lock()

    def count(what):
        with lock:
            counts[str(what)] = counts.get(str(what), 0) + 1

    os.nice(10)
    ATTACKS[name](port, admin, is_done, count)
    results.put((name, counts))


def honest(port, headers, right, is_done, results):
    """One photo after another: the answers, and how long each took; refusals for want of room apart."""
    connection, times, refused, wrong = http.client.HTTPConnection("127.0.0.1", port, timeout=60), [], {}, {}

    def judge(start):
        connection.request("POST", "/classify?top_k=10", body=PHOTO, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 200 and json.loads(body)["predictions"] == right:
            times.append(1000 * (time.perf_counter() - start))
            return
        kind, text = refused if answer.status in (429, 503) else wrong, f"{answer.status} {body[:120]!r}"
        kind[text] = kind.get(text, 0) + 1

    while not is_done.is_set():
        start = time.perf_counter()
        try:
            judge(start)
        except (OSError, http.client.HTTPException):
            # A kept connection may be closed to make room while it is idle: ask again on a new one, once.
            connection.close()
            try:
                judge(start)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                wrong[repr(error)] = wrong.get(repr(error), 0) + 1
        time.sleep(0.05)
    results.put(("honest", (times, refused, wrong)))


def probes(admin, is_done, results):
    """/livez and /readyz, each on a new connection as the kubelet asks."""
    with contextlib.suppress(PermissionError):
        os.nice(-10)  # What is measured is how long the server takes, not this process.
    times, wrong = [], {}
    while not is_done.is_set():
        for target in ("/livez", "/readyz"):
            start = time.perf_counter()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=10)
                connection.request("GET", target)
                status = connection.getresponse().status
                connection.close()
                times.append(1000 * (time.perf_counter() - start))
                if status != 200:
                    wrong[f"{target} {status}"] = wrong.get(f"{target} {status}", 0) + 1
            except (OSError, http.client.HTTPException) as error:
                wrong[f"{target} {error!r}"] = wrong.get(f"{target} {error!r}", 0) + 1
        time.sleep(0.1)
    results.put(("probes", (times, wrong)))


@contextlib.contextmanager
def control_group(mebibytes):
    """A control group with a limit of memory; yields how to put a process into it, and how much it has used."""
    if mebibytes is None:
        yield None
        return
    v1 = pathlib.Path("/sys/fs/cgroup/memory")
    group = (v1 if v1.is_dir() else pathlib.Path("/sys/fs/cgroup")) / f"softmoe-{os.getpid()}"
    group.mkdir()
    (group / ("memory.limit_in_bytes" if v1.is_dir() else "memory.max")).write_text(str(mebibytes << 20))
    try:
        yield group
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--attacks", default="all", help=f"of {', '.join(ATTACKS)}; none for the honest client alone")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--memory", type=int, help="MiB that the server may have")
    parser.add_argument("--keys", action="store_true")
    parser.add_argument("--quiet-admin", action="store_true", help="leave out the attacks on the admin port")
    options = parser.parse_args()
    names = {"all": list(ATTACKS), "none": []}.get(options.attacks) or [n for n in options.attacks.split(",") if n in ATTACKS]
    if options.quiet_admin:
        names = [name for name in names if not name.startswith("admin")]
    right = json.loads(subprocess.check_output(
        [SOFTMOE, "classify", "--json", "--top-k", "10", "--model", MODEL, SAMPLES / "cat.jpg"]))["predictions"]
    with tempfile.TemporaryDirectory() as folder, control_group(options.memory) as group:
        arguments, headers = [], {}
        if options.keys:
            keys = pathlib.Path(folder) / "keys"
            keys.write_text(KEY.replace("'", "-") + "\n")
            keys.chmod(0o600)
            arguments, headers = ["--api-keys", keys], {"x-api-key": KEY.replace("'", "-")}
        server = Server(*arguments, group=group)
        context = multiprocessing.get_context("fork")
        is_done, results = context.Event(), context.Queue()
        workers = [context.Process(target=honest, args=(server.port, headers, right, is_done, results)),
                   context.Process(target=probes, args=(server.admin, is_done, results))]
        workers += [context.Process(target=attack, args=(n, server.port, server.admin, is_done, results)) for n in names]
        for worker in workers:
            worker.start()
        start, largest = time.monotonic(), 0
        while time.monotonic() - start < options.seconds and server.process.poll() is None:
            time.sleep(1)
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, TypeError):
                largest = max(largest, server.status("VmHWM"))
        lives = server.process.poll() is None
        is_done.set()
        told = dict(results.get(timeout=300) for _ in workers)
        for worker in workers:
            worker.join(60)
        if lives:
            server.stop()
    (times, refused, wrong), (asked, failed) = told.pop("honest"), told.pop("probes")
    for name in names:
        print(f"{name:15} {told.get(name)}")
    print(f"honest          {len(times)} right, p50 {quantile(times, 0.5):.1f} ms, p99 {quantile(times, 0.99):.1f} ms, "
          f"most {max(times, default=0):.0f} ms; refused: {refused}; wrong: {wrong}")
    print(f"probes          {len(asked)}, p50 {quantile(asked, 0.5):.1f} ms, p99 {quantile(asked, 0.99):.1f} ms, "
          f"most {max(asked, default=0):.0f} ms; failed: {failed}")
    print(f"server          {'lives' if lives else 'DEAD'}, {largest >> 10} MiB at most; it said: {server.memory}")
    raise SystemExit(not lives or bool(wrong) or bool(failed))


if __name__ == "__main__":
    main()
