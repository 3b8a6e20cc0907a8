"""One engine in a process of its own, which does what the lines on its standard input say.

    run REPEATS      prints the seconds of each of so many batches
    logits PATH      writes the logits of the images [4, 3, H, W] as raw float32
"""
import sys
import time

import numpy as np

from models import Files


def pytorch(files: Files, batch: int, threads: int):
    import torch
    torch.set_num_threads(threads)
    model = files.module()

    def infer(pixels):
        with torch.inference_mode():
            return model(torch.from_numpy(pixels)).numpy()
    return infer


def onnxruntime(files: Files, batch: int, threads: int):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_free_dimension_override_by_name("batch", batch)
    session = ort.InferenceSession(files.onnx, options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"pixels": pixels})[0]


def openvino(files: Files, batch: int, threads: int):
    import openvino as ov
    core = ov.Core()
    model = core.read_model(files.onnx)
    model.reshape([batch, 3, files.variant.image, files.variant.image])
    # Left alone it would compute in bfloat16 where the processor can.
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads})
    request = compiled.create_infer_request()

    def infer(pixels):
        request.infer([ov.Tensor(pixels, shared_memory=True)])
        return request.get_output_tensor().data
    return infer


ENGINES = {"PyTorch": pytorch, "ONNX Runtime": onnxruntime, "OpenVINO": openvino}


def main(engine: str, key: str, folder: str, batch: int, threads: int) -> None:
    import pathlib
    files = Files(key, pathlib.Path(folder))
    size = files.variant.image
    images = np.fromfile(files.images, np.float32).reshape(-1, 3, size, size)
    pixels = np.ascontiguousarray(np.resize(images, (batch, 3, size, size)))
    infer = ENGINES[engine](files, batch, threads)
    infer(pixels)
    print("ready", flush=True)
    for line in sys.stdin:
        command, argument = line.split()
        if command == "run":
            times = []
            for _ in range(int(argument)):
                start = time.perf_counter()
                infer(pixels)
                times.append(time.perf_counter() - start)
            print(*times, flush=True)
        else:
            np.ascontiguousarray(infer(pixels)[: len(images)], np.float32).tofile(argument)
            print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
