#!/usr/bin/env python3
"""A good client's latency beside 10 000 idle connections and 200 that send a byte every five seconds.

    Benchmarks/serving/crowd.py [--idle 10000] [--slow 200] [--seconds 20]

Needs as many open files (ulimit -n). Status 0 when the good client's p99 stays within 10 ms and 50 % of what it
was alone, and the probes of the admin port answer within 50 ms meanwhile.
"""
import argparse
import http.client
import resource
import socket
import threading
import time

from hostile import request
from server import PHOTO, Server


def latencies(port, seconds, method="POST", target="/classify", body=PHOTO):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        connection.request(method, target, body=body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        found.append(1000 * (time.perf_counter() - start))
        time.sleep(0.005)
    found.sort()
    return found[len(found) // 2], found[int(0.99 * len(found))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    needed = options.idle + options.slow + 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= needed, f"open files: {needed} are needed, {hard} allowed"
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    server = Server("--max-connections", str(options.idle + options.slow + 100), "--idle-timeout", "600",
                    "--receive-timeout", "600")
    port, admin = server.port, server.admin
    alone = latencies(port, options.seconds)

    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(options.idle)]
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(options.slow)]
    is_done = threading.Event()

    def trickle():
        for byte in request():
            for connection in slow:
                connection.sendall(bytes([byte]))
            if is_done.wait(5):
                return

    trickler = threading.Thread(target=trickle)
    trickler.start()
    time.sleep(2)
    probes = []
    prober = threading.Thread(target=lambda: probes.append(
        latencies(admin, options.seconds, "GET", "/readyz", None)))
    prober.start()
    beside = latencies(port, options.seconds)
    prober.join()
    resident = server.status("VmRSS")
    is_done.set()
    trickler.join()
    for connection in idle + slow:
        connection.close()
    server.stop()
    print(f"alone: p50 {alone[0]:.1f} ms, p99 {alone[1]:.1f} ms; beside {options.idle} idle and {options.slow} slow "
          f"connections: p50 {beside[0]:.1f} ms, p99 {beside[1]:.1f} ms; probes p99 {probes[0][1]:.1f} ms; "
          f"resident {resident >> 10} MiB")
    raise SystemExit(beside[1] > 1.5 * alone[1] + 10 or probes[0][1] > 50)


if __name__ == "__main__":
    main()
