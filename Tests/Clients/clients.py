"""Real clients against a server of their own with the bundled model; status 0 when all get right answers.

What is right is what `softmoe classify --json` says of the same photo.
"""
import contextlib
import http.server
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import numpy as np
import requests
import tritonclient.http as triton
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from tritonclient.utils import InferenceServerException

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Benchmarks/serving"))
from server import MODEL, SOFTMOE, serving  # noqa: E402

PHOTO = ROOT / "models/samples/cat.jpg"


@contextlib.contextmanager
def server(*options):
    """A server on free ports: its main and its admin port."""
    with serving(*options) as running:
        yield running.port, running.admin


def expected() -> list:
    line = subprocess.check_output([SOFTMOE, "classify", "--json", "--top-k", "10", "--model", MODEL, PHOTO])
    return json.loads(line)["predictions"]


def with_triton(port: int, right: list):
    client = triton.InferenceServerClient(f"127.0.0.1:{port}")
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("cifar10-softmoe")
    assert client.get_server_metadata()["name"] == "softmoe"
    metadata = client.get_model_metadata("cifar10-softmoe")
    height, width = metadata["inputs"][1]["shape"][2:]
    probabilities = np.zeros(10, np.float32)
    for prediction in right:
        probabilities[prediction["index"]] = prediction["probability"]
    photo = np.array([PHOTO.read_bytes()] * 2, dtype=object)
    for is_binary in (True, False):
        image = triton.InferInput("image", [2], "BYTES")
        if is_binary:
            image.set_data_from_numpy(photo)
        else:
            import base64
            image.set_data_from_numpy(np.array([base64.b64encode(p) for p in photo], dtype=object), binary_data=False)
        outputs = [triton.InferRequestedOutput(name, binary_data=is_binary)
                   for name in ("probabilities", "logits", "features")]
        answer = client.infer("cifar10-softmoe", [image], outputs=outputs, request_id="ours-7")
        assert answer.get_response()["id"] == "ours-7"
        assert np.allclose(answer.as_numpy("probabilities"), probabilities, atol=1e-6)
        logits = answer.as_numpy("logits")
        assert logits.shape == (2, 10) and answer.as_numpy("features").shape == (2, 128)
        softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        assert np.allclose(softmax, probabilities, atol=1e-5)

        top = client.infer("cifar10-softmoe", [image], outputs=[
            triton.InferRequestedOutput("probabilities", binary_data=is_binary, class_count=3)])
        best = top.as_numpy("probabilities")[0]
        texts = [text.decode() if isinstance(text, bytes) else text for text in best]
        assert [text.split(":")[2] for text in texts] == [p["label"] for p in right[:3]], texts

        pixels = triton.InferInput("pixels", [3, 3, height, width], "FP32")
        noise = np.random.default_rng(1).standard_normal((3, 3, height, width)).astype(np.float32)
        pixels.set_data_from_numpy(noise, binary_data=is_binary)
        several = client.infer("cifar10-softmoe", [pixels]).as_numpy("logits")
        alone = triton.InferInput("pixels", [1, 3, height, width], "FP32")
        alone.set_data_from_numpy(noise[1:2], binary_data=is_binary)
        assert np.array_equal(client.infer("cifar10-softmoe", [alone]).as_numpy("logits")[0], several[1])
    for name, shape in (("other", [1, 3, height, width]), ("cifar10-softmoe", [1, 3, 5, 5])):
        wrong = triton.InferInput("pixels", shape, "FP32")
        wrong.set_data_from_numpy(np.zeros(shape, np.float32))
        try:
            client.infer(name, [wrong])
            raise SystemExit("a wrong request was answered")
        except InferenceServerException as error:
            assert "expected" in error.message() or "no such model" in error.message(), error
    statistics = client.get_inference_statistics("cifar10-softmoe")["model_stats"][0]
    assert statistics["inference_count"] >= 16 and statistics["execution_count"] >= 8
    assert statistics["inference_stats"]["fail"]["count"] >= 1


def with_requests(port: int, right: list):
    url = f"http://127.0.0.1:{port}"
    session = requests.Session()
    one = session.post(f"{url}/classify?top_k=10", data=PHOTO.read_bytes())
    assert one.status_code == 200 and one.json()["predictions"] == right
    many = session.post(f"{url}/classify?top_k=10", files=[
        ("image", ("a.jpg", PHOTO.read_bytes(), "image/jpeg")), ("image", ("b.txt", b"no image", "text/plain"))])
    results = many.json()["results"]
    assert results[0] == {"name": "a.jpg", "predictions": right} and results[1]["error_type"] == "unsupported_media_type"
    embedding = session.post(f"{url}/embed", data=PHOTO.read_bytes()).json()["embedding"]
    assert len(embedding) == 128
    layer = session.get(f"{url}/info").json()["model"]["moe_layers"][0]
    overlay = session.post(f"{url}/explain?layer={layer}&expert=0", data=PHOTO.read_bytes())
    picture = Image.open(io.BytesIO(overlay.content))
    picture.load()
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (448, 448))


def with_curl(port: int, right: list):
    form = subprocess.check_output(["curl", "-sS", "-F", f"image=@{PHOTO}", f"http://127.0.0.1:{port}/classify?top_k=10"])
    assert json.loads(form)["results"] == [{"name": "cat.jpg", "predictions": right}]
    head = subprocess.check_output(["curl", "-sSI", f"http://127.0.0.1:{port}/info"])
    assert head.startswith(b"HTTP/1.1 200")


def with_prometheus(admin: int):
    page = requests.get(f"http://127.0.0.1:{admin}/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(page)}
    mass = families["softmoe_expert_combine_mass"].samples
    images = families["softmoe_routed_images"].samples[0].value
    layers = {sample.labels["layer"] for sample in mass}
    for layer in layers:
        assert abs(sum(s.value for s in mass if s.labels["layer"] == layer) - images) < 1e-3 * images


PAGE = """<!doctype html><title>waiting</title><script>
(async () => {
  const photo = await (await fetch("/cat.jpg")).blob();
  const answer = await fetch("http://127.0.0.1:%d/classify?top_k=1", {method: "POST", body: photo});
  const json = await answer.json();
  document.body.textContent = json.predictions[0].label + " " + answer.headers.get("x-batch-size");
})();
</script><body></body>"""


def with_browser(browser: str):
    """A page of another origin, which the server was told to let read."""
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = PHOTO.read_bytes() if self.path == "/cat.jpg" else (PAGE % Page.target).encode()
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg" if self.path == "/cat.jpg" else "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{site.server_port}"
    with server("--cors-origin", origin) as (port, _), tempfile.TemporaryDirectory() as profile:
        Page.target = port
        page = subprocess.check_output(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
             "--virtual-time-budget=20000", "--dump-dom", origin + "/"], stderr=subprocess.DEVNULL, text=True)
        assert "cat 1" in page, page
    site.shutdown()


def main():
    right = expected()
    with server() as (port, admin):
        with_triton(port, right)
        with_requests(port, right)
        with_curl(port, right)
        with_prometheus(admin)
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser:
        with_browser(browser)
    elif os.environ.get("CI") == "true":
        raise SystemExit("Tests/Clients: expected chromium, found no browser")
    print("tritonclient, requests, curl, Prometheus" + (", a browser" if browser else "") + ": right answers")


if __name__ == "__main__":
    main()
