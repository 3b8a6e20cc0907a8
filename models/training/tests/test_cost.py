"""FLOPs as counted from the executed products, and the dense twin's."""
import unittest

import torch
from torch.utils.flop_counter import FlopCounterMode

from softmoe_training.cost import dense_twin, flops, parameter_count
from softmoe_training.settings import PRESETS
from softmoe_training.vision_transformer import VisionTransformer


class CostTests(unittest.TestCase):
    def test_formula_counts_what_is_executed(self):
        for model in (PRESETS["smoke"].model, dense_twin(PRESETS["smoke"].model)):
            with FlopCounterMode(display=False) as counter, torch.inference_mode():
                VisionTransformer(model).eval()(torch.zeros(1, 3, 32, 32))
            self.assertEqual(counter.get_total_flops(), flops(model))

    def test_twins_cost_the_same(self):
        for name, settings in PRESETS.items():
            twin = dense_twin(settings.model)
            self.assertEqual(twin.moe_layers, ())
            self.assertLess(abs(flops(twin) / flops(settings.model) - 1), 0.02, name)

    def test_models_fit_into_40_megabytes_of_bfloat16(self):
        for name, settings in PRESETS.items():
            self.assertLess(2 * parameter_count(settings.model), 40e6, name)
