"""A WSGI application that shows what reached it, served by the real server: `served_application.py PORT ENGINE LOG`."""

import contextvars
import json
import sys
import threading
import time
from pathlib import Path

PLACE = contextvars.ContextVar("place", default="")


class Chunks:
    """An answer in parts that writes down when it is closed."""

    def __init__(self, log, name, chunks):
        self._log, self._name, self._chunks = log, name, chunks

    def __iter__(self):
        return iter(self._chunks)

    def close(self):
        self._log(f"closed {self._name}")


class Application:
    def __init__(self, log):
        self.log = log

    def __call__(self, environ, start_response):
        name = environ["PATH_INFO"].strip("/").split("/")[0]
        return getattr(self, f"_{name}", self._echo)(environ, start_response)

    def _echo(self, environ, start_response):
        body = environ["wsgi.input"].read()
        shown = {key: value for key, value in environ.items() if isinstance(value, str | int | bool)}
        answer = json.dumps({"environ": shown, "body": body.decode("latin-1")}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return Chunks(self.log, "echo", [answer])

    def _upload(self, environ, start_response):
        size = 0
        while part := environ["wsgi.input"].read(100_000):
            size += len(part)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(size).encode()]

    def _unread(self, environ, start_response):
        start_response("401 Unauthorized", [("Content-Length", "2")])
        return [b"no"]

    def _download(self, environ, start_response):
        count, size = 1600, 65536
        headers = [("Content-Length", str(count * size))] if "length" in environ["QUERY_STRING"] else []
        start_response("200 OK", headers)
        return Chunks(self.log, "download", (b"x" * size for _ in range(count)))

    def _ticks(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/event-stream")])

        def ticks():
            PLACE.set("inside")
            for _ in range(1000):
                yield b"tick\n"
                environ["pod_app.stopping"].wait(0.05)
                self.log(f"context {PLACE.get()}") if PLACE.get() != "inside" else None

        return Chunks(self.log, "ticks", ticks())

    def _slow(self, environ, start_response):
        self.log("slow begins")
        time.sleep(0.7)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    def _fails(self, environ, start_response):
        raise RuntimeError("a secret reason")

    def _breaks(self, environ, start_response):
        def parts():
            yield b"some"
            raise RuntimeError("a secret reason")

        start_response("200 OK", [("Content-Type", "text/plain")])
        return Chunks(self.log, "breaks", parts())

    def _silent(self, environ, start_response):
        return []

    def _write(self, environ, start_response):
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"written, ")
        return [b"returned"]

    def _lazy(self, environ, start_response):
        start_response("200 OK", [("X-Status", "late"), ("Connection", "close"), ("Transfer-Encoding", "x")])
        yield b""
        yield b"late"

    def _headers(self, environ, start_response):
        start_response(
            "200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Name", "caf\u00e9"), ("Content-Length", "0")]
        )
        return []

    def _threads(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(threading.active_count()).encode()]


def main(port, engine, log_path):
    from pod_app.web.serving.server import Limits, leave, run  # noqa: PLC0415  # the program under test

    path = Path(log_path)
    lock = threading.Lock()

    def log(line):
        with lock, path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    limits = Limits(max_headers=20_000, rate=1000, grace=1.0)
    run(
        lambda: Application(log),
        "127.0.0.1",
        int(port),
        on_ready=lambda: log("ready"),
        on_stop=lambda: log("stopped"),
        threads=2,
        max_body=200 * 2**20,
        limits=limits,
        engine=engine,
    )
    leave()


if __name__ == "__main__":
    main(*sys.argv[1:])
