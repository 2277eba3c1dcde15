"""A sender in a process of its own, for tests that kill it: it drains the outbox once, when a line comes in.

``python mail_sender_program.py DATABASE_URL PORT NOW [mark-first]``. With ``mark-first`` it works the wrong way
round, as a control: it marks each notice as sent before it sends it.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from notices import SENDER
from sqlalchemy import Engine

from duecourse.models.database import connect, writing
from duecourse.notifications.claiming import claim
from duecourse.notifications.outbox import mark_sent
from duecourse.notifications.sending import LEASE, drain
from duecourse.notifications.smtp import SmtpTransport


async def drain_the_wrong_way_round(engine: Engine, transport: SmtpTransport, now: datetime) -> None:
    with writing(engine) as session:
        batch = claim(session, now=now, limit=50, lease=LEASE)
    for notice in batch.notices:
        with writing(engine) as session:
            mark_sent(session, notice, now=now, reply="")
        await transport.send(notice.message, from_address=SENDER.address, to_address=notice.to_address)
    await transport.close()


def main(database_url: str, port: str, at: str, *control: str) -> None:
    engine, now = connect(database_url), datetime.fromisoformat(at)
    transport = SmtpTransport("127.0.0.1", int(port), security="none")
    print("ready", flush=True)
    sys.stdin.readline()
    if control:
        asyncio.run(drain_the_wrong_way_round(engine, transport, now))
    else:
        print(asyncio.run(drain(engine, transport, now=lambda: now, from_address=SENDER.address)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
