#!/usr/bin/env python3
"""The paper's comparison of routers, on one engine: Soft MoE, Tokens Choice and Experts Choice.

    Benchmarks/routers/run [--variant S/16] [--batch 8] [--experts 8,32,128,256] [--rounds 5]

Time against the number of experts at a fixed number of rows (slots, or tokens that experts take), and the three beside
a dense ViT at equal FLOPs an image. All models are timed in turns, some batches each, and a median is over rounds; the
machine's limits are measured in each round. The tables become a part of docs/benchmarks.md.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOFTMOE = ROOT / ".build/release/softmoe"
ENGINE = ROOT / ".build/release/engine-bench"
BEGIN, END = "<!-- routers -->", "<!-- end of routers -->"
ROUTERS = {"Soft MoE": "soft", "Tokens Choice": "tokens_choice", "Experts Choice": "experts_choice"}

sys.path.insert(0, str(ROOT / "Benchmarks/peers"))
from machine import machine  # noqa: E402


class Model:
    """A synthesized model in an engine of its own; it makes its file when it is asked to."""

    def __init__(self, folder, name, variant, images, batch, threads, *options):
        self.name = name
        path = folder / f"{name.replace(' ', '-').replace('/', '-')}.smoe"
        subprocess.run([SOFTMOE, "synthesize", "--variant", variant, "--output", path, *options], check=True,
                       stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([ENGINE, path, images, str(batch), str(threads)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
        self.times, self.limits = [], []

    def numbers(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def run(self, seconds):
        repeats = 1 if not self.times else max(1, min(50, round(seconds / self.times[-1])))
        self.times.append(statistics.median(self.numbers(f"run {repeats}")))

    @property
    def milliseconds(self):
        # The first round finds out how long a batch takes.
        return 1e3 * statistics.median(self.times[1:])

    def flop(self):
        flop, expert_flop, _ = self.numbers("cost")
        return flop + expert_flop

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def timed(models, options):
    for _ in range(options.rounds + 1):
        for model in models:
            model.run(options.slot)
    for model in models:
        print(f"{model.name}: {model.milliseconds:.1f} ms a batch of {options.batch}", flush=True)
    return models


def router_options(router, experts, rows):
    """Options by which the experts have so many rows in all, at most: every token once, or so many slots."""
    if router == "soft":
        return ["--experts", str(experts), "--slots", str(rows // experts)]
    # Random routers are uneven ones: with a limit, tokens that choose would be dropped, and cost nothing.
    return ["--experts", str(experts), "--router", router, "--selected-experts", "1",
            "--capacity-factor", "none" if router == "tokens_choice" else "1", "--capacity-multiple", "1"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--variant", default="S/16")
    parser.add_argument("--image", type=int, default=224)
    parser.add_argument("--experts", default="8,32,128,256")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slot", type=float, default=0.6, help="seconds of a model's turn, at least one batch")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/benchmarks.md")
    options = parser.parse_args()
    counts = [int(count) for count in options.experts.split(",")]
    patch = int(options.variant.split("/")[1])
    tokens = (options.image // patch) ** 2
    # A whole number of slots for every number of experts, as many as there are tokens or a few more.
    rows = -(-tokens // max(counts)) * max(counts)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        images = folder / "images.f32"
        np.random.default_rng(1).standard_normal((4, 3, options.image, options.image)).astype(np.float32).tofile(images)
        common = (options.variant, images, options.batch, options.threads)

        def model(label, *arguments):
            return Model(folder, label, *common, "--image", str(options.image), *arguments)

        growth = {label: [] for label in ROUTERS}
        for count in counts:
            models = [model(f"{label} {count}", *router_options(router, count, rows))
                      for label, router in ROUTERS.items()]
            for label, found in zip(ROUTERS, timed(models, options)):
                growth[label].append(found.milliseconds)
                found.stop()
            for path in folder.glob("*.smoe"):
                path.unlink()
        # Equal work: as many rows as tokens, which is what a dense MLP has.
        equal = [model("dense", "--experts", "0")]
        equal += [model(label, *router_options(router, 32, tokens // 32 * 32)) for label, router in ROUTERS.items()]
        timed(equal, options)
        lines = [
            BEGIN, "## Routers on one engine", "",
            "Written by `Benchmarks/routers/run`: synthesized models, timed in turns, medians of "
            f"{options.rounds} rounds. {machine()}, {options.threads} threads, batches of {options.batch}.", "",
            f"{options.variant} with a mixture of experts in the second half of its blocks. Soft MoE has {rows} slots in "
            f"all; of the others each of the {tokens} tokens goes to one expert, none dropped, or each expert takes its share "
            "of them. "
            "Milliseconds a batch against the number of experts:", "",
            "| router | " + " | ".join(f"{count}" for count in counts) + " | growth |",
            "|---|" + "---|" * (len(counts) + 1)]
        lines += [f"| {label} | " + " | ".join(f"{time:.1f}" for time in times) + f" | {times[-1] / times[0]:.2f} × |"
                  for label, times in growth.items()]
        top = max(max(times) for times in growth.values())
        lines += ["", "```mermaid", "xychart-beta", f'    title "ms a batch of {options.batch}, by experts: '
                  + ", ".join(ROUTERS) + '"', "    x-axis [" + ", ".join(map(str, counts)) + "]",
                  f'    y-axis "ms" 0 --> {1.1 * top:.0f}']
        lines += ["    line [" + ", ".join(f"{time:.1f}" for time in times) + "]" for times in growth.values()]
        lines += ["```", "", "Beside the dense ViT, with about as many rows as tokens, 32 experts:", "",
                  "| model | GFLOP an image | ms a batch | images/s |", "|---|---|---|---|"]
        for found in equal:
            lines.append(f"| {found.name} | {found.flop() / 1e9:.2f} | {found.milliseconds:.1f} | "
                         f"{1e3 * options.batch / found.milliseconds:.1f} |")
            found.stop()
        lines += ["", END, ""]
    before, _, rest = options.output.read_text().partition(BEGIN)
    options.output.write_text(before.rstrip() + "\n\n" + "\n".join(lines) + rest.partition(END)[2].lstrip())
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
