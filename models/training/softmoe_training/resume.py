"""What a run leaves on disk, so that it can be continued, evaluated and exported.

A run that is under way keeps the weights, their average and the optimiser's moments, 16 bytes a parameter.
`compact` makes that 3, to carry it elsewhere: weights as bfloat16 and the second moments' roots as 8-bit floats;
the first moments and the average, which are made of the last steps, begin anew. A finished run keeps only the
averaged weights.
"""
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from .settings import Settings
from .vision_transformer import VisionTransformer

FILE = "run.pt"
LARGEST = 2.0**15  # near the largest 8-bit float of 5 exponent bits, so that small roots stay apart from 0


@dataclass
class Run:
    """A training run between two epochs. Its random numbers need no state: they follow from seed and epoch."""

    settings: Settings
    model: VisionTransformer
    averaged: VisionTransformer
    optimizer: torch.optim.AdamW
    epoch: int = 0

    @property
    def is_finished(self) -> bool:
        return self.epoch >= self.settings.training.epochs

    def save(self, folder: Path, compact: bool) -> None:
        """Replaces the file in one step: whoever stops the program finds the old state or the new one."""
        state = {"settings": self.settings.as_dict(), "epoch": self.epoch}
        weights = self.averaged if self.is_finished or not compact else self.model
        kind = torch.bfloat16 if compact else torch.float32
        state["weights"] = {name: value.to(kind) for name, value in weights.state_dict().items()}
        if not self.is_finished:
            state |= self.compact_moments() if compact else self.exact_state()
        partial = folder / f"{FILE}.partial"
        torch.save(state, partial)
        os.replace(partial, folder / FILE)

    def exact_state(self) -> dict:
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}

    def compact_moments(self) -> dict:
        roots = {}
        for index, parameter in enumerate(self.parameters()):
            root = self.optimizer.state[parameter]["exp_avg_sq"].sqrt()
            unit = root.max().clamp_min(1e-30) / LARGEST
            roots[index] = (unit, (root / unit).to(torch.float8_e5m2))
        step = self.optimizer.state[self.parameters()[0]]["step"].item()
        return {"second_moment_roots": roots, "step": step}

    def restore(self, state: dict) -> None:
        """Continues from what `save` wrote."""
        self.epoch = state["epoch"]
        self.averaged.load_state_dict(state["weights"])
        self.model.load_state_dict(state.get("model", state["weights"]))
        if "optimizer" in state:
            self.optimizer.load_state_dict(state["optimizer"])
        for index, (unit, root) in state.get("second_moment_roots", {}).items():
            parameter = self.parameters()[index]
            self.optimizer.state[parameter] = {
                "step": torch.tensor(state["step"], dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": (root.to(parameter) * unit.to(parameter)).square(),
            }

    def parameters(self) -> list[torch.nn.Parameter]:
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]


def read_run(folder: Path) -> dict:
    """What `Run.save` wrote, in the machine's memory."""
    if not (folder / FILE).is_file():
        raise SystemExit(f"{folder}: expected {FILE}, which train writes; found none")
    return torch.load(folder / FILE, map_location="cpu", weights_only=True)


def trained_model(state: dict) -> VisionTransformer:
    """The averaged weights of a run, ready to answer."""
    model = VisionTransformer(Settings.from_dict(state["settings"]).model)
    model.load_state_dict(state["weights"])
    return model.eval()
