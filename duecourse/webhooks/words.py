"""How are a webhook and the messages to it said to people: what came of each, and what is next?"""

from __future__ import annotations

from datetime import datetime

from duecourse.calendar import words
from duecourse.language.said import say
from duecourse.models import DeliveryState, Webhook, WebhookDelivery
from duecourse.webhooks.egress import Trouble
from duecourse.webhooks.happenings import PING
from duecourse.webhooks.switching_off import Reason

_TROUBLES = {
    Trouble.NOT_PUBLIC: say("its address is not public"),
    Trouble.UNKNOWN: say("the name in its address is not known"),
    Trouble.WRONG_PORT: say("its address has another port than 443 or 8443"),
    Trouble.NO_CONNECTION: say("no connection could be made"),
    Trouble.NO_CERTIFICATE: say("its certificate is not valid for its name"),
    Trouble.NO_ANSWER: say("no whole answer came within 7 seconds"),
    Trouble.BROKEN: say("the connection broke, or the answer was none"),
}


def hook_said(hook: Webhook) -> str:
    """Say how a webhook is: whether it is told, and whether anything is wrong."""
    if hook.switched_off == Reason.GONE:
        return say("Switched off: its receiver answered that it is gone (410).")
    if hook.switched_off == Reason.TOKEN:
        return say(
            "Paused, since the token was revoked with which a program gave its address. Resume it if the address is "
            "yours; what happened meanwhile is sent then. Else remove it."
        )
    if hook.switched_off:
        return say("Switched off: nothing was taken at its address.")
    if hook.paused_at is not None:
        return say("Paused: nothing is sent, and what happens meanwhile is sent afterwards.")
    if hook.failures:
        return say("It is told, but the last message was not taken.")
    return say("It is told.")


def result_said(message: WebhookDelivery) -> str:
    """Say what came of a message."""
    if message.state == DeliveryState.UNSEEN:
        return say("not sent: you no longer see what it is about")
    if not message.tries:
        return say("not sent yet")
    if message.state == DeliveryState.TAKEN:
        return say("taken (answer %(status)s)", status=message.last_status)
    if message.last_status is not None:
        return say("not taken (answer %(status)s)", status=message.last_status)
    return say("not taken: %(why)s", why=_TROUBLES.get(Trouble(message.last_trouble), message.last_trouble))


def next_try(message: WebhookDelivery, hook: Webhook) -> datetime | None:
    """Return when a message is tried next; None when it is not, or not until the webhook is resumed."""
    return message.next_try_at if hook.paused_at is None or message.event == PING else None


def next_said(message: WebhookDelivery, hook: Webhook, *, now: datetime, zone: str) -> str:
    """Say what is next for a message: when it is tried again, or that nothing is."""
    at = next_try(message, hook)
    if at is not None:
        return say("in a moment") if at <= now else words.instant(at, zone)
    if message.state == DeliveryState.WAITING:
        return say("when it is resumed")
    return say("given up") if message.state == DeliveryState.GIVEN_UP else say("nothing more")
