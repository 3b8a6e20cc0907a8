"""Tables of what compare.py measured."""
import statistics
from importlib.metadata import version

PACKAGES = ("litserve", "onnxruntime", "pillow")


def median(result: dict, server: str, key: str) -> float:
    return statistics.median(measured[server][key] for measured in result["rounds"])


def ratios(result: dict, server: str) -> list[float]:
    """Requests a second over LitServe's, of each round, ascending."""
    return sorted(measured[server]["rate"] / measured["LitServe"]["rate"] for measured in result["rounds"])


def rows(result: dict) -> list[str]:
    lines = []
    for server in result["servers"]:
        row = [f"{median(result, server, 'rate'):.1f}"]
        row += [f"{median(result, server, key):.1f}" for key in ("p50", "p99", "batch")]
        if server != "LitServe":
            all_ratios = ratios(result, server)
            row = [f"**{value}**" for value in row]
            row.append(f"**{statistics.median(all_ratios):.2f} ×** ({all_ratios[0]:.2f}–{all_ratios[-1]:.2f})")
            server = f"**{server}**"
        lines.append("| " + " | ".join([str(result["connections"]), server, *row]) + " |")
    return lines


def summary(results: list[dict]) -> list[str]:
    """The table and the verdicts, for a terminal."""
    lines = [f"{'model':40} {'connections':>11} {'server':18} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} "
             f"{'batch':>6} {'ratio':>6}"]
    for result in results:
        for server in result["servers"]:
            rate, p50, p99, batch = (median(result, server, key) for key in ("rate", "p50", "p99", "batch"))
            ratio = statistics.median(ratios(result, server))
            lines.append(f"{result['model']:40} {result['connections']:11} {server:18} {rate:8.1f} {p50:8.1f} "
                         f"{p99:8.1f} {batch:6.1f} {ratio:6.2f}")
    for result in results:
        # The server with the very weights of the other one.
        same = next(server for server in result["servers"] if server != "LitServe")
        ratio = statistics.median(ratios(result, same))
        verdict = "reached" if ratio >= result["goal"] else "MISSED "
        lines.append(f"{verdict} {result['goal']} ×: {result['model']}, {result['connections']} connections, {same}: "
                     f"{ratio:.2f} ×")
    return lines


def settings_text(settings: dict) -> str:
    return ", ".join(f"{key} {str(value).lower()}" for key, value in settings.items())


def markdown(results: list[dict], threads: int) -> str:
    from report import machine
    rounds = len(results[0]["rounds"])
    lines = [
        "# softmoe beside LitServe with ONNX Runtime", "",
        "Written by `Benchmarks/serving/litserve/run`, which anyone can run; how it measures is said in `compare.py`.",
        "",
        f"- Machine: {machine()}, {threads} threads for each engine. The load generator, `softmoe load`, runs on the "
        "same processors.",
        "- " + ", ".join(f"{name} {version(name)}" for name in PACKAGES) + ".",
        "- LitServe: one worker process; JPEG in base64 in JSON, as LitServe reads requests; Pillow decodes and "
        "resizes, NumPy normalises, ONNX Runtime computes in float32. softmoe: JPEG bodies, default options, matrices "
        "stored as the table says. The five highest probabilities of every image differ by less than 10⁻⁴ (0.02 "
        "where softmoe's matrices are rounded to bfloat16 and LitServe's are not).",
        f"- Closed loop: each connection sends its next request when its answer has come. Medians of {rounds} rounds, in "
        "which the servers take turns; a ratio is of requests/s within a round: median (least–largest).",
        "- The batch is the one that the mean answer came in.",
        "- The S/16 has random weights and is sent a 451 × 300 photograph; the bundled model is sent 32 × 32 images, as "
        "CIFAR-10's are.", ""]
    for name in dict.fromkeys(result["model"] for result in results):
        own = [result for result in results if result["model"] == name]
        lines += [f"## {name}", "", "| connections | server | requests/s | p50, ms | p99, ms | batch | requests/s over "
                  "LitServe's |", "|---|---|---|---|---|---|---|"]
        for result in own:
            lines += rows(result)
        lines += ["", f"Logits differ by {own[0]['difference']:.0e} of the largest. What was tried of LitServe, each "
                  "time with the best of what came before:", "", "| connections | settings | requests/s |",
                  "|---|---|---|"]
        for result in own:
            for trial in result["trials"]:
                mark = "**" if trial["settings"] == result["settings"] else ""
                lines.append(f"| {result['connections']} | {settings_text(trial['settings'])} | "
                             f"{mark}{trial['rate']:.1f}{mark} |")
        lines.append("")
    return "\n".join(lines)
