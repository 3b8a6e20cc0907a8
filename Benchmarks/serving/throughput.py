#!/usr/bin/env python3
"""What HTTP costs: a server's throughput and a lone request's latency beside the engine's own.

    Benchmarks/serving/throughput.py [--model M.smoe] [--images DIR] [--connections 32] [--rounds 3]

In each round 32 connections post JPEGs, and then `softmoe bench` runs batches of the size that they had. Status 0 when the median round's
throughput is at least 95 % of the engine's at the same batch size, and the median lone request takes within 3 ms of
its decoding and inference.
"""
import argparse
import json
import pathlib
import statistics
import subprocess

from server import MODEL, SAMPLES, SOFTMOE, serving


def run(*command) -> dict:
    return json.loads(subprocess.check_output([SOFTMOE, *map(str, command)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=pathlib.Path, default=MODEL)
    parser.add_argument("--images", type=pathlib.Path, default=SAMPLES)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    shares, overheads = [], []
    for _ in range(options.rounds):
        with serving(model=options.model) as server:
            load = ["load", "--url", f"http://127.0.0.1:{server.port}", "--images", options.images, "--json",
                    "--seconds", options.seconds, "--warmup", 3, "--concurrency"]
            busy = run(*load, options.connections)["levels"][0]
            lone = run(*load, 1)["levels"][0]
        batch = round(busy["mean_batch_size"])
        engine = run("bench", options.model, "--batches", batch, "--seconds", options.seconds / 2,
                     "--json")["runs"][0]["images_per_second"]
        timing = lone["mean_server_timing_ms"]
        # In a closed loop; the count of answers hangs on whether one more batch fits into the time.
        rate = 1000 * options.connections / busy["latency_ms"]["mean"]
        shares.append(rate / engine)
        overheads.append(lone["latency_ms"]["p50"] - timing["decode"] - timing["inference"])
        print(f"{options.connections} connections {rate:.1f} requests/s in batches of {batch}, "
              f"engine {engine:.1f} images/s: {100 * shares[-1]:.0f} %; lone p50 {lone['latency_ms']['p50']:.1f} ms, "
              f"decode {timing['decode']:.1f} and inference {timing['inference']:.1f}: {overheads[-1]:.2f} ms more", flush=True)
    share, overhead = statistics.median(shares), statistics.median(overheads)
    print(f"median: {100 * share:.0f} % of the engine, {overhead:.2f} ms more")
    raise SystemExit(share < 0.95 or overhead > 3)


if __name__ == "__main__":
    main()
