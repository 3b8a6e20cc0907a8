"""The models that both servers serve, and the images that they are sent."""
import base64
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
from safetensors.numpy import load_file, save_file

from checkpoint import Checkpoint

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOFTMOE = ROOT / ".build/release/softmoe"
PHOTO = ROOT / "models/samples/cat.jpg"
sys.path.append(str(ROOT / "Benchmarks/peers"))


@dataclasses.dataclass
class Subject:
    name: str
    # How many times as many requests a second are hoped for.
    goal: float
    # By what the matrices are stored as; the first one holds the very weights of the ONNX file.
    checkpoints: dict[str, pathlib.Path]
    onnx: pathlib.Path
    images: pathlib.Path
    # Seconds that are measured: a batch of 32 takes a second of the large model and 20 ms of the small one.
    seconds: float

    def verify(self, folder: pathlib.Path) -> float:
        """The largest difference of a logit, as a share of the largest one; ends the program from 10⁻⁴ on."""
        import onnxruntime as ort
        checkpoint = next(iter(self.checkpoints.values()))
        configuration = Checkpoint(checkpoint).metadata["configuration"]
        shape = 4, 3, configuration["image_height"], configuration["image_width"]
        pixels = np.random.default_rng(1).standard_normal(shape, np.float32)
        save_file({"pixels": pixels}, folder / "pixels.safetensors")
        subprocess.run([SOFTMOE, "trace", checkpoint, "--pixels", folder / "pixels.safetensors", "--output",
                        folder / "trace.safetensors"], check=True, stdout=subprocess.DEVNULL)
        ours = load_file(folder / "trace.safetensors")["logits"]
        theirs = ort.InferenceSession(self.onnx, providers=["CPUExecutionProvider"]).run(None, {"pixels": pixels})[0]
        difference = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        if not difference < 1e-4:
            sys.exit(f"{self.name}: softmoe and ONNX Runtime disagree: {difference} of the largest logit")
        return difference


def soft(folder: pathlib.Path) -> Subject:
    """The paper's S/16 with 128 experts, random weights, sent photographs."""
    from models import Files
    files = Files("soft", folder)
    files.make(SOFTMOE)
    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    (photos / "cat.jpg").write_bytes(PHOTO.read_bytes())
    checkpoints = {"float32": files.checkpoint("f32"), "bfloat16": files.checkpoint("bf16")}
    return Subject(files.variant.name, 2, checkpoints, files.onnx, photos, 15)


def cifar(folder: pathlib.Path) -> Subject:
    """The bundled model, sent images of CIFAR-10's size."""
    checkpoint = ROOT / "models/cifar10-softmoe.smoe"
    onnx = folder / "cifar10" / "onnx" / "model.onnx"
    if not onnx.exists() or onnx.stat().st_mtime < checkpoint.stat().st_mtime:
        export(checkpoint, onnx)
    tiles = folder / "cifar10" / "tiles"
    cut(tiles)
    return Subject("cifar10-softmoe", 5, {"bfloat16": checkpoint}, onnx, tiles, 5)


SUBJECTS = {"soft": soft, "cifar": cifar}


def export(path: pathlib.Path, onnx: pathlib.Path) -> None:
    import torch
    from network import SoftMoEViT
    checkpoint = Checkpoint(path)
    configuration = checkpoint.metadata["configuration"]
    module = SoftMoEViT(configuration, checkpoint.tensors()).eval()
    pixels = torch.zeros(2, 3, configuration["image_height"], configuration["image_width"])
    onnx.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(module, (pixels,), onnx, dynamo=True,
                      dynamic_shapes={"x": {0: torch.export.Dim("batch", max=4096)}}, external_data=True,
                      input_names=["pixels"], output_names=["logits"])


def cut(folder: pathlib.Path, side: int = 32, count: int = 64) -> None:
    """Squares of the sample photograph, each scaled to an image of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    photo = Image.open(PHOTO).convert("RGB")
    random = np.random.default_rng(1)
    for index in range(count):
        edge = int(random.integers(side, min(photo.size), endpoint=True))
        left, top = (int(random.integers(0, length - edge, endpoint=True)) for length in photo.size)
        square = photo.crop((left, top, left + edge, top + edge)).resize((side, side), Image.Resampling.BICUBIC)
        square.save(folder / f"{index:02}.jpg", quality=95)


def as_json(images: pathlib.Path) -> tempfile.TemporaryDirectory:
    """The images as LitServe's requests. The load generator posts files by their extension, as they are."""
    folder = tempfile.TemporaryDirectory()
    for path in images.rglob("*.jpg"):
        body = json.dumps({"image": base64.b64encode(path.read_bytes()).decode()})
        (pathlib.Path(folder.name) / path.name).write_text(body)
    return folder
