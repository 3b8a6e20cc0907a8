"""The official archive becomes a folder, the folder becomes bytes, and mistakes become sentences."""
import hashlib
import io
import pickle
import tarfile
import tempfile
import unittest
from pathlib import Path

import numpy as np

from softmoe_training.images import read_images
from softmoe_training.unpack import BATCHES, FOLDER, unpack

from .support import CLASSES


class ImagesTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = Path(directory.name)

    def write_archive(self) -> tuple[Path, np.ndarray]:
        """An archive like the official one, of ten images a batch, each of one colour; and the colours."""
        colors = np.arange(10 * 3, dtype=np.uint8).reshape(10, 3) * 8
        batch = {"data": colors.repeat(1024, 1), "labels": list(range(10))}
        names = BATCHES["train"] + BATCHES["test"]
        files = {"batches.meta": {"label_names": CLASSES}} | dict.fromkeys(names, batch)
        path = self.folder / "archive.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, content in files.items():
                data = pickle.dumps(content)
                entry = tarfile.TarInfo(f"{FOLDER}/{name}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        return path, colors

    def test_archive_to_folder_to_bytes(self):
        path, colors = self.write_archive()
        unpack(path, self.folder / "data", hashlib.md5(path.read_bytes()).hexdigest())
        data = read_images(self.folder / "data/train")
        self.assertEqual((tuple(data.images.shape), data.class_names), ((50, 3, 32, 32), CLASSES))
        difference = data.images.numpy().astype(int) - colors[data.labels][:, :, None, None]
        self.assertLessEqual(np.abs(difference).max(), 3)
        self.assertEqual(len(read_images(self.folder / "data/test").images), 10)
        self.assertEqual(len(read_images(self.folder / "data/train", 20).images), 20)

    def test_another_archive_is_refused_before_it_is_unpickled(self):
        path, _ = self.write_archive()
        with self.assertRaisesRegex(SystemExit, "expected MD5"):
            unpack(path, self.folder / "data")

    def test_an_empty_folder_is_explained(self):
        with self.assertRaisesRegex(SystemExit, "found no image"):
            read_images(self.folder)
