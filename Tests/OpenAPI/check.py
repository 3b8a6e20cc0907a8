"""A server's /openapi.json: valid, generated into a client without a warning, and true of what the client is answered."""
import base64
import importlib
import io
import json
import pathlib
import pkgutil
import subprocess
import sys
import tempfile
import urllib.request

from openapi_spec_validator import validate

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Benchmarks/serving"))
from server import PHOTO, serving  # noqa: E402


def generate(document: bytes, folder: pathlib.Path):
    """The generated package, every module of it imported."""
    (folder / "openapi.json").write_bytes(document)
    subprocess.run(
        [pathlib.Path(sys.executable).parent / "openapi-python-client", "generate", "--fail-on-warning", "--meta", "none",
         "--path", folder / "openapi.json", "--output-path", folder / "softmoe_client",
         "--config", ROOT / "Tests/OpenAPI/client.yml"], check=True, stdout=subprocess.DEVNULL)
    sys.path.insert(0, str(folder))
    package = importlib.import_module("softmoe_client")
    for module in pkgutil.walk_packages(package.__path__, "softmoe_client."):
        importlib.import_module(module.name)
    return package


def use(package, port: int, admin: int):
    """Asks one route of each kind; the client itself takes each answer apart as the document describes it."""
    from softmoe_client import models
    from softmoe_client.api.experts import expert_layer, experts
    from softmoe_client.api.inference import classify, embed
    from softmoe_client.api.operation import info, live, ready, reload, reset_experts
    from softmoe_client.api.v2 import v_2_infer, v_2_model, v_2_model_statistics, v_2_server
    from softmoe_client.types import File

    def photo(content: bytes = PHOTO) -> File:
        return File(payload=io.BytesIO(content), mime_type="image/jpeg")

    client = package.Client(base_url=f"http://127.0.0.1:{port}")
    found = classify.sync_detailed(client=client, body=photo(), top_k=3, logits=models.Flag("1"), explain=models.Flag("1"))
    assert found.status_code == 200 and isinstance(found.parsed, models.Classification), found
    assert found.parsed.predictions[0].label == "cat" and len(found.parsed.predictions) == 3, found.parsed
    assert len(found.parsed.logits) == 10 and len(found.parsed.explanation.layers) == 3, found.parsed
    assert len(embed.sync(client=client, body=photo()).embedding) == 128

    wrong = classify.sync_detailed(client=client, body=photo(b"no image"))
    assert wrong.status_code == 415 and wrong.parsed.error_type == "unsupported_media_type", wrong

    assert isinstance(info.sync(client=client), models.Info)
    assert live.sync_detailed(client=client).status_code == ready.sync_detailed(client=client).status_code == 200
    usage = experts.sync(client=client)
    assert usage.lifetime_images == 2, usage
    layer = models.Layer(usage.layers[0].layer)
    assert len(expert_layer.sync(layer, client=client).lifetime.slot_mass) == 32

    assert v_2_server.sync(client=client).name == "softmoe"
    name = info.sync(client=client).model.name
    tensors = v_2_model.sync(name, client=client)
    assert [tensor.name for tensor in tensors.inputs] == ["image", "pixels"], tensors
    image = models.ImageInput("image", "BYTES", [1], [base64.b64encode(PHOTO).decode()])
    answer = v_2_infer.sync(name, client=client, body=models.InferRequest(inputs=[image]))
    assert [output.name for output in answer.outputs] == ["logits", "probabilities", "features"], answer
    assert answer.outputs[0].data == found.parsed.logits, answer.outputs[0]
    assert v_2_model_statistics.sync(name, client=client).model_stats[0].inference_count == 3

    # The orders' routes say themselves which server takes them.
    assert reload.sync_detailed(client=client).status_code == 404
    operator = package.Client(base_url=f"http://127.0.0.1:{admin}", timeout=60)
    assert reset_experts.sync_detailed(client=operator).status_code == 200
    assert experts.sync(client=client).lifetime_images == 0
    reloaded = reload.sync(client=operator)
    assert reloaded.weights == reloaded.previous_weights == found.headers["x-model-weights"], reloaded


def main():
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        document = urllib.request.urlopen(f"http://127.0.0.1:{server.port}/openapi.json").read()
        validate(json.loads(document))
        use(generate(document, pathlib.Path(folder)), server.port, server.admin)
    print("Tests/OpenAPI: the document is valid, and the client that is generated from it gets right answers")


if __name__ == "__main__":
    main()
