"""Requests that go through the ASGI adapter without a server around it."""

import asyncio

from loops import in_a_loop


async def ask(adapter, method, target, *headers, body=b""):
    """Status, headers and body of one answer; `headers` are pairs of bytes."""
    sent = []
    length = [(b"content-length", str(len(body)).encode())] if body else []
    scope = {
        "type": "http", "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 4321),
        "scheme": "http", "method": method, "path": target, "raw_path": target.encode(), "query_string": b"",
        "headers": [(b"host", b"garden.example"), *length, *headers],
    }  # fmt: skip

    async def receive():
        if body:
            return {"type": "http.request", "body": body, "more_body": False}
        return await asyncio.get_running_loop().create_future()

    async def send(message):
        sent.append(message)

    await adapter(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def asked(adapter, *request, **more):
    """One request, in a loop of its own."""
    return in_a_loop(lambda: ask(adapter, *request, **more))
