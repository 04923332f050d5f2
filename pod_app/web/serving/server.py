"""Serves a WSGI application from this very process: granian, or uvicorn where granian has no wheel.

Both run on one asyncio loop with the same adapter, beside which notification streams and WebSockets are native
async (`web/solid/streams.py`). Measured: starts in half a second, 30 MB above the application.
"""

import asyncio
import contextlib
import importlib.util
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, Protocol

from pod_app.errors import N_, Unavailable
from pod_app.web.serving.asgi_adapter import AsgiAdapter, NativeStreams
from pod_app.web.serving.inflow import LIMITS, MAX_BODY, Limits
from pod_app.web.serving.watching import Asgi

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["AsgiAdapter", "Engine", "Limits", "leave", "run"]

Engine = Literal["granian", "uvicorn"]

_HEADER_SECONDS: Final = 10
_GRACE: Final = 15.0
_GOODBYE: Final = 5.0
_LAST_COMERS: Final = 1.0
"""Between giving the port back and stopping: who has just connected still gets to ask."""
_LARGEST_FRAME: Final = 64 * 2**10  # nothing is expected from the other side
_START_SECONDS: Final = 15.0
_BACKLOG: Final = 1024
_PORTS: Final = range(1, 65536)


def _nothing() -> None:
    """Stand for a listener that nobody gave."""


def run(
    app_factory: Callable[[], "WSGIApplication"],
    host: str,
    port: int,
    *,
    on_ready: Callable[[], object] = _nothing,
    on_stop: Callable[[], object] = _nothing,
    threads: int = 8,
    max_body: int = MAX_BODY,
    limits: Limits = LIMITS,
    engine: Engine | None = None,
    streams: Callable[[], NativeStreams] | None = None,
    listening: socket.socket | None = None,
    around: Callable[[Asgi], Asgi] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; running requests get 15 s to finish, a second SIGINT ends at once.

    The address is checked before the application is made; `on_ready` runs when connections are accepted, `on_stop`
    after the last answer, whatever ended the server. Call it from the main thread, which alone gets signals.
    With a `listening` socket connections come from it, and the address only says where that is; it is given back a
    second before the end, so that other processes take who comes and nobody who has connected is sent away unheard.
    What `around` makes of the adapter sees each connection first. Raises `Unavailable` when the address cannot be used.
    """
    address = host if listening is not None else usable_address(host, port)
    native = streams() if streams is not None else None
    adapter = AsgiAdapter(app_factory(), threads=threads, max_body=max_body, limits=limits, streams=native)
    application = adapter if around is None else around(adapter)
    try:
        server = _engine(engine, application, address, port, listening)
        asyncio.run(_serve(server, adapter, (address, port), on_ready, listening))
    finally:
        adapter.close()
        on_stop()


def leave() -> NoReturn:
    """End this process after `run` and after everything else is closed.

    The interpreter is not taken down step by step: a thread of granian that wants it meanwhile would be killed
    by CPython in the midst of Rust, which ends in a panic (seen once in some hundred stops).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


class _Server(Protocol):
    """What both engines can do: `serve` returns after `stop`, when running requests are answered."""

    async def serve(self) -> None: ...

    def stop(self) -> None: ...


class _Granian:
    def __init__(self, application: Asgi, address: str, port: int, listening: socket.socket | None) -> None:
        from granian._granian import SocketHolder  # noqa: PLC0415  # one engine is enough
        from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415  # one engine is enough
        from granian.http import HTTP1Settings  # noqa: PLC0415  # as above
        from granian.server.embed import Server  # noqa: PLC0415  # as above

        untyped: Any = SocketHolder
        holder = None if listening is None else untyped(listening.fileno(), False, _BACKLOG)

        class Shared(Server):
            """Takes connections from a socket that other processes take them from as well."""

            def _init_shared_socket(self) -> None:
                if listening is None:
                    super()._init_shared_socket()  # type: ignore[no-untyped-call]  # granian leaves it untyped
                else:
                    self.__dict__.update(_ssp=None, _sfd=listening.fileno(), _shd=holder)

        self._server = Shared(
            application,
            address=address,
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            backlog=_BACKLOG,
            log_enabled=False,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_SECONDS * 1000, max_buffer_size=96 * 2**10),
        )

    async def serve(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it untyped


class _Uvicorn:
    def __init__(self, application: Asgi, address: str, port: int, listening: socket.socket | None) -> None:
        import uvicorn  # noqa: PLC0415  # one engine is enough

        class Server(uvicorn.Server):
            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                """Leave signals to `run`: uvicorn would raise them again after it has stopped."""
                yield

        config = uvicorn.Config(
            application,
            address,
            port,
            http="h11",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_FRAME,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=96 * 2**10,
            timeout_keep_alive=_HEADER_SECONDS,
        )
        self._server = Server(config)
        self._sockets = None if listening is None else [listening]

    async def serve(self) -> None:
        await self._server.serve(sockets=self._sockets)

    def stop(self) -> None:
        self._server.should_exit = True


def _engine(
    name: Engine | None, application: Asgi, address: str, port: int, listening: socket.socket | None
) -> _Server:
    chosen = name or ("granian" if importlib.util.find_spec("granian") else "uvicorn")
    kind = _Granian if chosen == "granian" else _Uvicorn
    return kind(application, address, port, listening)


async def _serve(
    server: _Server,
    adapter: AsgiAdapter,
    address: tuple[str, int],
    on_ready: Callable[[], object],
    listening: socket.socket | None,
) -> None:
    serving = asyncio.create_task(server.serve())
    try:
        with _signals() as signalled:
            await _accepting(serving, *address)
            on_ready()
            waiting = asyncio.create_task(signalled.wait())
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        if serving.done():
            await serving
        adapter.end_streams()
        if listening is not None:
            adapter.part()
            _give_back(listening)
            await asyncio.sleep(_LAST_COMERS)
        await adapter.streams_gone(_GOODBYE)
        server.stop()
        await asyncio.wait({serving}, timeout=_GRACE)
    finally:
        serving.cancel()


def _give_back(listening: socket.socket) -> None:
    """Take no more connections from a socket that other processes go on with.

    An engine that stops closes connections that have not asked anything yet, and neither engine can first stop
    accepting. So each of this process's descriptors of the socket, the engine's own copy among them, becomes one of a
    socket to which nobody connects. Linux alone tells which those are; elsewhere a stop may cut off who just came.
    """
    if sys.platform != "linux":
        return
    shared = os.fstat(listening.fileno())
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        nobody.setblocking(False)
        for descriptor in [int(link.name) for link in Path("/proc/self/fd").iterdir()]:
            with contextlib.suppress(OSError):  # closed meanwhile, such as the one that lists them
                if os.path.samestat(os.fstat(descriptor), shared):
                    os.dup2(nobody.fileno(), descriptor, inheritable=False)


@contextlib.contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Give an event that SIGTERM and SIGINT set; afterwards Python's own handlers count again."""
    signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    names = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
    for name in names:
        loop.add_signal_handler(name, signalled.set)
    try:
        yield signalled
    finally:
        for name in names:
            loop.remove_signal_handler(name)


async def _accepting(serving: "asyncio.Task[None]", address: str, port: int) -> None:
    """Wait until a connection to ourselves is accepted; raises `Unavailable`."""
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  # not bound to, replaced
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while not serving.done() and asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(loopback, port)  # noqa: TID251  # asks itself whether it answers
            writer.close()
            return
        await asyncio.sleep(0.01)
    problem = serving.exception() if serving.done() and not serving.cancelled() else "it took too long"
    raise Unavailable(
        N_("The server did not start at {address} port {port}: {problem}."),
        N_("Try another port with --port."),
        address=address,
        port=port,
        problem=problem,
    )


def usable_address(host: str, port: int) -> str:
    """Resolve the host and try the port: granian would share a used one with whoever has it (SO_REUSEPORT)."""
    try:
        if port not in _PORTS:
            raise OSError(f"a port lies between {_PORTS[0]} and {_PORTS[-1]}")  # noqa: TRY301  # told like the others
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        address = str(found[0][4][0])
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004  # IPv6
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        raise Unavailable(
            N_("Port {port} of {host} cannot be used: {problem}."),
            N_("Stop the program that uses it, or choose another one with --port."),
            host=host,
            port=port,
            problem=getattr(error, "strerror", None) or error,
        ) from error
    return address
