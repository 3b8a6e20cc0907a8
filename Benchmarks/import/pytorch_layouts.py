"""Imports one ViT-B/16 from safetensors and from PyTorch files in four layouts, and compares the files that come out.

    plain         torch.save(model.state_dict())
    wrapped       {"model": …, "optimizer": …, "epoch": …}
    lightning     {"state_dict": {"model.…"}, "hyper_parameters": …, "optimizer_states": …}
    data_parallel {"module.…"}
    views         plain, its matrices stored transposed

Every output's bytes must be the first's. Prints seconds and peak resident memory of each import.

Needs torch, timm, safetensors. Usage: pytorch_layouts.py --softmoe .build/release/softmoe [--model NAME]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import timm
import torch
from safetensors.torch import save_file


def layouts(state):
    moments = {0: {"exp_avg": torch.zeros(768, 768), "step": torch.tensor(3.0)}}
    return {
        "plain": state,
        "wrapped": {"model": state, "optimizer": {"state": moments}, "epoch": 3, "args": argparse.Namespace(lr=1e-3)},
        "lightning": {
            "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
            "hyper_parameters": {"range": range(3), "folder": pathlib.PurePosixPath("runs")},
            "optimizer_states": [{"state": moments}],
            "epoch": 3,
        },
        "data_parallel": {f"module.{name}": tensor for name, tensor in state.items()},
        "views": {
            name: tensor.t().contiguous().t() if tensor.ndim == 2 else tensor for name, tensor in state.items()
        },
    }


def measured(command):
    """Seconds and MiB of a command that must succeed."""
    # A process begins with the peak of the one that made it: a small one makes it.
    launcher = ("import os, subprocess, sys; child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL); "
                "_, status, usage = os.wait4(child.pid, 0); print(status, usage.ru_maxrss)")
    begin = time.monotonic()
    output = subprocess.check_output([sys.executable, "-S", "-c", launcher, *map(str, command)], text=True)
    seconds = time.monotonic() - begin
    status, peak = map(int, output.split())
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {os.waitstatus_to_exitcode(status)}")
    return seconds, peak / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--softmoe", required=True)
    parser.add_argument("--model", default="vit_base_patch16_224")
    parser.add_argument("options", nargs="*", help="further options of softmoe import, after --")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    state = timm.create_model(arguments.model, pretrained=False).state_dict()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = {"safetensors": folder / "model.safetensors"}
        save_file(state, files["safetensors"])
        for layout, value in layouts(state).items():
            files[layout] = folder / f"{layout}.pth"
            torch.save(value, files[layout])
        expected = None
        differing = []
        print(f"{'source':<15}{'MiB':>7}{'s':>8}{'peak MiB':>10}  output")
        for layout, path in files.items():
            output = folder / "model.smoe"
            command = [arguments.softmoe, "import", path, "-o", output, "--name", "model", *arguments.options]
            seconds, peak = measured(command)
            found = output.read_bytes()
            output.unlink()
            expected = expected or found
            if found != expected:
                differing.append(layout)
            size = path.stat().st_size / 2**20
            print(f"{layout:<15}{size:>7.0f}{seconds:>8.1f}{peak:>10.0f}  {'differs' if layout in differing else 'same'}")
    sys.exit(f"differing: {', '.join(differing)}" if differing else 0)


if __name__ == "__main__":
    main()
