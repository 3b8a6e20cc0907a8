#!/usr/bin/env python3
"""Restarts two servers behind haproxy in turn, under load, and counts the requests that are lost.

    Benchmarks/serving/restarts.py [--restarts 100] [--clients 8]

Needs haproxy and a release build. A server leaves by SIGTERM: /readyz fails, haproxy's check takes it out
within the drain delay, and what it had accepted is answered. Status 0 when no request was lost.
"""
import argparse
import http.client
import socket
import subprocess
import tempfile
import threading
import time

from server import MODEL, PHOTO, SOFTMOE

CONFIGURATION = """
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
listen softmoe
  bind 127.0.0.1:{front}
  option httpchk GET /readyz
  default-server check inter 100ms fall 1 rise 1 observe layer4
  server a 127.0.0.1:{a} port {a_admin}
  server b 127.0.0.1:{b} port {b_admin}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class FixedServer:
    """A server that comes back on the same ports."""

    def __init__(self):
        self.port, self.admin = free_port(), free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [SOFTMOE, "serve", "--model", MODEL,
             "--port", str(self.port), "--admin-port", str(self.admin), "--drain-delay", "0.5",
             "--log-level", "error"])
        wait_until_ready(self.admin)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0, "the server did not end with 0"


def wait_until_ready(port: int, path: str = "/readyz"):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit("not ready within 20 s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--restarts", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    servers = [FixedServer(), FixedServer()]
    front = free_port()
    statuses, lock, is_done = {}, threading.Lock(), threading.Event()

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", front, timeout=30)
        while not is_done.is_set():
            try:
                connection.request("POST", "/classify", body=PHOTO)
                response = connection.getresponse()
                response.read()
                outcome = response.status
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
                connection.close()
            with lock:
                statuses[outcome] = statuses.get(outcome, 0) + 1

    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(CONFIGURATION.format(front=front, a=servers[0].port, a_admin=servers[0].admin,
                                        b=servers[1].port, b_admin=servers[1].admin))
        file.flush()
        haproxy = subprocess.Popen(["haproxy", "-db", "-q", "-f", file.name])
        wait_until_ready(front, "/info")
        clients = [threading.Thread(target=client) for _ in range(options.clients)]
        for thread in clients:
            thread.start()
        start = time.monotonic()
        for index in range(options.restarts):
            servers[index % 2].stop()
            servers[index % 2].start()
            # haproxy has to see it before the other one goes.
            time.sleep(0.5)
        is_done.set()
        for thread in clients:
            thread.join()
        haproxy.terminate()
        haproxy.wait()
    for server in servers:
        server.stop()
    print(f"{options.restarts} restarts in {time.monotonic() - start:.0f} s; answers: {statuses}")
    raise SystemExit(set(statuses) != {200})


if __name__ == "__main__":
    main()
