#!/usr/bin/env python3
"""Half an hour of good, bad, slow and vanishing clients, and what becomes of memory, descriptors and answers.

    Benchmarks/serving/soak.py [--minutes 30] [--warmup 3]

Status 0 when after the warm-up resident memory has grown by no more than 2 %, no descriptor is left over, and
every good answer was the right one.
"""
import argparse
import http.client
import json
import random
import socket
import subprocess
import threading
import time

from hostile import cases, exchange, request
from server import MODEL, PHOTO, SAMPLES, SOFTMOE, Server


class Counts:
    def __init__(self):
        self.lock, self.values = threading.Lock(), {}

    def add(self, key):
        with self.lock:
            self.values[key] = self.values.get(key, 0) + 1


def good(port, right, counts, is_done, pause):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not is_done.is_set():
        try:
            connection.request("POST", "/classify?top_k=10", body=PHOTO)
            answer = connection.getresponse()
            body = answer.read()
            counts.add("good: " + ("right" if answer.status == 200 and json.loads(body)["predictions"] == right
                                   else f"WRONG {answer.status}"))
        except (OSError, http.client.HTTPException) as error:
            counts.add(f"good: WRONG {type(error).__name__}")
            connection.close()
        time.sleep(pause)


def bad(port, counts, is_done):
    listed = cases()
    while not is_done.is_set():
        name, data, expected = random.choice(listed)
        found = exchange(port, data)
        counts.add("bad: refused" if found in expected else f"bad: WRONG {name}: {found}")
        time.sleep(0.05)


def slow(port, counts, is_done):
    while not is_done.is_set():
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            try:
                for byte in request():
                    connection.sendall(bytes([byte]))
                    time.sleep(0.5)
                    if is_done.is_set():
                        return
            except OSError:
                counts.add("slow: cut off")


def vanishing(port, counts, is_done):
    while not is_done.is_set():
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            whole = request()
            connection.sendall(whole[:random.randrange(1, len(whole) + 1)])
            time.sleep(random.choice((0, 0, 0.002, 0.01)))
        counts.add("vanishing: gone")
        time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--warmup", type=float, default=3, help="minutes of them before memory is first read")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between a good client's requests")
    options = parser.parse_args()
    right = json.loads(subprocess.check_output(
        [SOFTMOE, "classify", "--json", "--top-k", "10", "--model", MODEL, SAMPLES / "cat.jpg"]))["predictions"]
    server = Server("--receive-timeout", "5")
    port = server.port

    def state():
        return {"resident": server.status("VmRSS"), "threads": server.status("Threads"),
                "descriptors": server.descriptors()}

    idle = state()
    counts, is_done = Counts(), threading.Event()
    clients = [threading.Thread(target=good, args=(port, right, counts, is_done, options.pause)) for _ in range(8)]
    clients += [threading.Thread(target=bad, args=(port, counts, is_done)) for _ in range(2)]
    clients += [threading.Thread(target=slow, args=(port, counts, is_done)) for _ in range(20)]
    clients += [threading.Thread(target=vanishing, args=(port, counts, is_done)) for _ in range(2)]
    for client in clients:
        client.start()
    start = time.monotonic()
    warm, largest = None, 0
    while time.monotonic() - start < 60 * options.minutes:
        time.sleep(10)
        now = state()
        minutes = (time.monotonic() - start) / 60
        if minutes >= options.warmup:
            # What it holds at the busiest: a moment's value depends on what is under way.
            if warm is None or minutes < 2 * options.warmup:
                warm = max(warm or 0, now["resident"])
            largest = max(largest, now["resident"])
        print(f"{minutes:5.1f} min  {now}", flush=True)
    is_done.set()
    for client in clients:
        client.join()
    time.sleep(8)
    left = state()
    server.stop()
    growth = largest / warm - 1
    wrong = [key for key in counts.values if "WRONG" in key]
    print(f"resident {warm} → {largest} KiB, {100 * growth:+.1f} %; descriptors {idle['descriptors']} → "
          f"{left['descriptors']}; {counts.values}")
    raise SystemExit(growth > 0.02 or left["descriptors"] > idle["descriptors"] or bool(wrong))


if __name__ == "__main__":
    main()
