"""Does a second channel carry what is urgent, once, beside the mail, and never into a private network?"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mail_server import mail_server
from notices import BASE_URL, drained, notices, owe_all, ready_report
from sqlalchemy import Engine
from sqlmodel import select

from duecourse.errors import BadInput, NotFound
from duecourse.models import ChannelMessage, Person
from duecourse.models.database import reading, writing
from duecourse.notifications.channels import checked, send_by
from duecourse.notifications.public_addresses import is_public
from duecourse.notifications.second_channel import add_channel, channels_of, remove_channel, send_second

ON_DAY = datetime(2022, 11, 15, 15, tzinfo=UTC)
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#reports"


class Provider(ThreadingHTTPServer):
    """A provider of messages on a socket of this machine."""

    def __init__(self, status: int = 200, location: str = "") -> None:
        self.got: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = self.rfile.read(int(self.headers["Content-Length"]))
                provider.got.append(json.loads(said))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/hook/s3cret"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as found:
        yield found
        found.shutdown()


def with_channel(engine: Engine, url: str) -> None:
    ready_report(engine)
    with writing(engine) as session:
        person = session.get_one(Person, 1)
        before = ON_DAY - timedelta(days=30)
        add_channel(session, person, url, is_demonstration=True, now=before, actor="ann")


def send_all(engine: Engine, now: datetime = ON_DAY) -> int:
    return send_second(engine, now=now, base_url=BASE_URL, may_reach_this_machine=True)


def test_what_is_due_today_goes_by_both_and_once(engine: Engine, provider: Provider) -> None:
    with_channel(engine, provider.url)
    owe_all(engine, ON_DAY)
    assert send_all(engine) == 1
    assert send_all(engine) == 0
    (got,) = provider.got
    assert got["title"].startswith("Due today") and got["message"].startswith(f"{BASE_URL}/deliverables/")
    with mail_server() as server:
        assert drained(engine, server, now=ON_DAY).sent == 1


def test_an_early_reminder_goes_by_mail_alone(engine: Engine, provider: Provider) -> None:
    with_channel(engine, provider.url)
    early = ON_DAY - timedelta(days=1)
    owe_all(engine, early)
    assert notices(engine) and send_all(engine, early) == 0
    assert provider.got == []


def test_a_channel_that_fails_is_noted_and_keeps_no_mail(engine: Engine) -> None:
    with Provider(status=500) as refusing:
        with_channel(engine, refusing.url)
        owe_all(engine, ON_DAY)
        assert send_all(engine) == 0
        assert send_all(engine) == 0
        refusing.shutdown()
    assert len(refusing.got) == 1
    with reading(engine) as session:
        (message,) = session.exec(select(ChannelMessage)).all()
        assert (message.arrived, message.reply) == (False, "The provider did not take it.")
        assert "s3cret" not in message.reply
    with mail_server() as server:
        assert drained(engine, server, now=ON_DAY).sent == 1


def test_nothing_private_is_reached_neither_straight_nor_by_a_name(provider: Provider) -> None:
    """The control: where this machine may be reached, the same message arrives."""
    by_name = provider.url.replace("127.0.0.1", "localhost")
    for url in (provider.url, by_name):
        assert "not public" in send_by(url, "a", "b", may_reach_this_machine=False)
    assert provider.got == []
    assert send_by(provider.url, "a", "b", may_reach_this_machine=True) == ""
    assert len(provider.got) == 1


def test_a_redirect_into_a_private_network_is_not_followed() -> None:
    with Provider(status=307, location="http://127.0.0.2:1/inner") as turning:
        assert "not public" in send_by(turning.url, "a", "b", may_reach_this_machine=True)
        turning.shutdown()


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1", "x", "0.0.0.0"]
)
def test_private_addresses_are_told_from_public_ones(host: str) -> None:
    assert not is_public(host)
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1::1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailto://a:b@c.d",
        "file:///etc/passwd",
        "json://10.0.0.1",
        "slack://x",
        "syslog://",
        "slack://a b",
        "x" * 999,
    ],
)
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked(url, is_demonstration=False)
    assert not url or url not in str(refused.value)


def test_the_address_that_teams_or_slack_shows_is_taken_as_it_is_and_another_one_not() -> None:
    slack = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    flow = "/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/invoke?sig=KODuebWbDGYFr0z0eu-6R"
    for url, kind in ((slack, "Slack"), (f"https://prod-64.westus.logic.azure.com:443{flow}", "Teams")):
        taken = checked(url, is_demonstration=False)
        assert taken.url == url and taken.shown == f"{kind} (https://…{url[-3:]})"
    for url in ("https://example.gov/hook", "https://discord.com/api/webhooks/1234567890/abcdefghijk"):
        with pytest.raises(BadInput):
            checked(url, is_demonstration=True)


def test_an_address_is_shown_without_its_secrets_and_forgotten_when_it_is_removed(engine: Engine) -> None:
    ready_report(engine)
    with writing(engine) as session:
        person = session.get_one(Person, 1)
        made = add_channel(session, person, SLACK, is_demonstration=False, now=ON_DAY, actor="ann")
        again = add_channel(session, person, SLACK, is_demonstration=False, now=ON_DAY, actor="ann")
        assert made.id == again.id
        assert made.shown.startswith("Slack") and "TIiajkdnlazkcOXrIdevi7FQ" not in made.shown
        with pytest.raises(NotFound):
            remove_channel(session, 2, made.id or 0, now=ON_DAY, actor="ben")
        remove_channel(session, 1, made.id or 0, now=ON_DAY, actor="ann")
        assert made.url == "" and channels_of(session, 1) == []


def test_a_provider_that_never_answers_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from duecourse.notifications import channels

    monkeypatch.setattr(channels, "_SECONDS", 6)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"json://127.0.0.1:{silent.getsockname()[1]}/"
        assert send_by(url, "a", "b", may_reach_this_machine=True) != ""
