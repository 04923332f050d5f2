"""The sandbox: one function, one child, one deadline (trust.md S10, P4)."""

import collections
import ctypes
import itertools
import os
import shutil
import socket
import subprocess
import threading
import time

import pytest

from pod_app.errors import TooComplex, Unavailable, Unreadable
from pod_app.standards import multibase, rdf
from pod_app.storage.sandbox import Sandbox

ROOM = {"seconds": 20, "memory_bytes": 2**28}


@pytest.fixture(scope="module")
def sandbox():
    made = Sandbox()
    yield made
    made.close()


def test_results_come_back_bytes_as_bytes_and_the_rest_as_json(sandbox):
    assert sandbox.run(bytes.fromhex, "00ff", **ROOM) == b"\x00\xff"
    assert sandbox.run(bytes, **ROOM) == b""
    assert sandbox.run(sorted, [3, 1, 2], **ROOM) == [1, 2, 3]
    assert sandbox.run(dict, [("a", None)], **ROOM) == {"a": None}


def test_a_large_request_and_a_large_answer_pass(sandbox):
    assert len(sandbox.run(bytes, bytearray(30_000_000), seconds=20, memory_bytes=2**30)) == 30_000_000


def test_errors_of_the_program_come_back_with_their_words(sandbox):
    with pytest.raises(Unreadable) as here:
        rdf.parse(b"<a> <b> .", rdf.TURTLE, "http://e.example/")
    with pytest.raises(Unreadable) as there:
        sandbox.run(rdf.parse, b"<a> <b> .", rdf.TURTLE, "http://e.example/", **ROOM)
    assert str(there.value) == str(here.value)
    assert there.value.values == here.value.values
    assert there.value.detail_template == here.value.detail_template


def test_a_defect_of_a_function_is_told_as_what_it_is(sandbox):
    with pytest.raises(RuntimeError, match="invalid literal for int"):
        sandbox.run(int, "seven", **ROOM)


def test_an_endless_loop_is_killed_at_the_deadline_even_in_native_code(sandbox):
    started = time.monotonic()
    with pytest.raises(TooComplex, match="longer than"):
        sandbox.run(collections.deque, itertools.repeat(0), 0, seconds=0.5, memory_bytes=2**28)
    assert time.monotonic() - started < 30  # a hang guard, no measure


def test_a_sleeper_is_killed_at_the_deadline(sandbox):
    with pytest.raises(TooComplex, match="longer than"):
        sandbox.run(time.sleep, 60, seconds=0.3, memory_bytes=2**28)


@pytest.mark.parametrize("size", [2**29, 2**40])
def test_a_memory_hog_is_stopped(sandbox, size):
    with pytest.raises(TooComplex):
        sandbox.run(bytes, size, **ROOM)


@pytest.mark.parametrize(("function", "arguments"), [(ctypes.string_at, (0,)), (os.abort, ()), (os._exit, (0,))])
def test_a_crash_is_reported_as_too_complex_and_harms_nobody_else(sandbox, function, arguments):
    with pytest.raises(TooComplex):
        sandbox.run(function, *arguments, **ROOM)
    assert sandbox.run(sorted, [2, 1], **ROOM) == [1, 2]


def test_endless_recursion_is_too_complex(sandbox):
    with pytest.raises(TooComplex):
        sandbox.run(flatten_forever, **ROOM)


def flatten_forever():
    return flatten_forever()


def namespaces_are_permitted():
    tool = shutil.which("unshare")
    return tool is not None and subprocess.run([tool, "-Un", "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not namespaces_are_permitted(), reason="this system does not let programs leave the network")
def test_s7_a_child_cannot_reach_the_network_not_even_this_machine(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(RuntimeError, match="unreachable"):
        sandbox.run(reach, server.getsockname()[1], **ROOM)


def reach(port):
    with socket.socket() as line:
        line.settimeout(1)
        line.connect(("127.0.0.1", port))


def test_a_child_cannot_write_files(sandbox, tmp_path):
    target = tmp_path / "x"
    with pytest.raises(RuntimeError, match="File too large"):
        sandbox.run(write, str(target), **ROOM)
    assert target.stat().st_size == 0


def write(path):
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123  # a plain function, found by name in the child
        file.write(b"x")


def test_a_child_inherits_no_secrets_of_the_environment(monkeypatch):
    monkeypatch.setenv("POD_APP_ROOT_KEY", "secret")
    made = Sandbox()
    try:
        assert made.run(os.getenv, "POD_APP_ROOT_KEY", **ROOM) is None
    finally:
        made.close()


def test_many_threads_share_one_sandbox(sandbox):
    answers = []

    def ask(number):
        answers.append(sandbox.run(multibase.encode_base58, bytes([number]), **ROOM))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(multibase.encode_base58(bytes([number])) for number in range(20))


def test_a_broker_that_was_killed_is_replaced():
    made = Sandbox()
    try:
        first = made.run(os.getppid, **ROOM)
        os.kill(first, 9)
        made._broker.wait()
        assert made.run(os.getppid, **ROOM) != first
    finally:
        made.close()


def sleep_too_long(sandbox):
    with pytest.raises(TooComplex):
        sandbox.run(time.sleep, 60, seconds=2, memory_bytes=2**28)


def test_no_room_is_said_instead_of_waiting_for_ever():
    made = Sandbox(parallel=1)
    try:
        assert made.run(sorted, [1], **ROOM) == [1]
        holder = threading.Thread(target=sleep_too_long, args=(made,))
        holder.start()
        while made._room._value:
            time.sleep(0.01)
        with pytest.raises(Unavailable):
            made.run(sorted, [1], seconds=0.1, memory_bytes=2**28)
        holder.join()
    finally:
        made.close()


def test_a_closed_sandbox_says_so_and_its_broker_is_gone():
    made = Sandbox()
    broker = made.run(os.getppid, **ROOM)
    made.close()
    made.close()
    with pytest.raises(Unavailable):
        made.run(sorted, [1], **ROOM)
    with pytest.raises(ProcessLookupError):
        os.kill(broker, 0)


def test_a_sandbox_that_was_never_used_closes_without_starting_anything():
    Sandbox().close()
