"""Serve a data folder with a chosen engine: `serve_with.py ENGINE FOLDER PORT`."""

import sys

from pod_app import services
from pod_app.settings import load
from pod_app.web.app import create
from pod_app.web.serving import server
from pod_app.web.solid.following import Following
from pod_app.web.solid.streams import Streams


def main(engine, folder, port):
    settings, _ = load({"data": folder, "base_url": f"http://localhost:{port}/"})
    opened = services.assemble(settings)
    server.run(
        lambda: create(opened),
        "127.0.0.1",
        int(port),
        engine=engine,
        streams=lambda: Streams(opened, Following(opened)),
    )
    opened.close()
    server.leave()


if __name__ == "__main__":
    main(*sys.argv[1:])
