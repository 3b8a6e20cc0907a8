"""The two servers as processes, and the load on them."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np

from subjects import HERE, SOFTMOE


class Server:
    """A group of processes that answers on a port of this machine, and stands still unless it is measured."""

    def __init__(self, command: list, port: int, ready: str, path: str, bodies: pathlib.Path, seconds: float = 300):
        self.port, self.path, self.bodies = port, path, bodies
        # Of their own session, so that a signal reaches all of its processes and none else.
        self.process = subprocess.Popen([str(part) for part in command], start_new_session=True, cwd=HERE)
        deadline = time.monotonic() + seconds
        while not self.answers(ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"a server did not become ready: {self.process.args}")
            time.sleep(0.1)

    def answers(self, path: str) -> bool:
        try:
            return self.ask("GET", path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def predictions(self) -> list[list[dict]]:
        """What it answers to every file, in the order of their names."""
        results = []
        for path in sorted(self.bodies.rglob("*.jpg")):
            status, text = self.ask("POST", self.path, path.read_bytes())
            if status != 200:
                sys.exit(f"{self.process.args}: expected status 200, found {status}: {text!r}")
            results.append(json.loads(text)["predictions"])
        return results

    def load(self, connections: int, seconds: float, warmup: float) -> dict:
        """A closed loop with so many connections: requests/s, milliseconds, and the batch of the mean answer."""
        report = json.loads(subprocess.check_output([str(part) for part in (
            SOFTMOE, "load", "--url", f"http://127.0.0.1:{self.port}", "--path", self.path, "--images", self.bodies,
            "--concurrency", connections, "--seconds", seconds, "--warmup", warmup, "--json")]))["levels"][0]
        if set(report["answers"]) != {"200"} or sum(report["errors"].values()):
            sys.exit(f"{self.process.args}: answers {report['answers']}, errors {report['errors']}")
        latency = report["latency_ms"]
        return {"rate": report["answers_per_second"], "p50": latency["p50"], "p99": latency["p99"],
                "mean": latency["mean"], "batch": self.batch(report)}

    def batch(self, report: dict) -> float:
        return report["mean_batch_size"]

    @contextlib.contextmanager
    def awake(self):
        self.signal(signal.SIGCONT)
        yield
        self.signal(signal.SIGSTOP)

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        # Helpers of a server may outlive it.
        self.signal(signal.SIGKILL)
        self.process.wait()


class Softmoe(Server):
    def __init__(self, checkpoint: pathlib.Path, images: pathlib.Path, threads: int):
        port = free_port()
        command = [SOFTMOE, "serve", "--model", checkpoint, "--port", port, "--admin-port", "none",
                   "--threads", threads, "--log-level", "error"]
        super().__init__(command, port, "/readyz", "/classify?top_k=5", images)


class LitServe(Server):
    def __init__(self, checkpoint: pathlib.Path, onnx: pathlib.Path, bodies: pathlib.Path, counts: pathlib.Path,
                 threads: int, settings: dict):
        self.counts = np.memmap(counts, np.int64, "w+", shape=2)
        port = free_port()
        command = [sys.executable, HERE / "peer.py", "--checkpoint", checkpoint, "--onnx", onnx, "--counts", counts,
                   "--port", port, "--threads", threads, "--settings", json.dumps(settings)]
        super().__init__(command, port, "/health", "/predict", bodies)

    def load(self, connections: int, seconds: float, warmup: float) -> dict:
        self.counts[:] = 0
        return super().load(connections, seconds, warmup)

    def batch(self, report: dict) -> float:
        images, squares = self.counts
        return float(squares / images)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
