"""The training loop: one epoch, and around it what lets a run be stopped and continued."""
import copy
import math
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from .augmentation import augment, mix
from .compilation import compiled_model
from .evaluation import accuracy
from .images import LabelledImages, resize
from .optimization import average, learning_rate, make_optimizers
from .resume import FILE, Run, read_run
from .settings import Settings
from .vision_transformer import VisionTransformer

SECONDS_BETWEEN_SAVES = 60


@dataclass
class Machine:
    """Where and how a run computes; unlike its settings, it may change when the run is continued."""

    device: torch.device
    bfloat16: bool
    compile: bool

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)


def start_or_continue(folder: Path, settings: Settings, device: torch.device) -> Run:
    """The run in `folder` where it was left, or a new one."""
    torch.manual_seed(settings.training.seed)
    # Made on the CPU, so that a seed means the same weights on every device.
    model = VisionTransformer(settings.model, settings.training.drop_path).to(device)
    averaged = copy.deepcopy(model).eval().requires_grad_(False)
    run = Run(settings, model, averaged, *make_optimizers(model, settings.training))
    if (folder / FILE).is_file():
        state = read_run(folder)
        found = Settings.from_dict(state["settings"])
        if found != settings:
            raise SystemExit(f"{folder} has a run with other settings.\nExpected: {settings}\nFound:    {found}\n"
                             "Give the settings that it began with, or another --run folder.")
        run.restore(state)
    return run


def train(run: Run, training: LabelledImages, test: LabelledImages, folder: Path, machine: Machine,
          deadline: float = math.inf, compact: bool = False) -> None:
    """Epochs until the last one, or as many as end before `deadline`, or until Ctrl-C; `folder` then has the run."""
    settings = run.settings.training
    stop = StopSignal()
    saved = time.monotonic()
    forward, compiled_side = run.model, None
    while not run.is_finished:
        began = time.monotonic()
        side = settings.image_side(run.epoch, run.settings.model)
        if machine.compile and side != compiled_side:
            forward = compiled_model(run.model, settings.batch_size, side, machine.device, machine.bfloat16)
            compiled_side = side
        loss = train_epoch(run, forward, training, side, machine)
        with machine.autocast():
            right = accuracy(run.averaged, test, side)
        now = time.monotonic()
        log(folder, f"epoch {run.epoch}/{settings.epochs}  {side} px  loss {loss:.4f}  right {100 * right:.2f} %  "
                    f"{now - began:.1f} s")
        if not math.isfinite(loss):
            raise SystemExit(f"The loss is {loss}. {folder} has the run as it was before; try a lower learning_rate.")
        leaving = run.is_finished or stop.requested or now + (now - began) > deadline
        if leaving or now - saved > SECONDS_BETWEEN_SAVES:
            run.save(folder, compact)
            saved = time.monotonic()
        if leaving:
            return


def train_epoch(run: Run, forward, data: LabelledImages, side: int, machine: Machine) -> float:
    """One pass over the training images; the mean loss."""
    settings, device = run.settings.training, machine.device
    torch.manual_seed(1_000_003 * settings.seed + run.epoch + 1)
    order = torch.randperm(len(data.images)).to(device)
    batches = order[: len(order) // settings.batch_size * settings.batch_size].split(settings.batch_size)
    total = torch.zeros((), device=device)
    for index, batch in enumerate(batches):
        rate = learning_rate(run.epoch + (index + 1) / len(batches), settings)
        pixels = augment(data.images[batch], settings)
        pixels, targets = mix(pixels, data.labels[batch], len(data.class_names), settings.mix_probability)
        with machine.autocast():
            logits = forward(resize(pixels, side))
        loss = F.cross_entropy(logits.float(), targets, label_smoothing=settings.label_smoothing)
        loss.backward()
        for optimizer in (run.muon, run.adamw):
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        average(run.averaged, run.model, run.epoch * len(batches) + index, settings)
        total += loss.detach()
        if sys.stderr.isatty():
            print(f"\r{index + 1}/{len(batches)} ", end="", file=sys.stderr, flush=True)
    run.epoch += 1
    return (total / len(batches)).item()


def log(folder: Path, line: str) -> None:
    print("\r" * sys.stdout.isatty() + line, flush=True)
    with open(folder / "log.txt", "a") as file:
        print(line, file=file)


class StopSignal:
    """Ctrl-C and SIGTERM end the run after the epoch; a second one ends it at once."""

    def __init__(self):
        self.requested = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.receive)

    def receive(self, number: int, _) -> None:
        self.requested = True
        signal.signal(number, signal.SIG_DFL)
        print("stopping after this epoch; once more stops at once", file=sys.stderr)
