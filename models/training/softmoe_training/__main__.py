"""The command line: python -m softmoe_training train | evaluate | export | cost | unpack."""
import argparse
import math
import time
from dataclasses import replace
from pathlib import Path

import torch

from .cost import dense_twin, flops, parameter_count
from .evaluation import predictions
from .export import export
from .images import read_images
from .resume import read_run, trained_model
from .settings import PRESETS, ModelSettings, Settings
from .training import Machine, start_or_continue, train
from .unpack import unpack

BEGAN = time.monotonic()


def main() -> None:
    options = arguments().parse_args()
    options.command(options)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="softmoe_training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(function, description: str) -> argparse.ArgumentParser:
        options = commands.add_parser(function.__name__.removesuffix("_command"), help=description)
        options.set_defaults(command=function)
        return options

    unpacking = command(unpack_command, "turn the official Python archive into a folder of JPEGs")
    unpacking.add_argument("archive", type=Path, help="cifar-10-python.tar.gz")
    unpacking.add_argument("folder", type=Path)

    training = command(train_command, "train, or continue where --run was left")
    add_settings(training)
    training.add_argument("--data", type=Path, required=True, help="folder of train/CLASS/*.jpg, test/CLASS/*.jpg")
    training.add_argument("--run", type=Path, required=True, help="folder for the run's state and log")
    training.add_argument("--minutes", type=float, default=math.inf, help="stop in time; the same command continues")
    training.add_argument("--compact", action="store_true", help="keep 2 bytes a parameter of state instead of 12")
    training.add_argument("--device", help="cuda or cpu (default: cuda where there is one)")
    training.add_argument("--threads", type=int, help="CPU threads (default: all)")
    training.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, help="(default: on a GPU)")
    training.add_argument("--compile", action=argparse.BooleanOptionalAction, help="(default: on a GPU)")

    evaluation = command(evaluate_command, "count how often a run's averaged weights are right")
    evaluation.add_argument("--data", type=Path, required=True)
    evaluation.add_argument("--run", type=Path, required=True)
    evaluation.add_argument("--device")

    exporting = command(export_command, "write a run's averaged weights for softmoe import")
    exporting.add_argument("--run", type=Path, required=True)
    exporting.add_argument("--output", type=Path, required=True, help="a .safetensors file")
    exporting.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")

    add_settings(command(cost_command, "print parameters and FLOPs of the model and of its dense twin"))
    return parser


def add_settings(options: argparse.ArgumentParser) -> None:
    options.add_argument("--preset", choices=PRESETS, default="cifar10")
    options.add_argument("--smoke", action="store_const", const="smoke", dest="preset", help="--preset smoke")
    options.add_argument("--dense", action="store_true", help="the dense twin of equal FLOPs instead")
    options.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="other values (settings.py)")


def chosen_settings(options: argparse.Namespace) -> Settings:
    settings = PRESETS[options.preset].with_values(options.set)
    return replace(settings, model=dense_twin(settings.model)) if options.dense else settings


def chosen_device(name: str | None) -> torch.device:
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


def train_command(options: argparse.Namespace) -> None:
    settings, device = chosen_settings(options), chosen_device(options.device)
    on_gpu = device.type != "cpu"
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    machine = Machine(device, on_gpu if options.bfloat16 is None else options.bfloat16,
                      on_gpu if options.compile is None else options.compile)
    options.run.mkdir(parents=True, exist_ok=True)
    run = start_or_continue(options.run, settings, device)
    training = read_images(options.data / "train", settings.training.train_images).to(device)
    test = read_images(options.data / "test").to(device)
    print(f"{price(settings.model)}; {len(training.images)} images; {machine}", flush=True)
    print(f"{options.run}: {run.epoch} of {settings.training.epochs} epochs done", flush=True)
    train(run, training, test, options.run, machine, BEGAN + 60 * options.minutes, options.compact)
    print(f"{options.run}: {run.epoch} of {settings.training.epochs} epochs done")


def evaluate_command(options: argparse.Namespace) -> None:
    device = chosen_device(options.device)
    model = trained_model(read_run(options.run)).to(device)
    data = read_images(options.data / "test").to(device)
    right = predictions(model, data, model.settings.image_height) == data.labels
    print(f"{int(right.sum())} of {len(right)} right: {100 * right.float().mean():.2f} %")
    for label, name in enumerate(data.class_names):
        print(f"{name:12} {100 * right[data.labels == label].float().mean():.1f} %")


def export_command(options: argparse.Namespace) -> None:
    export(trained_model(read_run(options.run)), options.output, getattr(torch, options.dtype))
    print(f"{options.output}: softmoe import {options.output} --output {options.output.with_suffix('.smoe')} "
          "--preprocess cifar10 --labels models/cifar10.labels.txt")


def cost_command(options: argparse.Namespace) -> None:
    model = chosen_settings(options).model
    for name, settings in (("Soft MoE", model), ("dense twin", dense_twin(model))):
        print(f"{name}: {price(settings)}, MLP width {settings.mlp_width}")


def price(model: ModelSettings) -> str:
    return f"{parameter_count(model) / 1e6:.2f} M parameters, {flops(model) / 1e6:.1f} MFLOP an image"


def unpack_command(options: argparse.Namespace) -> None:
    unpack(options.archive, options.folder)


if __name__ == "__main__":
    main()
