"""Loads softmoe and LitServe with ONNX Runtime in turn and writes docs/serving-benchmarks.md.

Both serve the same weights and are sent the same images by the same generator, in a closed loop. For each model
and number of connections LitServe's settings are tried first, one after another, and the best are kept; softmoe
runs as it comes. Then the servers take turns for some rounds; ratios are taken within a round, so that a noisy
minute hurts both. While one is measured the others are stopped (SIGSTOP). The network is on the same machine, and
so is the generator.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

import tables
from servers import LitServe, Softmoe
from subjects import ROOT, SUBJECTS, Subject, as_json

# LitServe's settings to begin with, and what else is tried of each in turn.
SETTINGS = {"max_batch_size": 32, "batch_timeout": 0.005, "decode_threads": 1, "spinning": True, "api_servers": 1,
            "fast_queue": False}
TRIALS = {"batch_timeout": [0.0, 0.001, 0.02, 0.05], "max_batch_size": [1], "decode_threads": [2],
          "spinning": [False], "api_servers": [2], "fast_queue": [True]}


def tune(start, connections: int, seconds: float) -> tuple[dict, list]:
    """The best settings found, and all that was tried with its requests/s."""
    trials = []

    def rate(settings: dict) -> float:
        server = start(settings)
        try:
            measured = server.load(connections, seconds, warmup=seconds / 2)
        finally:
            server.stop()
        # In a closed loop, the rate; the count of a short trial hangs on whether one more batch fits in.
        rate = 1000 * connections / measured["mean"]
        trials.append({"settings": settings, "rate": rate})
        print(f"  {connections} connections, LitServe {settings}: {rate:.1f}/s", flush=True)
        return rate

    best, highest = SETTINGS, rate(SETTINGS)
    for key, values in TRIALS.items():
        for value in values:
            settings = best | {key: value}
            if (found := rate(settings)) > highest:
                best, highest = settings, found
    return best, trials


def agree(name: str, ours: list, theirs: list, bound: float) -> None:
    """Ends the program unless the highest probabilities of every image are the same up to `bound`."""
    for image, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        pairs = zip(one, other, strict=True)
        if max(abs(a["probability"] - b["probability"]) for a, b in pairs) > bound:
            sys.exit(f"{name}: different answers to image {image}: {one}, {other}")


def measure(subject: Subject, connections: int, folder: pathlib.Path, options) -> dict:
    """All rounds of one model and number of connections."""
    with as_json(subject.images) as bodies:
        exact = next(iter(subject.checkpoints.values()))

        def start(settings: dict) -> LitServe:
            return LitServe(exact, subject.onnx, pathlib.Path(bodies), folder / "counts", options.threads, settings)

        settings, trials = tune(start, connections, subject.seconds * options.scale / 2)
        team = {}
        try:
            team["LitServe"] = start(settings)
            theirs = team["LitServe"].predictions()
            for dtype, checkpoint in subject.checkpoints.items():
                server = team[f"softmoe {dtype}"] = Softmoe(checkpoint, subject.images, options.threads)
                agree(f"softmoe {dtype}", server.predictions(), theirs, 1e-4 if checkpoint == exact else 2e-2)
            for server in team.values():
                with server.awake():
                    pass
            rounds = []
            for index in range(options.rounds):
                # Each round begins with another server.
                order = list(team)[index % len(team):] + list(team)[:index % len(team)]
                measured = {}
                for name in order:
                    with team[name].awake():
                        measured[name] = team[name].load(connections, subject.seconds * options.scale, 2)
                rounds.append(measured)
                print(f"  {connections} connections, round {index + 1}:",
                      {name: f"{measured[name]['rate']:.1f}/s" for name in team}, flush=True)
        finally:
            for server in team.values():
                server.stop()
    return {"model": subject.name, "goal": subject.goal, "connections": connections, "settings": settings,
            "trials": trials, "rounds": rounds, "servers": list(team)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default="soft,cifar", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("--connections", default="32,1")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="times the seconds that each measurement takes")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "Benchmarks/peers/.models",
                        help="for models, kept; Benchmarks/peers/run shares it")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/serving-benchmarks.md")
    parser.add_argument("--json", type=pathlib.Path, help="a file for all that was measured")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for key in options.models.split(","):
            subject = SUBJECTS[key](options.folder)
            difference = subject.verify(pathlib.Path(folder))
            print(f"{subject.name}: logits differ by {difference:.1e} of the largest", flush=True)
            for connections in map(int, options.connections.split(",")):
                result = measure(subject, connections, pathlib.Path(folder), options)
                results.append(result | {"difference": difference})
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    options.output.write_text(tables.markdown(results, options.threads))
    print("\n".join(tables.summary(results)))
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
