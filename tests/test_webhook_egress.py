"""Does a message go to the address that was looked at and nowhere else, and does each protection keep something out?"""

from __future__ import annotations

import itertools
import queue
import socket
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpcore
import httpx
import pytest
import webhook_receiver
from mail_server import Certificates
from webhook_receiver import Receiver, inside, receiving

from duecourse.errors import BadInput
from duecourse.notifications.public_addresses import is_public
from duecourse.webhooks import egress as egress_module
from duecourse.webhooks.addresses import checked_address, shown_address
from duecourse.webhooks.egress import Egress, Exchange, Trouble, post

tls, receiver = webhook_receiver.tls, webhook_receiver.receiver

THIS_MACHINE = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "127.000.000.001",
    "localhost",
    "LOCALHOST",
    "0.0.0.0",
    "0",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
]
"""Forms in which this very machine can be written, which the control reaches."""
OTHERS = [
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.88.99.1",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
]


def sent(address: str, egress: Egress) -> Exchange:
    body = b'{"type":"ping"}'
    return post(address, body, {"content-type": "application/json", "content-length": str(len(body))}, egress)


def test_a_message_arrives_under_its_name_where_the_house_is_allowed(receiver: Receiver, tls: Certificates) -> None:
    exchange = sent(receiver.url(), inside(receiver, tls))
    assert (exchange.status, exchange.trouble, exchange.is_taken) == (204, None, True)
    ((headers, body),) = receiver.got
    assert (headers["host"], body) == (f"localhost:{receiver.server_port}", b'{"type":"ping"}')


def test_no_form_of_an_address_that_is_not_public_is_connected_to(
    receiver: Receiver, tls: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = Egress(ports=frozenset({receiver.server_port}), trust=tls.trusting)
    assert len(THIS_MACHINE) + len(OTHERS) == 50
    for host in (*THIS_MACHINE, *OTHERS):
        assert sent(receiver.url(host), closed).trouble is Trouble.NOT_PUBLIC, host
    assert receiver.connections == 0
    # The control: without the guard this machine is reached, however it is written.
    monkeypatch.setattr(egress_module, "is_public", lambda host: True)
    for before, host in enumerate(THIS_MACHINE):
        sent(receiver.url(host), closed)
        assert receiver.connections == before + 1, host


def test_what_is_public_is_told_from_what_is_not() -> None:
    public = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:93.184.216.34", "8.8.8.8"]
    assert [host for host in public if not is_public(host)] == []
    assert [host for host in ("x", "", "2606:2800:220:1::1%eth0", "1.2.3", "01.2.3.4") if is_public(host)] == []


def test_a_name_that_means_another_address_a_moment_later_wins_nothing(
    receiver: Receiver, tls: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first answer counts as public here, and nobody listens there; the second is the receiver.
    asked, real = itertools.count(), socket.getaddrinfo

    def changing(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host in ("rebind.example", b"rebind.example"):
            host = "127.0.0.2" if next(asked) == 0 else "127.0.0.1"
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    monkeypatch.setattr(egress_module, "is_public", lambda host: host == "127.0.0.2")
    closed = Egress(ports=frozenset({receiver.server_port}), trust=tls.trusting)
    assert sent(receiver.url("rebind.example"), closed).trouble is Trouble.NO_CONNECTION
    assert (next(asked), receiver.connections) == (1, 0)

    # The control: who looks first and then connects by the name is led to this machine.
    async def connect_by_name(self: Any, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        assert closed.may_reach(str(socket.getaddrinfo(host, port)[0][4][0]))
        return await httpcore.AnyIOBackend().connect_tcp(host, port)

    asked = itertools.count()
    monkeypatch.setattr(egress_module._Guarded, "connect_tcp", connect_by_name)
    sent(receiver.url("rebind.example"), closed)
    assert receiver.connections == 1


def test_no_redirect_is_followed(receiver: Receiver, tls: Certificates) -> None:
    with receiving(tls) as inner:

        def turn(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(307)
            handler.send_header("Location", inner.url())
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        receiver.answers = [turn, turn]
        exchange = sent(receiver.url(), inside(receiver, tls))
        assert (exchange.status, exchange.is_taken, inner.connections) == (307, False, 0)
        # The control: a usual client goes there.
        httpx.post(receiver.url(), verify=tls.trusting, follow_redirects=True, trust_env=False)
        assert inner.connections == 1


def test_of_an_answer_without_end_little_is_read(
    receiver: Receiver, tls: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, written = 40 * 1024 * 1024, queue.Queue[int]()

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        count = 0
        try:
            for _ in range(size // 65536):
                handler.wfile.write(b"x" * 65536)
                count += 65536
        finally:
            # Who reads may have gone before whoever writes notices it.
            written.put(count)

    receiver.answers = [pour, pour]
    assert sent(receiver.url(), inside(receiver, tls)).status == 200
    assert written.get(timeout=60) < size
    # The control: without the limit all of it comes.
    monkeypatch.setattr(egress_module, "LARGEST_ANSWER", size)
    assert sent(receiver.url(), inside(receiver, tls, seconds=60)).status == 200
    assert written.get(timeout=60) == size


def test_a_receiver_that_drips_is_left_when_the_time_is_over(receiver: Receiver, tls: Certificates) -> None:
    pace = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "40")
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b"x")
            pace.wait(0.05)

    receiver.answers = [drip, drip]
    exchange = sent(receiver.url(), inside(receiver, tls, seconds=0.5))
    assert (exchange.status, exchange.trouble) == (None, Trouble.NO_ANSWER)
    # The control: a limit on each step, as usual clients have it, waits for as long as the receiver pleases.
    assert httpx.post(receiver.url(), verify=tls.trusting, timeout=1.5, trust_env=False).status_code == 200


def test_no_proxy_of_the_environment_is_asked(
    receiver: Receiver, tls: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        assert sent(receiver.url(), inside(receiver, tls)).status == 204
        proxy.timeout = 0.01
        proxy.handle_request()
        assert proxy.connections == 0
        # The control: a usual client asks it.
        with pytest.raises(httpx.HTTPError):
            httpx.post(receiver.url(), verify=tls.trusting, timeout=0.5)
        proxy.handle_request()
        assert proxy.connections == 1


def test_other_ports_wrong_certificates_and_unknown_names_are_told_apart(receiver: Receiver, tls: Certificates) -> None:
    local = inside(receiver, tls)
    assert sent(receiver.url(), Egress(inside=local.inside, trust=tls.trusting)).trouble is Trouble.WRONG_PORT
    strict = Egress(inside=local.inside, ports=local.ports, trust=tls.strict)
    assert sent(receiver.url(), strict).trouble is Trouble.NO_CERTIFICATE
    # The certificate is for the name, and not for the address.
    assert sent(receiver.url("127.0.0.1"), local).trouble is Trouble.NO_CERTIFICATE
    assert sent(receiver.url("no-such-name.invalid"), local).trouble is Trouble.UNKNOWN
    assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://cases.agency.gov/hook",
        "ftp://cases.agency.gov/hook",
        "https://",
        "https:///hook",
        "https://localhost/hook",
        "https://0x7f.1/hook",
        "https://2130706433/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://ana:pass@cases.agency.gov/hook",
        "https://cases.agency.gov@127.0.0.1/hook",
        "https://cases.agency.gov:22/hook",
        "https://cases.agency.gov:/hook",
        "https://cases.agency.gov:99999/hook",
        "https://cases.agency.gov/ho ok",
        "https://cases.agency.gov/hook\nHost: x",
        "https://cases.agency.gov\\@127.0.0.1/hook",
        "https://cases.agency.gov/hook#part",
        "https://cáses.agency.gov/hook",
        "https://cases_agency.gov/hook",
        "https://cases.agency.gov/" + "x" * 500,
    ],
)
def test_an_address_that_cannot_be_one_is_refused_when_it_is_given(address: str) -> None:
    with pytest.raises(BadInput):
        checked_address(address, Egress())


def test_a_usual_address_is_taken_and_shown_without_its_query() -> None:
    given = " https://prod-01.westus.logic.azure.com:443/workflows/1/run?sig=s3cret "
    assert checked_address(given, Egress()) == given.strip()
    assert shown_address(given.strip()) == "https://prod-01.westus.logic.azure.com:443/workflows/1/run?…"
    assert checked_address("https://93.184.216.34:8443/hook", Egress())
