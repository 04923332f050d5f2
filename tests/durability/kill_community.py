"""A process that writes contributions and counts them until it is killed: `kill_community.py FOLDER SEED`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fixtures_community import Community
from installations import Installation

from pod_app.services import assemble
from pod_app.settings import load


def opened(folder: Path) -> Installation:
    """The installation in a folder; nobody speaks HTTP to it."""
    settings, _ = load({"data": folder, "base_url": "https://garden.example/"}, environ={})
    return Installation(assemble(settings), lambda: datetime.now(UTC), None)


def main(folder: Path, seed: int) -> None:
    community = Community.again(opened(folder), seed)
    views = community.services.views

    def follow() -> None:
        while True:
            views.follow(limit=7)

    Thread(target=follow, daemon=True).start()
    number = 0
    while True:
        number += 1
        community.contribute(community.chance.choice(community.people), number % 9)
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
