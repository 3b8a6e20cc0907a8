"""What a run leaves on disk, so that it can be continued, evaluated and exported.

A run that is under way keeps the weights, their average and Muon's momentum, 12 bytes a parameter. `compact` makes
that 2, to carry it elsewhere: bfloat16 weights; the momentum and the average, which are made of the last steps, begin
anew. AdamW's state is small and always kept. A finished run keeps only the averaged weights.
"""
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from .muon import Muon
from .settings import Settings
from .vision_transformer import VisionTransformer

FILE = "run.pt"


@dataclass
class Run:
    """A training run between two epochs. Its random numbers need no state: they follow from seed and epoch."""

    settings: Settings
    model: VisionTransformer
    averaged: VisionTransformer
    muon: Muon
    adamw: torch.optim.AdamW
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
            state["adamw"] = self.adamw.state_dict()
        if not (self.is_finished or compact):
            state |= {"model": self.model.state_dict(), "muon": self.muon.state_dict()}
        partial = folder / f"{FILE}.partial"
        torch.save(state, partial)
        os.replace(partial, folder / FILE)

    def restore(self, state: dict) -> None:
        """Continues from what `save` wrote."""
        self.epoch = state["epoch"]
        self.averaged.load_state_dict(state["weights"])
        self.model.load_state_dict(state.get("model", state["weights"]))
        if "adamw" in state:
            self.adamw.load_state_dict(state["adamw"])
        if "muon" in state:
            self.muon.load_state_dict(state["muon"])


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
