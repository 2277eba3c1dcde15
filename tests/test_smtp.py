"""What does a mail server's behaviour mean for a mail: sent, refused, to be tried later, or not known?"""

from __future__ import annotations

import asyncio

import pytest
from mail_server import Certificates, MailServer, Script, certificates, mail_server
from parts import free_port

from duecourse.errors import NotReady
from duecourse.notifications.smtp import Limits, Security, SmtpTransport
from duecourse.notifications.transport import Ambiguous, NotSent, Refused, TryLater, Unavailable

USUAL = Limits()
MAIL = b"From: a@example.gov\r\nTo: b@example.org\r\nSubject: Due\r\n\r\nOne\r\n.\r\n..two\r\n.three\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


async def send_to(server: MailServer, *to: str, mail: bytes = MAIL, limits: Limits = USUAL) -> list[str | NotSent]:
    """Send a mail to each address in turn, over one transport, and return the answers or what was raised."""
    transport = SmtpTransport("127.0.0.1", server.port, security="none", limits=limits)
    outcomes: list[str | NotSent] = []
    for address in to or ("b@example.org",):
        try:
            outcomes.append(await transport.send(mail, from_address="a@example.gov", to_address=address))
        except NotSent as error:
            outcomes.append(error)
    await transport.close()
    return outcomes


def outcome_of(script: Script, *, limits: Limits = USUAL) -> str | NotSent:
    with mail_server(script) as server:
        return asyncio.run(send_to(server, limits=limits))[0]


def test_a_mail_arrives_byte_for_byte_and_the_answer_is_kept() -> None:
    with mail_server() as server:
        assert asyncio.run(send_to(server)) == ["250 2.0.0 taken"]
    assert [(mail.sender, mail.recipient) for mail in server.mails] == [("a@example.gov", "b@example.org")]
    assert server.mails[0].content == MAIL


def test_a_batch_goes_over_one_connection() -> None:
    addresses = [f"p{n}@example.org" for n in range(5)]
    with mail_server() as server:
        assert asyncio.run(send_to(server, *addresses)) == ["250 2.0.0 taken"] * 5
    assert server.recipients == addresses
    assert server.connections == 1


def test_a_refused_recipient_leaves_the_connection_to_the_others() -> None:
    with mail_server(Script(recipients={"p1@example.org": "550 5.1.1 no such mailbox"})) as server:
        first, second, third = asyncio.run(send_to(server, "p0@example.org", "p1@example.org", "p2@example.org"))
    assert (first, third) == ("250 2.0.0 taken", "250 2.0.0 taken")
    assert type(second) is Refused
    assert str(second) == "550 5.1.1 no such mailbox"
    assert server.connections == 1
    assert server.recipients == ["p0@example.org", "p2@example.org"]


def test_a_connection_that_the_server_closed_between_two_mails_is_opened_anew() -> None:
    with mail_server(Script(mails_per_connection=1)) as server:
        assert asyncio.run(send_to(server, "p0@example.org", "p1@example.org")) == ["250 2.0.0 taken"] * 2
    assert server.connections == 2


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (Script(recipient="550 5.1.1 no such mailbox"), Refused),
        (Script(recipient="553 5.1.3 bad address"), Refused),
        (Script(acceptance="554 5.7.1 looks like spam"), Refused),
        (Script(data="554 no valid recipients"), Refused),
        (Script(recipient="450 4.2.1 greylisted"), TryLater),
        (Script(recipient="421 4.3.2 shutting down"), TryLater),
        (Script(acceptance="451 4.3.0 try again"), TryLater),
        (Script(data="451 try again"), TryLater),
        (Script(acceptance="552 5.3.4 message too large"), TryLater),
        (Script(acceptance="554 5.3.4 message too big for system"), TryLater),
        (Script(recipient="552 5.2.2 mailbox full"), TryLater),
        (Script(recipient="550 5.4.4 unable to route"), TryLater),
        (Script(sender="451 4.1.8 domain of sender does not resolve"), TryLater),
        (Script(hangs_up_at="RCPT"), TryLater),
        (Script(hangs_up_at="MAIL"), TryLater),
        (Script(hangs_up_at="DATA"), TryLater),
        (Script(hangs_up_at="body"), Ambiguous),
        (Script(raw_acceptance=b"HTTP/1.1 400 Bad Request\r\n\r\n"), Ambiguous),
        (Script(raw_acceptance=b"250-more\r\n" * 10_000), Ambiguous),
        (Script(greeting="421 too busy"), Unavailable),
        (Script(greeting="554 go away"), Unavailable),
        (Script(greeting="HTTP/1.1 200 OK"), Unavailable),
        (Script(sender="550 5.7.1 you may not send as that"), Unavailable),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_every_answer_means_refused_later_or_not_known(script: Script, kind: type[NotSent]) -> None:
    assert type(outcome_of(script)) is kind


@pytest.mark.parametrize(("phase", "kind"), [("RCPT", TryLater), ("DATA", TryLater), ("body", Ambiguous)])
def test_silence_is_harmless_before_the_last_byte_and_not_known_after_it(phase: str, kind: type[NotSent]) -> None:
    short_answers = Limits(answer=0.5, acceptance=0.5)
    assert type(outcome_of(Script(hangs_at=phase), limits=short_answers)) is kind
    short_whole = Limits(whole=0.5)
    assert type(outcome_of(Script(hangs_at=phase), limits=short_whole)) is kind


def test_a_server_that_is_not_there_is_unavailable() -> None:
    transport = SmtpTransport("127.0.0.1", free_port(), security="none")
    with pytest.raises(Unavailable, match="cannot be reached"):
        asyncio.run(transport.send(MAIL, from_address="a@example.gov", to_address="b@example.org"))


def test_an_address_that_would_smuggle_a_command_is_refused_before_a_word_is_said() -> None:
    with mail_server() as server:
        outcome = asyncio.run(send_to(server, "b@example.org>\r\nRCPT TO:<evil@example.net"))[0]
    assert type(outcome) is Refused
    assert server.connections == 0


def test_a_mail_crosses_starttls_encrypted(certificate: Certificates) -> None:
    with mail_server(Script(offers_starttls=True, sign_in="235 ok"), tls=certificate.server) as server:
        transport = SmtpTransport(
            "localhost",
            server.port,
            security="starttls",
            user="due",
            password="s3cret",
            tls_context=certificate.trusting,
        )

        async def send() -> str:
            try:
                return await transport.send(MAIL, from_address="a@example.gov", to_address="b@example.org")
            finally:
                await transport.close()

        assert asyncio.run(send()) == "250 2.0.0 taken"
    assert server.mails[0].encrypted
    assert server.in_clear.split() == [b"EHLO", b"example.gov", b"STARTTLS"]
    assert server.sign_ins == 1


def test_when_starttls_was_stripped_not_a_word_of_the_mail_is_said() -> None:
    with mail_server(Script(offers_starttls=False, sign_in="235 ok")) as server:
        transport = SmtpTransport("localhost", server.port, security="starttls", user="due", password="s3cret")
        with pytest.raises(Unavailable, match="STARTTLS"):
            asyncio.run(transport.send(MAIL, from_address="a@example.gov", to_address="b@example.org"))
    assert server.commands[0] == "EHLO"
    assert server.mails == []
    assert server.sign_ins == 0
    assert b"Subject" not in server.in_clear
    # The control: without the demand for encryption, the same server gets the mail in clear text.
    with mail_server(Script(offers_starttls=False)) as server:
        asyncio.run(send_to(server))
    assert b"Subject" in server.in_clear


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Certificates) -> None:
    with mail_server(Script(offers_starttls=True), tls=certificate.server) as server:
        transport = SmtpTransport("localhost", server.port, security="starttls", tls_context=certificate.strict)
        with pytest.raises(Unavailable, match="certificate"):
            asyncio.run(transport.send(MAIL, from_address="a@example.gov", to_address="b@example.org"))
    assert server.mails == []


def test_a_certificate_for_another_name_is_refused(certificate: Certificates) -> None:
    with mail_server(Script(offers_starttls=True), tls=certificate.server) as server:
        transport = SmtpTransport("127.0.0.1", server.port, security="starttls", tls_context=certificate.trusting)
        with pytest.raises(Unavailable, match="certificate"):
            asyncio.run(transport.send(MAIL, from_address="a@example.gov", to_address="b@example.org"))
    assert server.mails == []


def test_a_refused_sign_in_makes_everybody_wait_five_minutes(certificate: Certificates) -> None:
    script = Script(offers_starttls=True, sign_in="535 5.7.8 wrong password")
    with mail_server(script, tls=certificate.server) as server:
        transport = SmtpTransport(
            "localhost",
            server.port,
            security="starttls",
            user="due",
            password="wrong",
            tls_context=certificate.trusting,
        )
        with pytest.raises(Unavailable, match="535") as refused:
            asyncio.run(transport.send(MAIL, from_address="a@example.gov", to_address="b@example.org"))
    assert refused.value.pause.total_seconds() == 300
    assert "wrong" not in str(refused.value).replace("wrong password", "")


@pytest.mark.parametrize("host", ["mail.example.gov", "10.0.0.5", "127.0.0.1.example.gov", "0.0.0.0"])
def test_clear_text_to_another_machine_is_refused_at_the_start(host: str) -> None:
    with pytest.raises(NotReady, match="clear text"):
        SmtpTransport(host, 25, security=Security.NONE)
    for here in ("localhost", "127.0.0.1", "::1"):
        SmtpTransport(here, 25, security=Security.NONE)
