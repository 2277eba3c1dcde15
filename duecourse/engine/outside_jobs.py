"""What do the jobs do that tell the programs of others what happened?"""

from __future__ import annotations

from datetime import datetime

from duecourse.calendar import words
from duecourse.engine.context import Context
from duecourse.webhooks.keeping import forget_old
from duecourse.webhooks.owing import owe
from duecourse.webhooks.sending import Post, send_waiting


def tell_webhooks(context: Context, now: datetime) -> str:
    """Write the messages that webhooks are owed, send those whose turn it is, and say how many."""
    owed = owe(context.engine, now=now, base_url=context.base_url)
    sent = send_waiting(post_of(context))
    forget_old(context.engine, now=now)
    said = f"{words.count(owed, 'message')} for webhooks written; {sent.taken} taken"
    return f"{said}, {sent.failed} not taken" if sent.failed else said


def post_of(context: Context) -> Post:
    """Return with what messages are sent."""
    return Post(
        engine=context.engine,
        egress=context.egress,
        now=context.clock.now,
        base_url=context.base_url,
        sender=context.sender,
        stopping=context.stopping,
    )
