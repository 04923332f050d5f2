"""The served program and subscribers of its notifications: sockets, streams, and receivers of webhooks."""

import http.client
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import urlsplit

import live_server
from websockets.sync import client

LD = "application/ld+json"
CONTEXT = "https://www.w3.org/ns/solid/notifications-context/v1"
GUARD = 120.0  # seconds that nothing here should ever need, on a machine that is busy with other things
_names = count()


def fresh(container="/alice/public/"):
    """A path that nobody wrote to before."""
    return f"{container}n{next(_names)}"


def ask(person, kind, content_type=LD, **request):
    """A subscription request, and its answer."""
    wanted = {"@context": [CONTEXT], "type": kind, **request}
    return person("POST", f"/subscriptions/{kind}", json.dumps(wanted), content_type)


def topic(installation, path="alice/public/"):
    """The address of a path."""
    return f"{installation.base}{path}"


class Served:
    """One served data folder with people in it; requests over sockets, in English."""

    def __init__(self, base, folder, tokens=None):
        self.base = base
        self.folder = folder
        self.tokens = tokens or {}

    def person(self, name):
        made = live_server.run(
            self.folder, "account", "create", name, "--password-stdin", "--client-credentials", "--json",
            stdin=f"a long password of {name}",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.tokens[name] = json.loads(made.stdout)["token"]
        return name

    def send(self, method, target, body=None, media_type="text/turtle", who=None, **headers):
        """One request on a connection of its own: (status, headers, body)."""
        parts = urlsplit(self.base)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=GUARD)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Accept-Language"] = "en"
        if who is not None:
            named["Authorization"] = f"Bearer {self.tokens[who]}"
        if body is not None:
            named["Content-Type"] = media_type
        try:
            connection.request(method, target, body, named)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def put(self, target, body=b"<> a <#thing>.", who="alice", **more):
        status, _, text = self.send("PUT", target, body, who=who, **more)
        assert status in {201, 204, 205}, text
        return status

    def subscribe(self, kind, *targets, who="alice", **features):
        """A channel on these targets, as the service told it."""
        topics = [self.base + target.lstrip("/") for target in targets]
        wanted = {"@context": [CONTEXT], "type": kind, "topic": topics if len(topics) > 1 else topics[0], **features}
        status, _, body = self.send(
            "POST", f"/subscriptions/{kind}", json.dumps(wanted), "application/ld+json", who=who
        )
        assert status == 200, body
        return json.loads(body)


class Stream:
    """A GET that stays open; `message` gives what comes next, one chunk at a time."""

    def __init__(self, url, **headers):
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=GUARD)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", parts.path, headers=named)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def chunk(self):
        """One chunk as it was sent; empty at the end of the stream."""
        size = int(self.answer.fp.readline().split(b";")[0] or b"0", 16)
        data = self.answer.fp.read(size)
        self.answer.fp.readline()
        return data

    def message(self):
        return json.loads(self.chunk())

    def event(self):
        """The next event that is no comment: its id and its data."""
        while True:
            lines = self.chunk().decode().splitlines()
            data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
            if data:
                number = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
                return (number or [None])[0], "\n".join(data)

    def close(self):
        self.answer.close()
        self.connection.close()


def connect(url, **more):
    """A socket that does not give up on a busy machine: by itself the client would, after ten or twenty seconds."""
    return client.connect(url, open_timeout=GUARD, ping_interval=None, close_timeout=GUARD, **more)


def status_of(url, **headers):
    """Status of a GET that should be refused."""
    stream = Stream(url, **headers)
    stream.close()
    return stream.status


class Receiver:
    """A receiver of webhooks on loopback: keeps what it gets, answers with `status`."""

    def __init__(self, status=200):
        self.status = status
        self.got = []
        self.news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.news:
                    receiver.got.append((dict(self.headers), json.loads(body)))
                    receiver.news.notify_all()
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, count):
        with self.news:
            assert self.news.wait_for(lambda: len(self.got) >= count, GUARD), self.got
            return [body for _, body in self.got]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def receiving(status=200):
    made = Receiver(status)
    try:
        yield made
    finally:
        made.close()


def wait_until(what, seconds=GUARD):
    """Wait for something to become true, looking again and again."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)
    return found
