"""The other server: LitServe, Pillow, NumPy and ONNX Runtime, as compare.py starts it.

A request is {"image": JPEG in base64}, an answer {"predictions": [{"index", "label", "probability"} × 5]}.
"""
import argparse
import base64
import io
import json
import pathlib
from concurrent.futures import ThreadPoolExecutor

import litserve
import numpy as np
from PIL import Image

from checkpoint import Checkpoint


class Preprocessing:
    """What a checkpoint asks for: the shorter side resized, the centre cropped, the colours normalised."""

    def __init__(self, description: dict):
        self.shorter = description["resize_shorter"]
        self.crop = description["crop_width"], description["crop_height"]
        self.filter = Image.Resampling[description["filter"].upper()]
        # (pixel / 255 − mean) / std as one product and one sum.
        std = np.float32(description["std"])
        self.scale = (1 / (255 * std))[:, None, None]
        self.shift = (-np.float32(description["mean"]) / std)[:, None, None]

    def pixels(self, jpeg: bytes) -> np.ndarray:
        """[3, H, W]"""
        image = Image.open(io.BytesIO(jpeg)).convert("RGB")
        shorter = min(image.size)
        image = image.resize(tuple(side * self.shorter // shorter for side in image.size), self.filter)
        left, top = (round((side - crop) / 2) for side, crop in zip(image.size, self.crop))
        image = image.crop((left, top, left + self.crop[0], top + self.crop[1]))
        return np.asarray(image, np.float32).transpose(2, 0, 1) * self.scale + self.shift


class Classifier(litserve.LitAPI):
    def __init__(self, options: argparse.Namespace, settings: dict):
        super().__init__(max_batch_size=settings["max_batch_size"], batch_timeout=settings["batch_timeout"])
        self.options, self.settings = options, settings

    def setup(self, device):
        import onnxruntime as ort
        session = ort.SessionOptions()
        session.intra_op_num_threads = self.options.threads
        session.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        session.add_session_config_entry("session.intra_op.allow_spinning", str(int(self.settings["spinning"])))
        self.session = ort.InferenceSession(self.options.onnx, session, providers=["CPUExecutionProvider"])
        metadata = Checkpoint(self.options.checkpoint).metadata
        self.labels = metadata["labels"]
        self.preprocessing = Preprocessing(metadata["preprocessing"])
        threads = self.settings["decode_threads"]
        self.map = ThreadPoolExecutor(threads).map if threads > 1 else map
        # Two sums over all batches: of images, and of images squared.
        self.counts = np.memmap(self.options.counts, np.int64, "r+", shape=2)

    def decode_request(self, request):
        return base64.b64decode(request["image"])

    def batch(self, inputs):
        return list(inputs)

    def unbatch(self, output):
        return output

    def predict(self, inputs):
        if isinstance(inputs, bytes):
            return self.predict([inputs])[0]
        pixels = np.stack(list(self.map(self.preprocessing.pixels, inputs)))
        logits = self.session.run(None, {"pixels": pixels})[0]
        self.counts += [len(inputs), len(inputs) ** 2]
        weights = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = weights / weights.sum(1, keepdims=True)
        best = np.argsort(-probabilities, 1)[:, :5]
        return [[(int(index), float(row[index])) for index in top] for top, row in zip(best, probabilities)]

    def encode_response(self, output):
        return {"predictions": [{"index": index, "label": self.labels[index], "probability": probability}
                                for index, probability in output]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", type=pathlib.Path)
    parser.add_argument("--onnx", type=pathlib.Path)
    parser.add_argument("--counts", type=pathlib.Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--settings", type=json.loads)
    options = parser.parse_args()
    settings = options.__dict__.pop("settings")
    server = litserve.LitServer(Classifier(options, settings), accelerator="cpu", workers_per_device=1,
                                fast_queue=settings["fast_queue"])
    server.run(host="127.0.0.1", port=options.port, num_api_servers=settings["api_servers"], log_level="warning",
               generate_client_file=False, access_log=False)
