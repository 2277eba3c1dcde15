"""What takes the messages of webhooks in a test: an HTTPS server on this machine, which answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
from mail_server import Certificates, certificates

from duecourse.webhooks.egress import Egress

Answer = int | Callable[[BaseHTTPRequestHandler], None]
"""A status, or whatever a test does with the connection."""


class Receiver(ThreadingHTTPServer):
    """A receiver on a free port; `got` has the headers (in small letters) and the body of each message."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[Answer] = []
        """What is answered next; 204 when nothing is left."""
        self.connections = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                answer = receiver.answers.pop(0) if receiver.answers else 204
                if callable(answer):
                    answer(self)
                    return
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def get_request(self) -> tuple[object, object]:  # type: ignore[override]
        """Count who connects."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_: object) -> None:
        """Say nothing of a connection that broke: tests break them."""

    def url(self, host: str = "localhost") -> str:
        """Return the address of the hook."""
        return f"https://{host}:{self.server_port}/hook"


@contextmanager
def receiving(certificates: Certificates) -> Iterator[Receiver]:
    """Run a receiver for the block."""
    with Receiver(certificates.server) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


def inside(receiver: Receiver, certificates: Certificates, *, seconds: float = 60.0) -> Egress:
    """Return where messages may go when this machine's own network is allowed, on the receiver's port."""
    return Egress(
        inside=(ip_network("127.0.0.0/8"),),
        ports=frozenset({receiver.server_port}),
        seconds=seconds,
        trust=certificates.trusting,
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate for localhost, and who trusts it."""
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def receiver(tls: Certificates) -> Iterator[Receiver]:
    """A receiver on this machine."""
    with receiving(tls) as found:
        yield found
