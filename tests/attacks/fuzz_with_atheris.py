"""The targets of `fuzzed_imports` under atheris, for whoever has an hour.

`pip install atheris`, then `python tests/attacks/fuzz_with_atheris.py CORPUS -max_total_time=600 -timeout=10
-rss_limit_mb=512`: an empty folder CORPUS is filled with honest samples first. The first byte of a file chooses the
target.
"""

import sys
from pathlib import Path

import atheris  # no dependency of the tests

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["pod_app"]):
    import fuzzed_imports as fuzzed

TARGETS = fuzzed.targets()


def one(data: bytes) -> None:
    """What libFuzzer calls."""
    if data:
        fuzzed.run(TARGETS[data[0] % len(TARGETS)], data[1:])


def begin(folder: Path) -> None:
    """Every sample for every target."""
    folder.mkdir(exist_ok=True)
    if not any(folder.iterdir()):
        for at, sample in enumerate(fuzzed.corpus()):
            for number in range(len(TARGETS)):
                (folder / f"{at}-{number}").write_bytes(bytes([number]) + sample)


if __name__ == "__main__":
    begin(Path(sys.argv[1]))
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
