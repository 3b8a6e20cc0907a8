"""Times every engine alternately in one run and writes docs/benchmarks.md.

For each model, batch size and other engine, that engine and softmoe (once for each way to store weights) take
turns for some rounds; ratios are taken within a round, so that a noisy minute hurts both. The machine's limits
are measured again in every round. One other engine at a time is loaded: each holds gigabytes.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

import report
from models import DTYPES, VARIANTS, Files
from worker import ENGINES

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent


class Worker:
    """A child process that runs one engine; see worker.py for what it understands."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.read_until("ready")

    def read_until(self, word):
        # Libraries may greet on standard output first.
        for line in self.process.stdout:
            if line.strip() == word:
                return
        sys.exit(f"a worker ended before it was {word}: {self.process.args}")

    def ask(self, line: str) -> str:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def numbers(self, line: str) -> list[float]:
        return [float(word) for word in self.ask(line).split()]

    def seconds(self, slot: float, last: float | None) -> float:
        """The median of as many batches as fit a slot."""
        repeats = 1 if last is None else max(1, min(50, round(slot / last)))
        return statistics.median(self.numbers(f"run {repeats}"))

    def logits(self) -> np.ndarray:
        with tempfile.NamedTemporaryFile() as file:
            assert self.ask(f"logits {file.name}") == "done"
            return np.fromfile(file.name, np.float32)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def measure(files: Files, key: str, batch: int, options) -> dict:
    """All rounds of one model and batch size."""
    engine = ROOT / ".build/release/engine-bench"
    ours = {f"softmoe {dtype}": Worker(engine, files.checkpoint(dtype), files.images, batch, options.threads)
            for dtype in DTYPES}
    first = next(iter(ours.values()))
    result = {"model": files.variant.name, "batch": batch, "rounds": [], "limits": [], "differences": {},
              "kernels": first.ask("kernels"),
              "cost": {name: worker.numbers("cost") for name, worker in ours.items()}}
    for peer in ENGINES:
        other = Worker(sys.executable, HERE / "worker.py", peer, key, options.folder, batch, options.threads)
        reference = other.logits()
        for name, worker in ours.items():
            difference = float(np.abs(worker.logits() - reference).max() / np.abs(reference).max())
            result["differences"][f"{name} – {peer}"] = difference
            bound = 1e-4 if name.endswith("f32") else 0.2
            if not difference < bound:
                sys.exit(f"{name} and {peer} disagree: {difference} of the largest logit")
        team = {peer: other} | ours
        last = {name: None for name in team}
        for round_index in range(options.rounds + 1):
            limits = first.numbers("limits")
            last = {name: worker.seconds(options.slot, last[name]) for name, worker in team.items()}
            # The first round finds out how long a batch takes.
            if round_index > 0:
                result["rounds"].append({"peer": peer, "seconds": last})
                result["limits"].append(limits)
        other.stop()
        times = {name: statistics.median(r["seconds"][name] for r in result["rounds"] if r["peer"] == peer)
                 for name in team}
        print(files.variant.name, "batch", batch, {name: f"{1e3 * t:.1f} ms" for name, t in times.items()},
              flush=True)
    for worker in ours.values():
        worker.stop()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default="soft,dense", help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--batches", default="1,8,32")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slot", type=float, default=0.6, help="seconds of an engine's turn, at least one batch")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=pathlib.Path, default=HERE / ".models", help="for models, kept")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/benchmarks.md")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    results = []
    for key in options.models.split(","):
        files = Files(key, options.folder)
        files.make(ROOT / ".build/release/softmoe")
        for batch in map(int, options.batches.split(",")):
            results.append(measure(files, key, batch, options))
    options.output.with_suffix(".json").write_text(json.dumps(results))
    # What other scripts wrote below stays.
    rest = options.output.read_text().partition("<!-- ") if options.output.exists() else ("", "", "")
    options.output.write_text(report.markdown(results, options.threads, options.rounds) + "\n" + rest[1] + rest[2])
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
