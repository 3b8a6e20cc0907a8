"""A server of its own on free ports, for the scripts beside this one."""
import contextlib
import pathlib
import re
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOFTMOE = ROOT / ".build/release/softmoe"
MODEL = ROOT / "models/cifar10-softmoe.smoe"
SAMPLES = ROOT / "models/samples"
PHOTO = (SAMPLES / "cat.jpg").read_bytes()


class Server:
    """A ready `softmoe serve`: its process, its main port, and its port for probes."""

    def __init__(self, *options, model: pathlib.Path = MODEL, group: pathlib.Path | None = None):
        """`group` is a control group to run in."""
        command = [SOFTMOE, "serve", "--model", model, "--port", "0", "--admin-port", "0", *options]
        if group is not None:
            command = ["sh", "-c", f'echo $$ > "{group}/cgroup.procs"; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.memory = None
        for line in self.process.stderr:
            if found := re.search(r"at most .* of memory.*", line):
                self.memory = found[0]
                break
            if found := re.search(r":(\d+), probes and metrics on port (\d+)", line):
                self.port, self.admin = map(int, found.groups())
        else:
            raise SystemExit("the server did not start")
        # Nobody else reads its log, and a full pipe would stop it.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def status(self, name: str) -> int:
        """A number of /proc's status: VmRSS in KiB, Threads."""
        return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1])

    def descriptors(self) -> int:
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def stop(self):
        self.process.terminate()
        assert self.process.wait(300) == 0, "the server did not end with 0"


@contextlib.contextmanager
def serving(*options, model: pathlib.Path = MODEL):
    server = Server(*options, model=model)
    try:
        yield server
    finally:
        server.stop()
