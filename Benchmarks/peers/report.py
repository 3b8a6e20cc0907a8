"""Tables of what compare.py measured."""
import statistics
from importlib.metadata import version

from machine import machine

PACKAGES = ("onnxruntime", "openvino", "torch", "soft-moe", "timm")


def roofline(cost: list[float], batch: int, limits: list[float]) -> float:
    """Seconds that the machine's limits allow: everything but the experts at the peak, and the experts' weights
    read or their products computed, whichever takes longer."""
    flop, expert_flop, expert_bytes = cost
    peak, bandwidth = limits[0] * 1e9, limits[1] * 1e9
    return flop * batch / peak + max(expert_bytes / bandwidth, expert_flop * batch / peak)


def table(result: dict) -> list[str]:
    """One model at one batch size."""
    rounds, batch = result["rounds"], result["batch"]
    names = list(dict.fromkeys(name for round in rounds for name in round["seconds"]))
    median = {name: statistics.median(r["seconds"][name] for r in rounds if name in r["seconds"]) for name in names}
    peers = list(dict.fromkeys(round["peer"] for round in rounds))
    fastest = min(peers, key=median.get)
    limits = [statistics.median(column) for column in zip(*result["limits"])]
    lines = [f"| {batch} | {name} | {1e3 * median[name]:.1f} | | |" for name in peers]
    for name in result["cost"]:
        ratios = sorted(r["seconds"][fastest] / r["seconds"][name] for r in rounds if r["peer"] == fastest)
        reached = roofline(result["cost"][name], batch, limits) / median[name]
        lines.append(
            f"| {batch} | **{name}** | **{1e3 * median[name]:.1f}** | {statistics.median(ratios):.2f} × {fastest} "
            f"({ratios[0]:.2f}–{ratios[-1]:.2f}) | {100 * reached:.0f} % |")
    return lines


def markdown(results: list[dict], threads: int, rounds: int) -> str:
    limits = [statistics.median(column) for column in zip(*(pair for r in results for pair in r["limits"]))]
    lines = [
        "# softmoe beside other engines", "",
        "Written by `Benchmarks/peers/run`, which anyone can run; how it measures is said in `compare.py`.", "",
        f"- Machine: {machine()}, {threads} threads.",
        f"- Measured with it, between the rounds: {limits[0]:.0f} GFLOP/s of fused multiply-adds, "
        f"{limits[1]:.1f} GB/s read from memory.",
        "- " + ", ".join(f"{name} {version(name)}" for name in PACKAGES) + f"; softmoe's kernels: "
        f"{results[0]['kernels']}.",
        f"- Every engine computes in float32; softmoe also with weights stored as bf16 and int8. {rounds} rounds.",
        "- The experts are stacked for every engine. Measured apart, ONNX Runtime is some 15 % faster "
        "with separate experts at batches 8 and 32, and a third as fast at batch 1.",
        "- A ratio is the other engine's time over softmoe's within a round: median (least–largest).",
        "- The last column is the time that the measured limits allow over the time taken.", ""]
    for name in dict.fromkeys(result["model"] for result in results):
        lines += [f"## {name}", "", "| batch | engine | ms a batch | as fast as the fastest other | of the limit |",
                  "|---|---|---|---|---|"]
        own = [result for result in results if result["model"] == name]
        for result in own:
            lines += table(result)
        worst = {}
        for result in own:
            for pair, difference in result["differences"].items():
                dtype = pair.split(" – ")[0]
                worst[dtype] = max(worst.get(dtype, 0), difference)
        lines += ["", "Largest difference of a logit from any other engine, as a share of the largest logit: "
                  + ", ".join(f"{dtype} {difference:.1e}" for dtype, difference in worst.items()) + ".", ""]
    return "\n".join(lines)
