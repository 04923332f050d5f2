"""Take the pictures of the README from a demo of its own: `make screenshots`.

Needs Debian's Chromium. Small PNGs, always of the same community (one seed, one last day).
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
LARGEST = 150_000
PAGES = (
    ("capital", "collective/jardiniers", 1100, 980),
    ("capital-phone", "collective/jardiniers", 390, 1000),
    ("river", "{river}", 900, 760),
    ("garden", "{garden}", 1000, 700),
    ("badge", "{badge}", 1000, 700),
    ("verifier", "verify", 1000, 640),
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> None:
    """Start a demo in a folder that is thrown away, and look at it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pod_app", "demo", "--pods", "60", "--gardens", "8", "--until", "2026-06-30"]
        environment = {**os.environ, "POD_APP_DATA": f"{folder}/data"}
        with subprocess.Popen([*command, "--port", str(port)], env=environment, stdout=subprocess.DEVNULL) as demo:
            try:
                wait(demo, port)
                take(f"http://localhost:{port}/")
            finally:
                demo.terminate()


def wait(demo: subprocess.Popen[bytes], port: int) -> None:
    """Until the demo answers; raises when it ends before."""
    while demo.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the demo ended with {demo.returncode}")


def take(base: str) -> None:
    """Every picture; raises when one is too large for a README."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        known = {"garden": first(browser, f"{base}collective/jardiniers/gardens", ".tile h3 a")}
        known["river"] = first(browser, f"{base}collective/jardiniers/learning-cascade", "td a")
        known["badge"] = first(browser, f"{base}amina/profile/card", ".tile h3 a")
        for name, path, width, height in PAGES:
            page = browser.new_page(viewport={"width": width, "height": height}, locale="fr-FR")
            page.goto(base + path.format(**known))
            page.screenshot(path=HERE / f"{name}.png")
            page.close()
            if (size := (HERE / f"{name}.png").stat().st_size) > LARGEST:
                raise ValueError(f"{name}.png has {size} bytes, more than {LARGEST}")
        browser.close()


def first(browser: Browser, address: str, chosen: str) -> str:
    """Path of the first link of a page."""
    page = browser.new_page(locale="fr-FR")
    page.goto(address)
    href = page.locator(chosen).first.get_attribute("href") or ""
    page.close()
    return href.removeprefix("/")


if __name__ == "__main__":
    main()
