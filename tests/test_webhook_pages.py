"""How does a person set a webhook up on the page, by the API and in a terminal, and is it told what the pages do?"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa
import visits
import webhook_receiver
from mail_server import Certificates
from programs import Program
from sqlmodel import col, select
from visits import LIAISON, MANAGER, STRANGER, WA, World
from webhook_receiver import Receiver, inside

from duecourse.calendar.standing import Standing
from duecourse.cli.main import run
from duecourse.engine.context import context_from
from duecourse.engine.outside_jobs import tell_webhooks
from duecourse.models import ApiToken, AuditEntry, Webhook
from duecourse.models.database import writing
from duecourse.receiver import NotGenuine, verify_webhook
from duecourse.webhooks.happenings import NAMES

tls, receiver = webhook_receiver.tls, webhook_receiver.receiver

filled, make_world, world = visits.filled, visits.make_world, visits.world
HOOK = "https://cases.agency.gov/hook?sig=s3cret"
SECRET = r"whsec_[A-Za-z0-9+/]{43}="


def tell(world: World, receiver: Receiver, tls: Certificates) -> str:
    """Do the job with every webhook's address on this machine."""
    with writing(world.engine) as session:
        session.execute(sa.update(Webhook).values(address=receiver.url()))
    context = context_from(world.settings, engine=world.engine, clock=world.clock)
    return tell_webhooks(replace(context, egress=inside(receiver, tls)), world.clock.now())


def test_a_webhook_is_added_tried_read_and_removed_on_the_page(
    world: World, receiver: Receiver, tls: Certificates
) -> None:
    visit = world.visitor(MANAGER)
    page = visit.get("/me/webhooks").text
    assert page.count("checked") == len(NAMES) and "22-1174" in page and "21OECHVS" not in page
    form = {"form_key": str(uuid4()), "name": "case system", "address": HOOK, "event": "deliverable.submitted"}
    made = visit.post("/me/webhooks", form)
    secret = re.search(SECRET, made.text)
    assert made.status_code == 200 and secret is not None
    # The same form twice adds one, and shows the same.
    assert secret[0] in visit.post("/me/webhooks", form).text
    (hook,) = world.rows(select(Webhook))
    here = f"/me/webhooks/{hook.id}"
    shown = visit.get(here).text
    assert "https://cases.agency.gov/hook?…" in shown
    assert "s3cret" not in shown and secret[0] not in shown and secret[0] not in visit.get("/me/webhooks").text

    assert visit.post(f"{here}/ping", {"form_key": str(uuid4())}).status_code == 303
    assert "not sent yet" in visit.get(here).text
    again = visit.post(f"{here}/ping", {"form_key": str(uuid4())})
    assert again.status_code == 422 and "on its way" in again.text
    assert tell(world, receiver, tls) == "0 messages for webhooks written; 1 taken"
    assert verify_webhook(*receiver.got[0], secret=secret[0], now=world.clock.now().timestamp())["type"] == "ping"
    assert "taken (answer 204)" in visit.get(here).text

    assert visit.post(f"{here}/pause").status_code == 303
    assert "Paused" in visit.get(here).text
    assert visit.post(f"{here}/resume").status_code == 303
    changed = {"name": "the flow", "event": "deliverable.overdue", "contract": WA}
    with writing(world.engine) as session:
        session.execute(sa.update(Webhook).values(address=HOOK))
    assert visit.post(here, changed).status_code == 303
    (hook,) = world.rows(select(Webhook))
    assert (hook.name, hook.address, hook.events, hook.contract_ids) == (
        "the flow",
        HOOK,
        ["deliverable.overdue"],
        [WA],
    )
    turned = visit.post(f"{here}/rotate", {"form_key": str(uuid4())})
    assert re.search(SECRET, turned.text) and "signs as well until" in turned.text

    assert visit.post(f"{here}/remove").headers["location"] == "/me/webhooks"
    assert "None yet." in visit.get("/me/webhooks").text and visit.get(here).status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"address": "http://cases.agency.gov/hook"}, "begins with https://"),
        ({"address": "https://169.254.169.254/latest"}, "not public"),
        ({"address": "https://cases.agency.gov:22/"}, "port 443 or 8443"),
        ({"name": ""}, "which program is told"),
        ({"event": ""}, "at least one event"),
        ({"event": "everything"}, "at least one event"),
        ({"form_key": ""}, "no key"),
    ],
)
def test_a_webhook_that_cannot_be_says_why(world: World, fields: dict[str, str], says: str) -> None:
    form = {"form_key": str(uuid4()), "name": "flow", "address": HOOK, "event": NAMES[0]} | fields
    answer = world.visitor(MANAGER).post("/me/webhooks", form)
    assert answer.status_code == 422 and says in answer.text
    assert world.rows(select(Webhook)) == []


def test_what_the_api_does_is_told_with_its_real_entries(world: World, receiver: Receiver, tls: Certificates) -> None:
    """From the verbs themselves, so that an entry that is worded otherwise is noticed."""
    manager, liaison = Program(world, MANAGER), Program(world, LIAISON)
    sent = {"name": "flow", "address": HOOK}
    made = manager.post("/webhooks", sent, key="the-first-webhook")
    hook, secret = made.json(), made.json()["secret"]
    assert made.status_code == 201 and re.fullmatch(SECRET, secret) and hook["address"].endswith("/hook?…")
    assert manager.post("/webhooks", sent, key="the-first-webhook").json()["secret"] is None
    assert liaison.post("/webhooks", sent | {"contract_ids": [WA]}).status_code == 201
    assert Program(world, STRANGER).post("/webhooks", sent | {"contract_ids": [WA]}).status_code == 404
    assert Program(world, STRANGER).post("/webhooks", sent).status_code == 201

    late, soon = world.find(WA, Standing.OVERDUE), world.find(WA, Standing.DUE_SOON)
    handed = {"submitted_at": "2022-11-29T16:30:00-08:00", "submitted_by": "Ana Ruiz", "channel": "PSRS"}
    assert manager.post(f"/deliverables/{late.uid}/submissions", handed).status_code == 201
    assert liaison.decide(late.uid, "decisions", {"act": "return", "comment": "line 4"}).is_success
    wish = {"asked_at": "2022-11-30T08:00:00-08:00", "asked_by": "Ana Ruiz", "reason": "The data system was down."}
    asked = manager.post(f"/deliverables/{soon.uid}/extensions", wish)
    assert asked.status_code == 201, asked.text
    granted = liaison.post(f"/extensions/{asked.json()['uid']}/grant", {"granted_on": "2023-01-31"})
    assert granted.is_success, granted.text
    undone = liaison.post(f"/extensions/{asked.json()['uid']}/undo-decision", {"reason": "the wrong report"})
    assert undone.is_success, undone.text
    assert liaison.post(f"/extensions/{asked.json()['uid']}/refuse", {"comment": "No."}).is_success

    while tell(world, receiver, tls).partition("; ")[2] != "0 taken":
        pass
    told = [json.loads(body) for headers, body in receiver.got if _is_signed(headers, body, secret, world)]
    of_late = [each for each in told if each["data"]["deliverable"]["uid"] == late.uid]
    of_soon = [each for each in told if each["data"]["deliverable"]["uid"] == soon.uid]
    assert [each["type"] for each in of_late] == ["deliverable.submitted", "deliverable.returned"]
    assert (of_late[0]["data"]["is_late"], of_late[0]["data"]["to"], of_late[1]["data"]["to"]) == (
        True,
        "in",
        "returned",
    )
    assert [each["type"] for each in of_soon] == [
        "extension.requested",
        "extension.granted",
        "deliverable.date_moved",
        "extension.decision_taken_back",
        "deliverable.date_moved",
        "extension.refused",
    ]
    # The liaison was told the same, and whoever sees nothing of it nothing.
    assert len(receiver.got) == 2 * len(told)
    assert "Ana" not in repr(receiver.got) and "line 4" not in repr(receiver.got)

    messages = manager.get(f"/webhooks/{hook['id']}/messages", params={"limit": 3}).json()
    assert {each["state"] for each in messages["items"]} == {"taken"} and messages["next"]
    following = manager.get(f"/webhooks/{hook['id']}/messages", params={"cursor": messages["next"]}).json()
    assert len(following["items"]) == len(told) - 3 and following["next"] is None


def _is_signed(headers: dict[str, str], body: bytes, secret: str, world: World) -> bool:
    try:
        verify_webhook(headers, body, secret=secret, now=world.clock.now().timestamp())
    except NotGenuine:
        return False
    return True


def test_a_change_by_the_api_is_about_what_was_seen_and_keeps_the_address(world: World) -> None:
    program = Program(world, MANAGER)
    made = program.post("/webhooks", {"name": "flow", "address": HOOK}).json()
    here = f"/webhooks/{made['id']}"
    etag = program.get(here).headers["etag"]
    change = {"name": "case system", "events": ["deliverable.overdue"]}
    assert program.post(here, change, if_match=etag).json()["events"] == ["deliverable.overdue"]
    assert program.post(here, change, if_match=etag).status_code == 412
    assert world.rows(select(Webhook.address)) == [HOOK]
    assert program.post(f"{here}/pause").json()["paused_at"] is not None
    assert program.post(f"{here}/resume").json()["says"] == "It is told."
    assert program.post(f"{here}/ping").json()["result"] == "not sent yet"
    assert program.post(here, {"name": "x", "events": ["none"]}).status_code == 422
    assert program.post(f"{here}/remove").json() == {"items": []}
    entries = world.rows(select(AuditEntry).where(col(AuditEntry.action).endswith("a webhook")))
    assert {entry.detail["by"] for entry in entries} == {"API"} and "s3cret" not in repr(entries)


def test_a_token_that_is_revoked_takes_its_webhooks_along_until_their_person_has_looked(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, data = Program(world, MANAGER), Program(world, MANAGER), ["--data", str(world.settings.data)]
    visit = world.visitor(MANAGER)
    own = {"name": "own", "address": "https://own.county.gov/hook", "event": "deliverable.submitted"}
    assert visit.post("/me/webhooks", own | {"form_key": str(uuid4())}).status_code == 200
    for program, name in ((first, "leak"), (second, "fine")):
        sent = {"name": name, "address": f"https://{name}.example.gov/hook"}
        assert program.post("/webhooks", sent).status_code == 201
    # Without a new address it stays whose it was.
    (mine,) = world.rows(select(Webhook).where(Webhook.name == "own"))
    assert first.post(f"/webhooks/{mine.id}", {"name": "own"}).status_code == 200
    tokens = world.rows(select(ApiToken).order_by(col(ApiToken.id)))
    assert [(hook.name, hook.token_id) for hook in hooks(world)] == [
        ("own", None),
        ("leak", tokens[0].id),
        ("fine", tokens[1].id),
    ]
    listed = visit.get("/me/tokens").text
    assert listed.count("which are paused when it is revoked") == 2

    assert visit.post(f"/me/tokens/{tokens[0].id}/revoke").status_code == 303
    assert [hook.name for hook in hooks(world) if hook.paused_at] == ["leak"]
    (leak,) = [hook for hook in hooks(world) if hook.paused_at]
    for path in ("/me/tokens", f"/me/webhooks/{leak.id}"):
        assert "since the token was revoked" in visit.get(path).text
    assert f'href="/me/webhooks/{leak.id}">leak</a>' in visit.get("/me/tokens").text
    # Whoever resumes it answers for its address.
    assert visit.post(f"/me/webhooks/{leak.id}/resume").status_code == 303
    assert "since the token was revoked" not in visit.get("/me/tokens").text
    assert {hook.name: hook.token_id for hook in hooks(world)}["leak"] is None

    # The address counts that a program gave, whoever made the webhook.
    taken_over = {"name": "own", "address": "https://leak.example.gov/own"}
    assert second.post(f"/webhooks/{mine.id}", taken_over).status_code == 200
    assert run(["token", MANAGER, "--revoke", str(tokens[1].id), *data]) == 0
    said = capsys.readouterr().out
    assert said.count("Paused webhook") == 2 and "fine, https://fine.example.gov/hook" in said
    assert [hook.name for hook in hooks(world) if hook.paused_at] == ["own", "fine"]
    assert run(["token", MANAGER, "--revoke", str(tokens[1].id), *data]) == 0
    assert capsys.readouterr().out == ""


def hooks(world: World) -> list[Webhook]:
    return world.rows(select(Webhook).order_by(col(Webhook.id)))


def test_webhooks_are_kept_from_the_terminal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str, code: int = 0) -> str:
        data = ("--data", str(world.settings.data), "--as-of", "2022-11-30T09:00:00-08:00")
        assert run(["webhook", *arguments, *data]) == code
        out, err = capsys.readouterr()
        return err if code else out

    assert said("list", MANAGER) == ""
    address = "https://no-such-name.example.invalid/hook"
    added = said("add", MANAGER, "--name", "flow", "--address", address, "--event", NAMES[0], "--contract", WA)
    assert re.fullmatch(SECRET, added.strip())
    assert said("list", MANAGER) == f"1: flow, {address}, 1 events, {WA}. It is told.\n"
    assert said("ping", MANAGER, "1") == "not taken: the name in its address is not known\n"
    assert re.fullmatch(SECRET, said("rotate", MANAGER, "1").strip())
    assert said("pause", MANAGER, "1") == "" and "Paused" in said("list", MANAGER)
    assert said("resume", MANAGER, "1") == said("remove", MANAGER, "1") == said("list", MANAGER) == ""
    assert "no such webhook" in said("pause", LIAISON, "1", code=3)
    assert "Say which webhook" in said("pause", MANAGER, code=2)
    assert "Nobody here" in said("list", "no@where.example", code=3)
