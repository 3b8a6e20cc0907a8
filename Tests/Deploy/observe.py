"""Whether what watches a server sees: Prometheus scrapes it under mixed load, and half-way other images come.

    Tests/Deploy/run observe [--minutes 10]

Status 0 when at the end every query of the dashboard has data, the alert on drift fired after the images changed,
and no alert fired before. In fewer minutes the alerts wait, and the experts' window lasts, proportionally shorter.
Needs prometheus and a release build.
"""
import argparse
import contextlib
import http.client
import json
import math
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml
from PIL import Image

from queries import ROOT, RULES, dashboard

sys.path.append(str(ROOT / "Benchmarks/serving"))
from server import MODEL, SAMPLES, SOFTMOE, serving  # noqa: E402

DRIFT = "SoftmoeRoutingDrift"


def make_images(folder: pathlib.Path, usual: bool):
    """Pieces of a photo, or noise."""
    folder.mkdir()
    photo, dice = Image.open(SAMPLES / "cat.jpg").convert("RGB"), random.Random(1)
    for index in range(256):
        side = int(min(photo.size) * dice.uniform(0.5, 1))
        x, y = dice.randint(0, photo.width - side), dice.randint(0, photo.height - side)
        piece = photo.crop((x, y, x + side, y + side)).resize((64, 64))
        (piece if usual else Image.effect_noise((64, 64), 90)).save(folder / f"{index}.jpg")


class Prometheus:
    """A Prometheus of its own that scrapes one server, with the rules' waiting times scaled."""

    def __init__(self, folder: pathlib.Path, target: int, scale: float):
        rules = yaml.safe_load(RULES.read_text())
        for rule in (rule for group in rules["groups"] for rule in group["rules"] if "for" in rule):
            count, unit = re.fullmatch(r"(\d+)([mh])", rule["for"]).groups()
            rule["for"] = f"{max(1, round(int(count) * {'m': 60, 'h': 3600}[unit] * scale))}s"
        (folder / "alerts.yaml").write_text(yaml.safe_dump(rules))
        interval = f"{max(1, round(5 * scale))}s"
        (folder / "prometheus.yaml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": interval, "evaluation_interval": interval}, "rule_files": ["alerts.yaml"],
            "scrape_configs": [{"job_name": "softmoe", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}]}))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"])

    def ask(self, query: str) -> list:
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        return json.load(urllib.request.urlopen(url))["data"]["result"]

    def firing(self) -> set:
        with contextlib.suppress(urllib.error.URLError):  # It may not be up yet.
            return {series["metric"]["alertname"] for series in self.ask('ALERTS{alertstate="firing"}')}
        return set()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def trouble(port: int, photo: bytes, is_done: threading.Event):
    """Clients that send no image, have no time, or leave."""
    while not is_done.wait(0.5):
        for body, headers in ((b"no image", {}), (photo, {"x-request-timeout-ms": "1"}), (photo, None)):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("POST", "/classify", body, headers or {})
            if headers is not None:
                connection.getresponse().read()
            connection.close()


def load(port: int, folder: pathlib.Path, seconds: float, prometheus: Prometheus) -> set:
    """Posts a folder's images at random; the alerts that fired meanwhile."""
    client = subprocess.Popen(
        [SOFTMOE, "load", "--url", f"http://127.0.0.1:{port}", "--images", folder, "--rate", "20",
         "--seconds", str(round(seconds)), "--warmup", "0"], stdout=subprocess.DEVNULL)
    fired = set()
    while client.poll() is None:
        fired |= prometheus.firing()
        time.sleep(1)
    assert client.returncode == 0, "softmoe load failed"
    return fired


def without_data(prometheus: Prometheus) -> list:
    """The dashboard's queries that have nothing to show, or no number."""
    layers = [series["metric"]["layer"] for series in prometheus.ask("softmoe_expert_imbalance_ratio")]
    missing = []
    for query in dashboard():
        for layer in layers if '="$layer"' in query.text else [".+"]:
            series = prometheus.ask(query.filled(layer))
            if not series or any(math.isnan(float(one["value"][1])) for one in series):
                missing.append(f"{query.where}: no data for {query.filled(layer)}")
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    if not shutil.which("prometheus"):
        raise SystemExit("observe: expected prometheus on the PATH, found none (Debian: prometheus)")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_images(folder / "usual", usual=True)
        make_images(folder / "other", usual=False)
        model = folder / "model.smoe"
        model.symlink_to(MODEL)
        subprocess.check_call([SOFTMOE, "profile", model, "--images", folder / "usual"])
        scale = min(1, minutes / 10)
        server = stack.enter_context(
            serving("--expert-metrics", "slot", "--expert-window", str(round(300 * scale)), model=model))
        prometheus = Prometheus(folder, server.admin, scale)
        stack.callback(prometheus.stop)
        is_done = threading.Event()
        photo = (folder / "usual/0.jpg").read_bytes()
        troublemaker = threading.Thread(target=trouble, args=(server.port, photo, is_done))
        troublemaker.start()
        stack.callback(troublemaker.join)
        stack.callback(is_done.set)
        before = load(server.port, folder / "usual", 60 * minutes * 0.3, prometheus)
        after = load(server.port, folder / "other", 60 * minutes * 0.7, prometheus)
        missing = without_data(prometheus)
    print(f"alerts before the images changed: {before or 'none'}; after: {after or 'none'}")
    print("\n".join(missing) or "every query of the dashboard has data")
    raise SystemExit(bool(before or DRIFT not in after or missing))


if __name__ == "__main__":
    main()
