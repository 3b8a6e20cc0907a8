"""Turns the official Python archive of CIFAR-10 into the folder that training reads."""
import hashlib
import io
import pickle
import tarfile
from pathlib import Path

from PIL import Image

MD5 = "c58f30108f718f92721af3b95e74349a"
FOLDER = "cifar-10-batches-py"
BATCHES = {"train": [f"data_batch_{index}" for index in range(1, 6)], "test": ["test_batch"]}


def unpack(archive: Path, folder: Path, md5: str = MD5) -> None:
    """`archive` → `folder`/train/CLASS/*.jpg and `folder`/test/CLASS/*.jpg."""
    found = hashlib.md5(archive.read_bytes()).hexdigest()
    # The archive's pickles are programs: only the ones that everybody knows are run.
    if found != md5:
        raise SystemExit(f"{archive}: expected MD5 {md5}, found {found}; download it again")
    with tarfile.open(archive) as tar:
        def read(name: str) -> dict:
            return pickle.load(io.BytesIO(tar.extractfile(f"{FOLDER}/{name}").read()), encoding="latin1")

        classes = read("batches.meta")["label_names"]
        for split, batches in BATCHES.items():
            for name in classes:
                (folder / split / name).mkdir(parents=True, exist_ok=True)
            counts = [0] * len(classes)
            for batch in map(read, batches):
                for pixels, label in zip(batch["data"].reshape(-1, 3, 32, 32), batch["labels"]):
                    path = folder / split / classes[label] / f"{counts[label]:04}.jpg"
                    Image.fromarray(pixels.transpose(1, 2, 0)).save(path, quality=100, subsampling=0)
                    counts[label] += 1
