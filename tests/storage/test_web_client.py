"""The web client as the rest of the program uses it; the attacks on it are in tests/attacks (S1, S4, S8)."""

import datetime as dt
import ipaddress
import logging
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pod_app.errors import Unreachable
from pod_app.settings import Settings
from pod_app.storage.egress_policy import EgressPolicy, RefusedError, checked_addresses, parse_url, redirected
from pod_app.storage.web_client import RawTargetTransport, WebClient

SEEN_PROXY = "http://127.0.0.1:9/"


def echo(environ, start_response):
    """Answers with what it was sent, as text."""
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("X-Kept", "yes")])
    lines = [environ["REQUEST_METHOD"], environ["RAW_URI"], environ["PATH_INFO"]]
    headers = [f"{name}={value}" for name, value in sorted(environ.items()) if name.startswith("HTTP_")]
    return ["\n".join([*lines, *headers, ""]).encode("latin-1"), environ["wsgi.input"].read()]


def local(application=echo, **options):
    return WebClient(EgressPolicy(), mounts={"https://pods.example": RawTargetTransport(application)}, **options)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{self.path} {self.client_address[1]}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Silence: pytest shows enough."""


@contextmanager
def web_server(context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def laboratory_policy(port, **more):
    return EgressPolicy(allow_http=True, allow_private=True, ports=frozenset({port}), **more)


def test_a_fetched_document_tells_its_final_address_type_and_headers():
    answer = local().fetch("https://PODS.example/alice/card?x=1#me", accept="text/turtle")
    assert (answer.url, answer.status, answer.media_type) == ("https://pods.example/alice/card?x=1", 200, "text/plain")
    assert answer.headers["x-kept"] == "yes"
    assert b"HTTP_ACCEPT=text/turtle" in answer.body


@pytest.mark.parametrize("target", ["/a%2Fb", "/a/../b", "//x", "/a%20b?c=%2f", "/;p=1", "/%ff", "/a?"])
def test_a_mounted_application_gets_the_raw_target(target):
    lines = local().fetch(f"https://pods.example{target}").body.decode("latin-1").splitlines()
    assert lines[1] == target


def test_an_iri_is_sent_with_its_characters_encoded_once():
    lines = local().fetch("https://pods.example/caf\u00e9/%C3%A9").body.decode("latin-1").splitlines()
    assert lines[1] == "/caf%C3%A9/%C3%A9"


def test_a_body_and_headers_are_sent_and_any_status_comes_back():
    answer = local().send(
        "PATCH", "https://pods.example/x", b"solid:inserts", headers={"Content-Type": "text/n3", "Slug": "a"}
    )
    assert answer.body.startswith(b"PATCH\n/x\n")
    assert b"HTTP_SLUG=a" in answer.body
    assert answer.body.endswith(b"solid:inserts")


def test_mounts_may_be_filled_later_and_written_with_a_closing_slash():
    mounts = {}
    web = WebClient(EgressPolicy(), mounts=mounts)
    mounts["http://localhost:8000/"] = RawTargetTransport(echo)
    assert web.fetch("http://localhost:8000/alice/").status == 200
    with pytest.raises(Unreachable):
        web.fetch("http://localhost:8001/alice/")


def test_an_application_may_itself_use_the_client_that_called_it():
    mounts = {}
    web = WebClient(EgressPolicy(), mounts=mounts)

    def asking(environ, start_response):
        inner = web.fetch("https://second.example/inner").body
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [inner]

    mounts.update(
        {"https://first.example": RawTargetTransport(asking), "https://second.example": RawTargetTransport(echo)}
    )
    assert b"/inner" in web.fetch("https://first.example/").body


def test_a_mounted_application_is_limited_in_size_and_closed():
    closed = []

    class Endless:
        def __iter__(self):
            while True:
                yield b"x" * 1000

        def close(self):
            closed.append(True)

    def endless(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Endless()

    with pytest.raises(Unreachable):
        local(endless).fetch("https://pods.example/", max_bytes=10_000)
    assert closed


def test_a_mounted_application_that_streams_for_too_long_is_cut_off():
    clock = [0.0]

    def slow(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        for _ in range(100):
            clock[0] += 1.0
            yield b"x"

    def started(environ, start_response):
        stream = slow(environ, start_response)
        return [next(stream), *()] if environ["RAW_URI"] == "/once" else _primed(stream)

    web = local(started, clock=lambda: clock[0])
    assert web.fetch("https://pods.example/once").body == b"x"
    with pytest.raises(Unreachable):
        web.fetch("https://pods.example/")


def _primed(stream):
    """WSGITransport wants the status before it reads the body."""
    first = next(stream)

    def chunks():
        yield first
        yield from stream

    return chunks()


def test_a_mounted_application_that_redirects_outside_meets_the_guard():
    def outward(environ, start_response):
        start_response("302 Found", [("Location", "http://127.0.0.1/")])
        return [b""]

    with pytest.raises(Unreachable):
        local(outward).fetch("https://pods.example/")


def test_allow_private_really_allows_plain_http_on_loopback():
    with web_server() as port:
        web = WebClient(laboratory_policy(port))
        assert web.fetch(f"http://127.0.0.1:{port}/a").body.startswith(b"/a ")
        assert web.fetch(f"http://localhost:{port}/b").body.startswith(b"/b ")
        assert web.send("POST", f"http://127.0.0.1:{port}/", b"x" * 100_000).body == b"x" * 100_000
        web.close()


def test_connections_are_kept_and_shared_between_threads():
    with web_server() as port:
        web = WebClient(laboratory_policy(port))
        ports = set()

        def ask():
            for _ in range(5):
                ports.add(web.fetch(f"http://127.0.0.1:{port}/").body.split()[1])

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert 1 <= len(ports) <= 12
        web.close()


def test_proxy_settings_and_netrc_of_the_environment_are_not_read(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login reader password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, SEEN_PROXY)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with web_server() as port:
        web = WebClient(laboratory_policy(port))
        assert web.fetch(f"http://127.0.0.1:{port}/").status == 200
        web.close()
    assert b"AUTHORIZATION" not in local().fetch("https://pods.example/").body


def certificate(tmp_path, *names):
    """A server certificate for `names`, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "laboratory")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + dt.timedelta(days=1))
    alternative = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    )
    made = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(pem + private)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "both.pem")
    return serving, ssl.create_default_context(cadata=pem.decode())


def test_tls_verifies_the_name_although_the_connection_goes_to_a_checked_address(tmp_path):
    serving, trusting = certificate(tmp_path, "pods.example", "10.9.8.7")
    with web_server(serving) as port:
        policy = laboratory_policy(port)
        web = WebClient(policy, resolver=lambda _host, _port: ["127.0.0.1"], tls=trusting)
        assert web.fetch(f"https://pods.example:{port}/").status == 200
        for wrong in (f"https://other.example:{port}/", f"https://127.0.0.1:{port}/"):
            with pytest.raises(Unreachable):
                web.fetch(wrong)
        web.close()
        strict = WebClient(policy, resolver=lambda _host, _port: ["127.0.0.1"])
        with pytest.raises(Unreachable):
            strict.fetch(f"https://pods.example:{port}/")
        strict.close()


def test_the_next_address_is_tried_when_the_first_does_not_answer():
    with web_server() as port:
        web = WebClient(laboratory_policy(port), resolver=lambda _host, _port: ["127.0.0.9", "127.0.0.1"])
        assert web.fetch(f"http://pods.example:{port}/").status == 200
        web.close()


def test_the_true_reason_is_in_the_debug_log_only(caplog):
    with caplog.at_level(logging.DEBUG, logger="pod_app"), pytest.raises(Unreachable) as refused:
        local().fetch("http://127.0.0.1/")
    assert "plain http" in caplog.text
    assert "plain http" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_the_policy_is_read_from_the_settings():
    policy = EgressPolicy.of(Settings(egress_allow_http=True, egress_ports=(443, 8443)))
    assert policy.allow_http
    assert not policy.allow_private
    assert policy.ports == frozenset({443, 8443})


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Pods.Example:443", "https://pods.example/"),
        ("https://pods.example?x", "https://pods.example/?x"),
        ("https://b\u00fccher.example/", "https://xn--bcher-kva.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://8.8.8.8:/", "https://8.8.8.8/"),
        ("https://[2606:2800:0021:CB07:0:0:0:1]:8443/a", "https://[2606:2800:21:cb07::1]:8443/a"),
        ("https://a_b.example/%zz", "https://a_b.example/%zz"),
    ],
)
def test_a_url_has_one_canonical_spelling(url, canonical):
    assert parse_url(url).url == canonical
    assert parse_url(canonical).url == canonical


def test_relative_redirects_are_resolved_against_the_page():
    page = parse_url("https://pods.example/a/b?c")
    assert redirected(page, "../d?e#f").url == "https://pods.example/d?e"
    assert redirected(page, "?x").url == "https://pods.example/a/b?x"
    assert redirected(page, "//other.example").url == "https://other.example/"


def test_public_addresses_of_both_families_pass_in_the_order_of_the_resolver():
    policy = EgressPolicy()
    answers = ["2606:2800:21f:cb07::1", "93.184.215.14", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "93.184.215.14"]
    passed = [ipaddress.ip_address(answer) for answer in checked_addresses(answers, policy)]
    assert passed == [ipaddress.ip_address(answer) for answer in answers[:4]]
    for private in ("10.0.0.1", "::ffff:10.0.0.1", "fd00::1", "::"):
        with pytest.raises(RefusedError):
            checked_addresses([*answers, private], policy)
