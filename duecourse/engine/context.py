"""What does a job need of the world: which database, which clock, which mail?"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from duecourse.clock import Clock
from duecourse.engine.shards import WHOLE, Shard
from duecourse.notifications.fetching import Mailbox, mailbox_of
from duecourse.notifications.mail_folder import MailFolder
from duecourse.notifications.messages import Sender, sender_of
from duecourse.notifications.smtp import SmtpTransport
from duecourse.notifications.transport import Transport
from duecourse.settings import Settings
from duecourse.webhooks.egress import Egress, egress_of


@dataclass(frozen=True, slots=True)
class Context:
    """What the jobs of one process work with."""

    engine: Engine
    clock: Clock
    base_url: str
    """The address of our pages, to which mails link."""
    sender: Sender
    transport: Callable[[], Transport]
    """Opens a way to send mail, for one round of sending."""
    process: str
    """The name of this process in the ledger."""
    shard: Shard = WHOLE
    """The contracts that a job looks after."""
    mails_per_minute: int | None = None
    """The most mails in one minute; None for any number."""
    bounce_address: str = ""
    """Where reports on mails that did not arrive come in; empty where none are read."""
    mailbox: Mailbox | None = None
    """Where mails that come in are fetched from; None where none are."""
    evidence: Path = Path("evidence")
    """The folder in which mails that came in are kept."""
    may_reach_this_machine: bool = False
    """Whether second channels may lead to this very machine: in a demonstration."""
    egress: Egress = field(default_factory=Egress)
    """Where the messages of webhooks may go."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is to end: what is under way ends soon, and nothing more is begun."""


def context_from(settings: Settings, *, engine: Engine, clock: Clock) -> Context:
    """Return the context that the settings ask for."""
    return Context(
        engine=engine,
        clock=clock,
        base_url=settings.address,
        sender=sender_of(settings),
        transport=lambda: open_transport(settings, clock),
        mails_per_minute=settings.mails_per_minute,
        bounce_address=settings.bounce_address,
        mailbox=mailbox_of(settings),
        evidence=settings.evidence,
        may_reach_this_machine=settings.demo,
        egress=egress_of(settings),
        process=f"{socket.gethostname()} process {os.getpid()}",
    )


def open_transport(settings: Settings, clock: Clock) -> Transport:
    """Open the way to send mail that the settings ask for; raises NotReady when it would not be safe."""
    if settings.mails is not None:
        return MailFolder(settings.mails, now=clock.now)
    return SmtpTransport(
        settings.smtp_host,
        settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
    )
