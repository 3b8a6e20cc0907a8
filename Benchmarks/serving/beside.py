#!/usr/bin/env python3
"""Two builds of the server side by side: requests a second and latency, in turns, one run.

    Benchmarks/serving/beside.py OTHER [--connections 32,1] [--rounds 5]

OTHER is another build's `softmoe`, of the commit before, say. Each level runs on both servers in turn, so that a busy
minute of the machine slows both. Prints each round and the median of the ratios; nothing is judged.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess

from server import MODEL, SAMPLES, SOFTMOE


def start(binary, options):
    process = subprocess.Popen([binary, "serve", "--model", MODEL, "--port", "0", "--admin-port", "0", "--kernels", "simd",
                                *options], stderr=subprocess.PIPE, text=True)
    port = None
    for line in process.stderr:
        if found := re.search(r":(\d+), probes and metrics", line):
            port = int(found[1])
        if re.search(r"\bserving\b", line):
            return process, port
    raise SystemExit(f"{binary} did not start")


def rate(port, connections, seconds):
    level = json.loads(subprocess.check_output(
        [SOFTMOE, "load", "--url", f"http://127.0.0.1:{port}", "--images", SAMPLES, "--json", "--seconds", str(seconds),
         "--warmup", "1", "--concurrency", str(connections)]))["levels"][0]
    return 1000 * connections / level["latency_ms"]["mean"], level["latency_ms"]["p50"], level["latency_ms"]["p99"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("other", type=pathlib.Path)
    parser.add_argument("--connections", default="32,1")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    servers = [start(options.other, []), start(SOFTMOE, [])]
    try:
        for connections in map(int, options.connections.split(",")):
            ratios = []
            for number in range(options.rounds):
                order = (0, 1) if number % 2 == 0 else (1, 0)
                found = {which: rate(servers[which][1], connections, options.seconds) for which in order}
                ratios.append(found[1][0] / found[0][0])
                print(f"{connections:3} connections: other {found[0][0]:7.1f}/s p50 {found[0][1]:.2f} p99 {found[0][2]:.2f} ms, "
                      f"this {found[1][0]:7.1f}/s p50 {found[1][1]:.2f} p99 {found[1][2]:.2f} ms: {ratios[-1]:.3f}", flush=True)
            print(f"{connections:3} connections: median ratio {statistics.median(ratios):.3f}")
    finally:
        for process, _ in servers:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
