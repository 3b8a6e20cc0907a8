"""Augmentation keeps shapes, ranges and labels honest."""
import unittest
from dataclasses import replace

import torch

from softmoe_training.augmentation import OPERATIONS, augment, boxes, change_colors, mix, warp
from softmoe_training.images import normalize, resize

from .support import SETTINGS, random_images

DATA = random_images(64)
NONE = {name: torch.zeros(64) for name in OPERATIONS}


class AugmentationTests(unittest.TestCase):
    def test_every_operation_changes_the_image_and_stays_in_range(self):
        pixels = DATA.images.float() / 255
        self.assertTrue(torch.equal(change_colors(pixels, NONE), pixels))
        for name in ("brightness", "contrast", "saturation", "sharpness", "posterize", "solarize", "autocontrast"):
            changed = change_colors(pixels / 2 + 0.2, NONE | {name: torch.full((64,), -0.9)})
            self.assertFalse(torch.equal(changed, pixels / 2 + 0.2), name)
            self.assertTrue(((changed >= 0) & (changed <= 1)).all(), name)

    def test_without_an_operation_an_image_is_flipped_and_moved_by_whole_pixels(self):
        pixels = DATA.images.float() / 255
        moved = warp(pixels, NONE)
        for image, result in zip(pixels, moved):
            shifts = [torch.roll(flipped, (y, x), (1, 2))[:, 4:28, 4:28] for flipped in (image, image.flip(2))
                      for y in range(-4, 5) for x in range(-4, 5)]
            self.assertLess(min((shift - result[:, 4:28, 4:28]).abs().max() for shift in shifts), 1e-4)

    def test_an_image_of_every_size(self):
        augmented = augment(DATA.images, SETTINGS.training)
        for side in (16, 24, 32):
            result = resize(augmented, side)
            self.assertEqual(result.shape, (64, 3, side, side))
            self.assertTrue(result.isfinite().all())

    def test_without_augmentation_colours_are_those_of_evaluation(self):
        plain = replace(SETTINGS.training, trivial_augment=False, erase_probability=0.0)
        grey = torch.full((2, 3, 32, 32), 77, dtype=torch.uint8)
        torch.testing.assert_close(augment(grey, plain), normalize(grey.float() / 255))

    def test_boxes_have_at_most_the_share_asked_for(self):
        share = boxes(32, torch.linspace(0, 1, 64)).mean((1, 2, 3))
        self.assertEqual(share[0], 0)
        self.assertTrue((share <= torch.linspace(0, 1, 64) + 0.1).all())

    def test_targets_are_what_the_pixels_are_mixed_of(self):
        own = torch.zeros(64, 3, 32, 32)
        own[::2] = 1  # neighbours differ, so a pixel tells whose it is
        mixed, targets = mix(own, DATA.labels, 10, 1.0)
        torch.testing.assert_close(targets.sum(1), torch.ones(64))
        share = targets[torch.arange(64), DATA.labels]
        expected = torch.where(own[:, 0, 0, 0] == 1, mixed.mean((1, 2, 3)), 1 - mixed.mean((1, 2, 3)))
        torch.testing.assert_close(share, expected)
        self.assertTrue(torch.equal(mix(own, DATA.labels, 10, 0.0)[0], own))
