"""A run that is stopped and continued ends as one that was not."""
import math
import tempfile
import unittest
from pathlib import Path

import torch

from softmoe_training.resume import FILE, read_run
from softmoe_training.training import Machine, start_or_continue, train

from .support import SETTINGS, random_images

CPU = torch.device("cpu")
MACHINE = Machine(CPU, bfloat16=False, compile=False)


class ResumeTests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.data = random_images(32)

    def run_in(self, name: str, *, stops: bool = False, compact: bool = False, settings=SETTINGS) -> Path:
        """Trains to the end; with `stops`, in a new run object after every epoch."""
        folder = Path(self.directory.name) / name
        folder.mkdir(exist_ok=True)
        while True:
            run = start_or_continue(folder, settings, CPU)
            train(run, self.data, self.data, folder, MACHINE,
                  deadline=-math.inf if stops else math.inf, compact=compact)
            if run.is_finished:
                return folder

    def test_same_weights_as_without_a_stop(self):
        whole = read_run(self.run_in("whole"))["weights"]
        parts = read_run(self.run_in("parts", stops=True))["weights"]
        for name, tensor in whole.items():
            self.assertTrue(torch.equal(tensor, parts[name]), name)

    def test_compact_state_is_small_and_near(self):
        folder = Path(self.directory.name)
        exact = start_or_continue(folder, SETTINGS, CPU)
        train(exact, self.data, self.data, folder, MACHINE, deadline=-math.inf, compact=True)
        parameters = list(exact.model.parameters())
        self.assertLess((folder / FILE).stat().st_size, 2 * sum(p.numel() for p in parameters) + 100_000)
        again = start_or_continue(folder, SETTINGS, CPU)
        self.assertEqual(again.epoch, 1)
        for mine, theirs in zip(parameters, again.model.parameters()):
            torch.testing.assert_close(theirs, mine, rtol=2**-8, atol=0)
        torch.testing.assert_close(again.adamw.state_dict()["state"], exact.adamw.state_dict()["state"])
        self.assertTrue(self.run_in(".", compact=True).is_dir())

    def test_other_settings_are_refused(self):
        folder = self.run_in("run")
        other = SETTINGS.with_values(["epochs=5"])
        with self.assertRaisesRegex(SystemExit, "other settings"):
            start_or_continue(folder, other, CPU)
