"""Does each message come until it is taken, signed, in order, whatever is killed, and who hears when nothing is?"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import sqlalchemy as sa
import webhook_receiver
from mail_server import Certificates
from sqlalchemy import Engine, event
from sqlmodel import col, select
from webhook_receiver import Receiver, inside, receiving
from webhook_scene import Scene, scene_on, types

from duecourse.models import AuditEntry, AuditHead, DeliveryState, Notice, Webhook, WebhookDelivery
from duecourse.models.database import writing
from duecourse.receiver import NotGenuine, verify_webhook
from duecourse.webhooks import owing, sending
from duecourse.webhooks.sending import LEASE, MOST_TRIES, Sent, wait_after
from duecourse.webhooks.setting_up import BOTH_SIGN_FOR, pause_webhook, ping, resume_webhook, rotate_secret

tls, receiver = webhook_receiver.tls, webhook_receiver.receiver


@pytest.fixture
def scene(engine: Engine, receiver: Receiver, tls: Certificates) -> Scene:
    """Reports that are due in a month, and messages that may go to this machine."""
    return scene_on(engine, inside(receiver, tls), reports=12)


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _ in receiver.got]


def test_a_message_is_sent_once_signed_and_settled(scene: Scene, receiver: Receiver) -> None:
    hook = scene.hook(receiver.url())
    scene.waive()
    assert (scene.tell(), scene.tell()) == (Sent(taken=1), Sent())
    ((headers, body),) = receiver.got
    at = scene.now.timestamp()
    assert verify_webhook(headers, body, secret=hook.secret, now=at)["type"] == "deliverable.waived"
    assert headers["content-type"] == "application/json"
    for wrong in (
        {"secret": "whsec_" + "A" * 43 + "="},
        {"now": at + 301},
        {"now": at - 301},
    ):
        with pytest.raises(NotGenuine):
            verify_webhook(headers, body, **({"secret": hook.secret, "now": at} | wrong))
    with pytest.raises(NotGenuine):
        verify_webhook(headers, body + b" ", secret=hook.secret, now=at)
    (message,) = scene.messages()
    assert (message.state, message.tries, message.last_status) == (DeliveryState.TAKEN, 1, 204)
    assert message.next_try_at is None and message.ended_at == scene.now


def test_while_a_secret_is_replaced_both_sign_and_later_the_new_one_alone(scene: Scene, receiver: Receiver) -> None:
    hook = scene.hook(receiver.url())
    with writing(scene.engine) as session:
        _, fresh = rotate_secret(session, scene.person_id, hook.id or 0, now=scene.now, actor="x")
    for time in (timedelta(0), BOTH_SIGN_FOR):
        scene.now += time
        scene.waive()
        scene.tell()
    at = scene.now.timestamp()
    for (headers, body), secrets in zip(receiver.got, [(hook.secret, fresh), (fresh,)], strict=True):
        for secret in secrets:
            assert verify_webhook(headers, body, secret=secret, now=at, tolerance=90_000)
    with pytest.raises(NotGenuine):
        verify_webhook(*receiver.got[1], secret=hook.secret, now=at)


def test_what_failed_comes_again_after_a_while_and_holds_up_its_own_deliverable_alone(
    scene: Scene, receiver: Receiver
) -> None:
    scene.hook(receiver.url())
    scene.waive()
    scene.waive()
    scene.waive(1)
    receiver.answers = [500]
    # After a failure the rest waits for the next round: a receiver that is away is asked once.
    assert scene.tell() == Sent(failed=1)
    assert scene.tell() == Sent(taken=1)
    assert types(receiver) == ["deliverable.waived", "deliverable.waived"] and len(set(ids(receiver))) == 2
    scene.later(seconds=59)
    assert scene.tell() == Sent()
    scene.later(seconds=1)
    assert scene.tell() == Sent(taken=2)
    assert types(receiver)[2:] == ["deliverable.waived", "deliverable.asked_for_it_again"]
    assert ids(receiver)[2] == ids(receiver)[0]
    assert [each.tries for each in scene.messages()] == [2, 1, 1]


def test_the_pauses_between_tries_grow_to_an_hour_and_end_after_two_days() -> None:
    waits = [wait_after(tries) for tries in range(1, MOST_TRIES + 1)]
    assert [wait // timedelta(minutes=1) for wait in waits[:7] if wait] == [1, 5, 15, 30, 60, 60, 60]
    assert waits[-1] is None and None not in waits[:-1]
    assert timedelta(hours=47) < sum((wait for wait in waits if wait), timedelta()) < timedelta(hours=48)


def test_a_message_that_alone_is_never_taken_is_given_up_and_the_webhook_goes_on(
    scene: Scene, receiver: Receiver
) -> None:
    scene.hook(receiver.url())
    scene.waive()
    scene.waive(1)
    receiver.answers = [400]
    assert scene.tell() == Sent(failed=1)
    assert scene.tell() == Sent(taken=1)
    first = scene.messages()[0]
    assert (first.state, first.tries, first.last_status) == (DeliveryState.WAITING, 1, 400)
    # Two days later.
    last = sa.update(WebhookDelivery).where(col(WebhookDelivery.id) == first.id)
    scene.change(last.values(tries=MOST_TRIES - 1, next_try_at=scene.now))
    receiver.answers = [400]
    scene.waive()
    assert scene.tell() == Sent(failed=1)
    first = scene.messages()[0]
    assert (first.state, first.tries, first.next_try_at) == (DeliveryState.GIVEN_UP, MOST_TRIES, None)
    assert scene.rows(select(Webhook.paused_at)) == [None]
    # What waited behind it is sent.
    assert scene.tell() == Sent(taken=1)


def test_after_ten_failures_over_an_hour_it_is_switched_off_its_person_hears_and_nothing_is_lost(
    scene: Scene, receiver: Receiver
) -> None:
    hook = scene.hook(receiver.url())
    for number in range(12):
        scene.waive(number)
    receiver.answers = [503] * 40
    for _ in range(11):
        assert scene.tell() == Sent(failed=1)
        scene.later(minutes=5)
    # Eleven failures, and not yet an hour.
    assert scene.rows(select(Webhook.paused_at)) == [None]
    scene.later(minutes=5)
    assert scene.tell() == Sent(failed=1)
    assert scene.tell() == Sent()
    (found,) = scene.rows(select(Webhook))
    assert (found.paused_at, found.switched_off, found.failures) == (scene.now, "failing", 12)
    (entry,) = scene.rows(select(AuditEntry).where(AuditEntry.action == "switched a webhook off"))
    assert (entry.actor, entry.detail["webhook"]) == ("webhooks", hook.id)
    (mail,) = scene.rows(select(Notice))
    assert (mail.person_id, mail.rung) == (scene.person_id, "webhook-off")
    assert mail.subject == "A webhook of yours was switched off: case system"
    assert f"/me/webhooks/{hook.id}".encode() in mail.message

    scene.waive()
    receiver.answers, receiver.got = [], []
    with writing(scene.engine) as session:
        resume_webhook(session, scene.person_id, hook.id or 0, now=scene.now, actor="x")
    assert scene.tell() == Sent(taken=13)
    assert len(set(ids(receiver))) == 13


def test_a_receiver_that_is_gone_is_told_nothing_more(scene: Scene, receiver: Receiver) -> None:
    scene.hook(receiver.url())
    scene.waive()
    receiver.answers = [410]
    assert scene.tell() == Sent(failed=1)
    assert scene.rows(select(Webhook.switched_off)) == ["gone"]


def test_a_test_message_goes_to_a_paused_webhook_once_and_counts_for_nothing(scene: Scene, receiver: Receiver) -> None:
    hook = scene.hook(receiver.url())
    scene.waive()
    scene.owe()
    with writing(scene.engine) as session:
        pause_webhook(session, scene.person_id, hook.id or 0, now=scene.now, actor="x")
        ping(session, scene.person_id, hook.id or 0, key="a key", now=scene.now)
    receiver.answers = [500]
    assert scene.tell() == Sent(failed=1)
    scene.later(days=1)
    assert scene.tell() == Sent()
    assert types(receiver) == ["ping"]
    assert [each.state for each in scene.messages()] == ["waiting", "given up"]
    assert scene.rows(select(Webhook.failures)) == [0]


def test_nobody_waits_for_the_receiver_of_another(scene: Scene, receiver: Receiver, tls: Certificates) -> None:
    release = threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        release.wait(30)
        handler.close_connection = True

    scene.hook(receiver.url())
    with receiving(tls) as prompt:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            release.set()
            handler.send_response(204)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        # The first hangs until the second was told.
        receiver.answers, prompt.answers = [hang], [answer]
        scene.egress = inside(receiver, tls, seconds=20)
        scene.egress = type(scene.egress)(
            scene.egress.inside, scene.egress.ports | {prompt.server_port}, 20, scene.egress.trust
        )
        scene.hook(prompt.url())
        scene.waive()
        scene.tell()
        assert types(prompt) == ["deliverable.waived"] == types(receiver)


def test_of_several_who_send_at_once_one_sends(scene: Scene, receiver: Receiver) -> None:
    scene.hook(receiver.url())
    for _ in range(5):
        scene.waive()
    scene.owe()
    all_at_once = threading.Barrier(4)

    def send() -> None:
        all_at_once.wait()
        scene.send()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scene.tell()
    assert len(ids(receiver)) == len(set(ids(receiver))) == 5


class Killed(BaseException):
    """The process is gone."""


def killed_at(engine: Engine, statement: int, work: Callable[[], object]) -> bool:
    """Do some work in a process that is gone with its n-th statement; tell whether it came to that."""
    count = 0
    lock = threading.Lock()

    def note(*_: Any) -> None:
        nonlocal count
        with lock:
            count += 1
        if count >= statement:
            raise Killed

    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    except Killed:
        return True
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return False


def until_quiet(scene: Scene) -> None:
    scene.later(seconds=LEASE.total_seconds() + 1)
    while scene.tell() != Sent():
        scene.later(hours=1)


def happened(scene: Scene) -> Counter[str]:
    return Counter(scene.rows(select(AuditEntry.action).where(col(AuditEntry.action).in_(_ACTIONS))))


_ACTIONS = ("waived", "asked for it again")


def arrived(receiver: Receiver) -> Counter[str]:
    """Return how often each event arrived, a message that came twice counted once."""
    once = {headers["webhook-id"]: json.loads(body)["type"] for headers, body in receiver.got}
    return Counter(each.removeprefix("deliverable.").replace("_", " ") for each in once.values())


def test_killed_at_any_statement_it_tells_everything_at_least_once_under_one_id(
    scene: Scene, receiver: Receiver
) -> None:
    scene.hook(receiver.url())
    statement, goes_on = 0, True
    while goes_on:
        statement += 1
        scene.waive(statement % 2)
        scene.later(seconds=LEASE.total_seconds() + 1)
        goes_on = killed_at(scene.engine, statement, scene.tell)
        scene.later(seconds=LEASE.total_seconds() + 1)
        scene.tell()
    assert statement > 10 and arrived(receiver) == happened(scene)
    assert happened(scene).total() == statement
    # A message that was sent before its sender was killed came again, and with its id.
    assert len(receiver.got) > statement


def test_a_sender_that_moves_on_before_it_writes_loses_what_happened(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the place kept apart from the messages, a kill in between leaves a change untold."""
    write = owing._write

    def apart(session: Any, webhook_id: int, rows: list[dict[str, Any]], now: Any) -> int:
        session.flush()
        session.commit()
        return write(session, webhook_id, rows, now)

    def owe_apart(engine: Engine, *, now: Any, base_url: str) -> int:
        with owing.Session(engine) as session:
            return owing._owe_some(session, 1, now=now, base_url=base_url)[0]

    monkeypatch.setattr(owing, "_write", apart)
    scene.hook(receiver.url())
    scene.waive()
    lost = False
    for statement in range(1, 20):
        head = scene.rows(select(AuditHead.sequence))[0]
        work = lambda: owe_apart(scene.engine, now=scene.now, base_url="")  # noqa: E731
        is_killed = killed_at(scene.engine, statement, work)
        if is_killed and scene.rows(select(Webhook.after_sequence)) == [head]:
            lost = True
            break
    monkeypatch.setattr(owing, "_write", write)
    until_quiet(scene)
    assert lost and receiver.got == [] and happened(scene).total() == 1


def test_a_sender_that_settles_before_it_sends_loses_the_message(
    scene: Scene, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: marked as taken first, a message whose sender is killed then is never sent."""

    def killed(*_: Any) -> None:
        scene.change(sa.update(WebhookDelivery).values(state=DeliveryState.TAKEN))
        raise Killed

    monkeypatch.setattr(sending, "post", killed)
    scene.hook(receiver.url())
    scene.waive()
    with pytest.raises(Killed):
        scene.tell()
    monkeypatch.undo()
    until_quiet(scene)
    assert receiver.got == []
