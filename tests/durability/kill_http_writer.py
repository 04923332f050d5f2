"""A client that writes over HTTP until it is killed: `kill_http_writer.py CONTAINER TOKEN LEDGER PREFIX`.

A request that gets no answer is repeated with the same body: a PUT says the same thing however often.
"""

import sys
import time
from pathlib import Path

import httpx
from ledger import Client, Ledger


def main(container: str, token: str, ledger: Path, prefix: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    # Given up while the server goes on with it, a request could be carried out after the next one; a kill ends it.
    client = httpx.Client(headers=headers, timeout=None)

    def send(name: str, _version: int, body: bytes) -> None:
        while True:
            try:
                answer = client.put(f"{container}{name}", content=body)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code in {201, 204}:
                return
            raise RuntimeError(f"{answer.status_code}: {answer.text}")

    Client(Ledger(ledger), prefix, threads=4, names=20, sizes=(100, 100_000)).run(send)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
