"""Does every answer get a hundred points or more by the rules of MDN's HTTP Observatory, behind a proxy with HTTPS?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import visits
from observatory import BASELINE, modifiers, score
from test_pages_permissions import RULES, concrete
from visits import LIAISON, MANAGER, NOW, STRANGER, WA, World

from duecourse.clock import Clock
from duecourse.models.database import connect, writing
from duecourse.settings import load_settings
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.render import STATIC

filled = visits.filled

ADDRESS = "https://deadlines.example"


@pytest.fixture(scope="module")
def production(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The pages at an address with https://, as a proxy on this machine reaches them."""
    folder = tmp_path_factory.mktemp("observatory")
    shutil.copytree(filled, folder / "data")
    settings = load_settings(data=folder / "data", demo=True, base_url=ADDRESS, trusted_proxies="127.0.0.1")
    engine = connect(settings.database)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        yield visits.world_on(engine, settings, stack, clock=Clock.showing(NOW))


def through_the_proxy(world: World, email: str = "") -> tuple[httpx.Client, list[httpx.Response]]:
    """Return what the proxy asks with for somebody's browser, and the answers that signed it in."""
    headers = {"Host": "deadlines.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    from_our_page = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}
    client = world.open.enter_context(
        httpx.Client(base_url=world.address, headers=headers | from_our_page, verify=False)
    )
    if not email:
        return client, []
    came = client.post(world.link_for(email))
    # This end of the proxy speaks plain HTTP, over which a cookie that is secure would not go.
    kept = "; ".join(said.partition(";")[0] for said in came.headers.get_list("set-cookie"))
    client.headers["Cookie"] = kept
    assert client.get("/").status_code == 200
    return client, [came]


def test_every_page_and_download_gets_a_hundred_points(production: World) -> None:
    found = {}
    for email in (LIAISON, MANAGER, STRANGER, ""):
        client, answers = through_the_proxy(production, email)
        for rule in RULES:
            if rule.startswith("GET "):
                answers.append(client.get(concrete(production, rule, contract_id=WA)[1]))
        answers += [client.get("/nowhere/at/all"), client.post("/sign-in", data={"email": "a@b.example"})]
        answers += [client.post("/sign-out"), client.post("/sign-in", headers={"Origin": "https://other.example"})]
        found |= {(str(answer.url), email, answer.status_code): answer for answer in answers}
    assert {status for _, _, status in found} >= {200, 303, 403, 404}
    assert [said for answer in found.values() for said in answer.headers.get_list("set-cookie")]
    assert {what: modifiers(answer) for what, answer in found.items() if score(answer) < BASELINE} == {}
    # Pages win what can be won; a mail in its frame keeps the styles that it was sent with.
    pages = [answer for answer in found.values() if answer.headers.get("content-type", "").startswith("text/html")]
    assert {score(page) for page in pages if "sandbox" not in page.headers["content-security-policy"]} <= {120, 125}


def test_static_files_feeds_and_the_api_get_a_hundred_points(production: World) -> None:
    with writing(production.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
        _, token = create_feed(session, person_id=person.id, contract_id=WA, now=NOW)
    client, _ = through_the_proxy(production)
    feed = f"/c/{token}/contract-deadlines.ics"
    static = [f"/static/{path.name}" for path in STATIC.iterdir()]
    paths = [*static, feed, f"/c/{token[:-1]}/contract-deadlines.ics"]
    paths += ["/api/v1/openapi.json", "/api/v1/contracts", "/api/v1/nothing"]
    answers = [client.get(path) for path in paths]
    answers += [client.get(feed, headers={"If-None-Match": answers[len(static)].headers["etag"]}), client.post(feed)]
    assert {answer.status_code for answer in answers} >= {200, 304, 401, 404, 405}
    assert {(str(a.url), a.status_code): modifiers(a) for a in answers if score(a) < BASELINE} == {}


@pytest.mark.parametrize(
    ("header", "says", "points"),
    [
        ("content-security-policy", None, 75),
        ("content-security-policy", "script-src 'self'", 80),
        ("content-security-policy", "default-src 'none'; script-src 'unsafe-inline'", 80),
        ("strict-transport-security", None, 80),
        ("strict-transport-security", "max-age=86400", 110),
        ("referrer-policy", "unsafe-url", 110),
        ("x-content-type-options", None, 115),
        ("cross-origin-resource-policy", "cross-origin", 80),
        ("location", "http://deadlines.example/", 80),
        ("set-cookie", "a=b; Secure; SameSite=Lax", 70),
        ("set-cookie", "a=b; HttpOnly; SameSite=Lax", 110),
        ("set-cookie", "a=b; HttpOnly; Secure; SameSite=None", 80),
    ],
)
def test_an_answer_with_less_gets_less(production: World, header: str, says: str | None, points: int) -> None:
    client, _ = through_the_proxy(production)
    answer = client.get("/sign-in")
    assert score(answer) == 120
    answer.headers.pop(header, None)
    if says is not None:
        answer.headers[header] = says
    assert score(answer) == points, modifiers(answer)
