"""What PyTorch computes, softmoe computes from the exported file: set SOFTMOE to its binary."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from softmoe_training.cost import dense_twin
from softmoe_training.export import export
from softmoe_training.settings import PRESETS
from softmoe_training.vision_transformer import VisionTransformer

from .support import MODEL, perturb

SOFTMOE = os.environ.get("SOFTMOE", "")


@unittest.skipUnless(SOFTMOE, "SOFTMOE names no softmoe binary")
class ExportTests(unittest.TestCase):
    def test_softmoe_agrees(self):
        for model in (MODEL, dense_twin(MODEL), PRESETS["cifar10"].model):
            with self.subTest(model):
                self.check(VisionTransformer(model).eval())

    def check(self, model: VisionTransformer):
        perturb(model)
        pixels = torch.randn(4, 3, 32, 32)
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            export(model, folder / "model.safetensors")
            save_file({"pixels": pixels}, folder / "pixels.safetensors")
            for command in ("import model.safetensors --output model.smoe --preprocess cifar10",
                            "trace model.smoe --pixels pixels.safetensors --output trace.safetensors"):
                result = subprocess.run([SOFTMOE, *command.split()], cwd=folder, capture_output=True, text=True)
                self.assertEqual(result.returncode, 0, result.stderr)
            trace = load_file(folder / "trace.safetensors")
        with torch.inference_mode():
            logits = model(pixels)
        torch.testing.assert_close(trace["logits"], logits, atol=1e-4 * max(1, logits.abs().max().item()), rtol=0)
