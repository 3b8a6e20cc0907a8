#!/usr/bin/env python3
"""Imports a folder of checkpoints of other libraries, compares what they answer, and writes the table of docs/parity.md.

    pip install numpy safetensors
    Benchmarks/import/parity.py --cases ../shared/golden/import [--write]

A case is a folder of `model.*` (config.json beside it where its library writes one), `pixels.safetensors`,
`expected.safetensors` and `args`, the options that a person would give. Each is imported with these, and with nothing but a
probe made of the pixels and the logits. Status 0 when what is imported is right to 1e-4 of the largest logit, but for
what the import said that it assumed.
"""

import argparse
import pathlib
import re
import shlex
import subprocess
import tempfile

import numpy as np
from safetensors.numpy import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BEGIN, END = "<!-- cases -->\n", "<!-- end of cases -->\n"


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def channels_first(pixels):
    last = pixels.shape[-1] in (1, 3) and pixels.shape[1] not in (1, 3)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2) if last else pixels, dtype=np.float32)


def outcome(softmoe, source, options, pixels, expected, folder):
    model, trace = folder / "model.smoe", folder / "trace.safetensors"
    code, text = run(softmoe, "import", source, "--name", "case", "--output", model, "--force", *options)
    if code:
        reason = [line for line in text.splitlines() if line.startswith("Error: ")][-1:]
        return "refused: " + reason[0].removeprefix("Error: ").replace(f"{source}: ", "") if reason else text
    code, text2 = run(softmoe, "trace", model, "--pixels", pixels, "--output", trace)
    if code:
        return "WRONG: " + text2
    found = load_file(trace)
    found = found.get("logits", found["features"])
    error = float(np.abs(found - expected).max() / max(1, np.abs(expected).max()))
    if error < 1e-4:
        return f"{error:.0e}"
    assumed = re.findall(r"warning: (\S+) (\S+) is assumed", text)
    settings = [f"{name} {value}" for name, value in assumed if name not in ("labels", "preprocess")]
    return f"off by {error:.0e}, having assumed {', '.join(settings)}" if settings else f"WRONG: {error:.0e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=pathlib.Path, default=ROOT.parent / "shared/golden/import")
    parser.add_argument("--softmoe", type=pathlib.Path, default=ROOT / ".build/release/softmoe")
    parser.add_argument("--write", action="store_true", help="the table into docs/parity.md")
    options = parser.parse_args()
    rows, counts = [], {"right": 0, "refused": 0, "assumed": 0, "WRONG": 0}
    for case in sorted(path for path in options.cases.iterdir() if path.is_dir()):
        sources = sorted(path for path in case.iterdir() if path.name.startswith("model."))
        source = next((path for path in sources if path.suffix == ".index"), sources[0])
        pixels = channels_first(next(iter(load_file(case / "pixels.safetensors").values())))
        expected = load_file(case / "expected.safetensors")
        expected = np.asarray(expected.get("logits", expected.get("features")), dtype=np.float32)
        said = shlex.split((case / "args").read_text()) if (case / "args").exists() else []
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            save_file({"pixels": pixels}, folder / "pixels.safetensors")
            save_file({"pixels": pixels, "logits": expected}, folder / "probe.safetensors")
            ways = [said, ["--probe", folder / "probe.safetensors"]]
            found = [outcome(options.softmoe, source, way, folder / "pixels.safetensors", expected, folder)
                     for way in ways]
        for text in found:
            kind = text.split(":")[0] if ":" in text else "assumed" if "assumed" in text else "right"
            counts[kind] += 1
        rows.append(f"| {case.name} | {' '.join(said)} | {found[0]} | {found[1]} |")
        print(rows[-1], flush=True)
    print(counts)
    if options.write:
        page = ROOT / "docs/parity.md"
        before, rest = page.read_text().split(BEGIN)
        table = "| case | options | with them | with nothing but a probe |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
        page.write_text(before + BEGIN + table + END + rest.split(END)[1])
    raise SystemExit(counts["WRONG"] > 0)


if __name__ == "__main__":
    main()
