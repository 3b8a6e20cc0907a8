#!/usr/bin/env python3
"""A server past its capacity: what it still does, what it refuses and how fast, and how soon it is itself again.

    Benchmarks/serving/overload.py [--model M.smoe] [--images DIR] [--timeout 3] [--factor 3] [--seconds 60]

Measures the capacity with 32 connections, sends the factor of it for so many seconds as a Poisson stream, and
then asks single requests. Status 0 when the good answers are 90 % of the capacity, 99 in 100 of them within
their deadline, refusals come within 20 ms (99 in 100), probes on the admin port within 50 ms (99 in 100), memory
stays flat (5 %), and after 2 s a lone request is as fast as before.
"""
import argparse
import http.client
import json
import pathlib
import statistics
import subprocess
import threading
import time

from server import MODEL, SAMPLES, SOFTMOE, serving


def load(port: int, images: pathlib.Path, *options) -> dict:
    command = [SOFTMOE, "load", "--url", f"http://127.0.0.1:{port}", "--images", images, "--json", *options]
    return json.loads(subprocess.check_output([str(part) for part in command]))["levels"][0]


def seconds_of(port: int, method: str, path: str, body: bytes | None = None) -> float:
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body=body)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, default=MODEL)
    parser.add_argument("--images", type=pathlib.Path, default=SAMPLES)
    parser.add_argument("--timeout", type=float, default=3, help="seconds that a request gives")
    parser.add_argument("--factor", type=float, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=4000, help="enough for all that wait at a time")
    options = parser.parse_args()
    photo = next(path for path in sorted(options.images.rglob("*.jpg"))).read_bytes()
    with serving("--max-queue", "100000", "--max-connections", "8000", "--request-timeout", str(options.timeout),
                 model=options.model) as server:
        def lone_request() -> float:
            return statistics.median(seconds_of(server.port, "POST", "/classify", photo) for _ in range(9))

        before = lone_request()
        capacity = load(server.port, options.images, "--concurrency", 32, "--seconds", min(20, options.seconds))
        rate = options.factor * capacity["answers_per_second"]
        memory, probes, is_done = [], [], threading.Event()

        def watch():
            while not is_done.wait(1):
                memory.append(server.status("VmRSS"))

        def probe():
            while not is_done.wait(0.05):
                probes.append(1000 * max(seconds_of(server.admin, "GET", path) for path in ("/livez", "/readyz")))

        watchers = [threading.Thread(target=watch), threading.Thread(target=probe)]
        for watcher in watchers:
            watcher.start()
        over = load(server.port, options.images, "--rate", f"{rate:.1f}", "--seconds", options.seconds,
                    "--connections", options.connections, "--timeout", options.timeout + 10)
        is_done.set()
        for watcher in watchers:
            watcher.join()
        time.sleep(2)
        after = lone_request()

    # The overload's own connections and images are there after its first third.
    third = len(memory) // 3
    warm, grown = max(memory[:third]), max(memory[third:])
    goodput = over["answers_per_second"] / capacity["answers_per_second"]
    refusals = over.get("refusal_latency_ms", {})
    probes.sort()
    probe = probes[int(0.99 * len(probes))]
    verdicts = {
        f"goodput {over['answers_per_second']:.1f}/s of {capacity['answers_per_second']:.1f}/s at {rate:.0f}/s: "
        f"{100 * goodput:.0f} %": goodput >= 0.9,
        f"accepted: p50 {over['latency_ms']['p50']:.0f} ms, p99 {over['latency_ms']['p99']:.0f} ms, deadline "
        f"{1000 * options.timeout:.0f} ms": over["latency_ms"]["p99"] <= 1000 * options.timeout,
        f"refusals: p50 {refusals.get('p50', 0):.1f} ms, p99 {refusals.get('p99', 0):.1f} ms":
            refusals.get("p99", 0) <= 20,
        f"probes: p50 {probes[len(probes) // 2]:.1f} ms, p99 {probe:.1f} ms": probe <= 50,
        f"resident memory {warm / 1024:.0f} → {grown / 1024:.0f} MiB": grown <= 1.05 * warm,
        f"a lone request: {1000 * before:.1f} ms before, {1000 * after:.1f} ms two seconds after":
            after <= 1.5 * before + 0.005,
        f"answers {over['answers']}, errors {over['errors']}": not sum(over["errors"].values()),
    }
    for text, is_good in verdicts.items():
        print("good " if is_good else "WRONG", text)
    raise SystemExit(not all(verdicts.values()))


if __name__ == "__main__":
    main()
