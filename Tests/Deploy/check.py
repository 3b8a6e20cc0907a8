"""Whether deploy/ fits the server: status 0 when every query names metrics and labels that it has.

Also: each alert has a text that says what to do, Prometheus' own checks and unit tests of the rules pass (where
promtool is installed), and the Kubernetes objects are valid.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import pathlib
import urllib.error
import urllib.request

import yaml
from prometheus_client.parser import text_string_to_metric_families

from queries import ROOT, RULES, dashboard, recorded, rules

sys.path.append(str(ROOT / "Benchmarks/serving"))
from server import MODEL, PHOTO, SOFTMOE, serving  # noqa: E402

# What Prometheus adds to every series, and what it makes itself.
ADDED = {"job", "instance"}
OWN = {"up": ADDED, "ALERTS": ADDED | {"alertname", "alertstate", "severity", "layer"}}


def classify(port: int, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/classify", PHOTO, headers)
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request).read()


def even_profile(path: pathlib.Path):
    """Writes a profile by which every slot has the same share."""
    model = json.loads(subprocess.check_output([SOFTMOE, "inspect", "--json", MODEL]))
    moe = model["configuration"]["moe"]
    slots = moe["expert_count"] * moe["slots_per_expert"]
    layers = [{"layer": layer, "slot_mass": [1 / slots] * slots, "divergence_limit": 0.01} for layer in moe["layers"]]
    path.write_text(json.dumps({"version": 1, "weights": model["weights"], "images": 1, "layers": layers}))


def scraped() -> dict:
    """The labels of each metric of a server that has answered well and badly."""
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.smoe"
        model.symlink_to(MODEL)
        even_profile(model.with_suffix(".profile.json"))
        with serving("--expert-metrics", "slot", model=model) as server:
            for _ in range(3):
                classify(server.port)
            classify(server.port, **{"x-request-timeout-ms": "1"})
            page = urllib.request.urlopen(f"http://127.0.0.1:{server.admin}/metrics").read().decode()
    found = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, set(ADDED)).update(sample.labels)
    return found


def problems(query, known: dict) -> list:
    found, all_labels = [], set()
    for name, labels in query.selectors():
        if name not in known:
            found.append(f"{query.where}: the server has no metric {name}")
            continue
        all_labels |= known[name]
        found += [f"{query.where}: {name} has no label {label}" for label in labels - known[name]]
    if not found:
        found += [f"{query.where}: nothing in it has the label {label}"
                  for label in (query.labels() | query.shown) - all_labels]
    return found


def texts() -> list:
    return [f"{rule['alert']}: no {part}"
            for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"] if "alert" in rule
            for part in ("summary", "description", "action") if not rule["annotations"].get(part)]


def run(*command) -> list:
    """What a command that fails has to say."""
    done = subprocess.run(command, cwd=ROOT / "deploy", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return [] if done.returncode == 0 else [done.stdout]


def main():
    known = OWN | scraped() | recorded()
    queries = dashboard() + rules()
    found = [problem for query in queries for problem in problems(query, known)] + texts()
    found += run(pathlib.Path(sys.executable).with_name("kubernetes-validate"), "--strict", "kubernetes.yaml")
    if shutil.which("promtool"):
        found += run("promtool", "check", "config", "prometheus/prometheus.yaml")
        found += run("promtool", "test", "rules", "prometheus/alerts.test.yaml")
    elif os.environ.get("CI") == "true":
        found.append("expected promtool, which Debian's package prometheus brings")
    else:
        print("promtool: skipped, as it is not installed (Debian: prometheus)")
    print("\n".join(found) or f"{len(queries)} queries fit the server")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
