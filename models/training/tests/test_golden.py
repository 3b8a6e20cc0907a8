"""The forward pass equals google-research/vmoe's own: set SOFTMOE_GOLDEN to a folder of cases made by that code."""
import json
import os
import unittest
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from softmoe_training.checkpoint_names import vmoe_tensors
from softmoe_training.settings import ModelSettings
from softmoe_training.vision_transformer import VisionTransformer

GOLDEN = Path(os.environ.get("SOFTMOE_GOLDEN", "golden"))


@unittest.skipUnless(GOLDEN.is_dir(), "SOFTMOE_GOLDEN names no folder of golden cases")
class GoldenTests(unittest.TestCase):
    def test_logits_and_routing(self):
        for name in ("vmoe_gap_qknorm", "vmoe_rect"):
            with self.subTest(name):
                self.check(GOLDEN / name)

    def check(self, folder: Path):
        case = json.loads((folder / "case.json").read_text())
        model = VisionTransformer(ModelSettings(
            image_height=case["image"][0], image_width=case["image"][1], patch_size=case["patch"], width=case["width"],
            depth=case["layers"], head_count=case["heads"], mlp_width=case["mlp"],
            moe_layers=tuple(case["moe_layers"]), expert_count=case["experts"],
            slots_per_expert=case["router_args"]["num_slots"], expert_width=case["mlp"], qk_norm=case["qk_norm"],
            class_count=case["classes"])).eval()
        parameters, expected = np.load(folder / "params.npz"), load_file(folder / "expected.safetensors")
        tensors = vmoe_tensors(model)
        self.assertEqual(set(tensors), set(parameters))
        for name, tensor in tensors.items():
            self.assertEqual(tensor.shape, parameters[name].shape)
            tensor.copy_(torch.from_numpy(parameters[name]))

        routes = {}
        for index in model.settings.moe_layers:
            layer = model.blocks[index].moe
            layer.register_forward_hook(
                lambda layer, inputs, _, index=index: routes.update({index: layer.route(inputs[0])}))
        with torch.inference_mode():
            logits = model(expected["images_nhwc"].permute(0, 3, 1, 2))
        torch.testing.assert_close(logits, expected["logits_fp32_dispatch"], atol=1e-4, rtol=0)
        for index, (dispatch, combine) in routes.items():
            torch.testing.assert_close(dispatch, expected[f"dispatch_{index}"].flatten(2), atol=1e-5, rtol=0)
            torch.testing.assert_close(combine, expected[f"combine_{index}"].flatten(2), atol=1e-5, rtol=0)
