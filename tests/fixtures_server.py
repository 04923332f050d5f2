"""A whole installation served by `python -m pod_app serve` in a process of its own, spoken to over raw sockets."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import live_server

ROOT = Path(__file__).resolve().parents[1]
GUARD = live_server.HANG_GUARD


class Served:
    """The process and its port; `exchange` sends bytes as they are and reads until the server closes."""

    def __init__(self, folder, port):
        self.port = port
        self.log = folder / "serve.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pod_app", "serve", "--data", folder, "--port", str(port)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        deadline = time.monotonic() + GUARD
        while b"Serving" not in self.log.read_bytes():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def exchange(self, request):
        with socket.socket() as connection:
            connection.settimeout(GUARD)
            connection.connect(("127.0.0.1", self.port))
            parts = []
            try:
                connection.sendall(request)
                while part := connection.recv(65536):
                    parts.append(part)
            except (ConnectionResetError, BrokenPipeError):
                parts.append(b"")
            return b"".join(parts)

    def send(self, method, target, *headers, body=b""):
        """The whole answer to a request with exactly this target, given as bytes."""
        head = [f"Host: localhost:{self.port}", "Connection: close", f"Content-Length: {len(body)}", *headers]
        lines = "\r\n".join(["", *head, "", ""]).encode("latin-1")
        return self.exchange(method.encode() + b" " + target + b" HTTP/1.1" + lines + body)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GUARD)


def status(answer):
    """Status code of the first answer in these bytes; 0 when there is none."""
    head = answer.partition(b"\r\n")[0].split()
    return int(head[1]) if len(head) > 1 and head[0].startswith(b"HTTP/") else 0
