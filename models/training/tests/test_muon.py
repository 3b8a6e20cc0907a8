"""Muon takes the steps that PyTorch's takes, for stacks of matrices too."""
import unittest

import torch

from softmoe_training.muon import MOMENTUM, Muon, orthogonalize


class MuonTests(unittest.TestCase):
    def test_singular_values_come_near_one(self):
        for shape in ((16, 48), (48, 16), (3, 12, 36)):
            values = torch.linalg.svdvals(orthogonalize(torch.randn(shape, generator=torch.manual_seed(0))))
            self.assertLess((values - 1).abs().max(), 0.5, shape)

    def test_a_stack_of_matrices_moves_as_each_does_with_pytorchs_own(self):
        torch.manual_seed(0)
        start, gradients = torch.randn(3, 16, 40), torch.randn(5, 3, 16, 40)
        stack = torch.nn.Parameter(start.clone())
        matrices = [torch.nn.Parameter(matrix.clone()) for matrix in start]
        muon = Muon([stack], lr=0.01, weight_decay=0.1)
        pytorchs = torch.optim.Muon(
            matrices, lr=0.01, weight_decay=0.1, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw")
        for step in gradients:
            stack.grad = step
            for matrix, gradient in zip(matrices, step):
                matrix.grad = gradient
            muon.step()
            pytorchs.step()
        theirs = torch.stack(list(matrices))
        self.assertLess((stack - theirs).norm(), 0.05 * (theirs - start).norm())
