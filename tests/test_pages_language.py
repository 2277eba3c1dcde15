"""Do pages, refusals, sign-in mails and calendars come in the language that a person or a browser chose?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import httpx
import pytest
import visits
from pseudo import LANGUAGE, pseudo_language
from sqlmodel import col, select
from test_sign_in import mails
from unwrapped import unsaid
from visits import FROM_OUR_PAGE, MANAGER, WA, World

from duecourse.language.collecting import PACKAGE
from duecourse.language.said import in_language
from duecourse.models import AuditEntry, Feed, Person, Preference
from duecourse.models.database import writing
from duecourse.notifications import reply_words
from duecourse.notifications.fetching import Fetched
from duecourse.notifications.reachability import Checked
from duecourse.notifications.sending import Drained
from duecourse.tracking.calendars.feed_serving import served
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.signing_in import Way
from duecourse.web.client import device
from duecourse.web.recorded_words import browser_said, summary_said, way_said

filled, make_world, world = visits.filled, visits.make_world, visits.world
SPANISH = {"accept-language": "es-MX,es;q=0.9,en;q=0.8"}


@pytest.fixture
def browser(world: World) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=world.address, timeout=30, verify=False) as client:
        yield client


def test_whoever_is_not_signed_in_gets_what_the_browser_asks_for(browser: httpx.Client) -> None:
    answers = {header: browser.get("/sign-in", headers={"accept-language": header}) for header in ("", "es", "fr")}
    assert {name: answer.headers["content-language"] for name, answer in answers.items()} == {
        "": "en",
        "es": "es",
        "fr": "en",
    }
    assert '<html lang="es">' in answers["es"].text and "<h1>Entrar</h1>" in answers["es"].text
    assert '<html lang="en">' in answers["fr"].text and "<h1>Sign in</h1>" in answers["fr"].text
    # The way to the other language is there, in its own name and marked as such.
    assert re.search(r'<button[^>]* value="en" lang="en">English</button>', answers["es"].text)
    assert re.search(r'<button[^>]* value="es" lang="es">Español</button>', answers[""].text)


def test_a_browser_keeps_the_language_that_was_chosen_in_it(browser: httpx.Client) -> None:
    fields = {"language": "es", "back": "/sign-in"}
    answer = browser.post("/language", data=fields, headers=FROM_OUR_PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Entrar" in browser.get("/sign-in", headers={"accept-language": "en"}).text
    assert "httponly" in answer.headers["set-cookie"].lower() and "samesite=lax" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("language", ["", "fr", "../es", "ES", "e" * 5000])
def test_another_language_is_refused_and_nothing_is_kept(browser: httpx.Client, language: str) -> None:
    answer = browser.post("/language", data={"language": language, "back": "/"}, headers=FROM_OUR_PAGE | SPANISH)
    assert answer.status_code == 422 and "set-cookie" not in answer.headers
    assert '<html lang="es">' in answer.text and "Esto no se puede aceptar" in answer.text


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_the_switch_leads_nowhere_else(browser: httpx.Client, back: str) -> None:
    answer = browser.post("/language", data={"language": "es", "back": back}, headers=FROM_OUR_PAGE)
    assert answer.headers["location"] == "/"


def test_a_cookie_of_no_language_is_no_language(browser: httpx.Client) -> None:
    answer = browser.get("/sign-in", headers={"cookie": "duecourse-language=../../etc", "accept-language": "es"})
    assert answer.headers["content-language"] == "es"


def test_the_link_comes_in_the_language_of_the_page_on_which_it_was_asked_for(
    world: World, browser: httpx.Client
) -> None:
    browser.post("/sign-in", data={"email": MANAGER, "next": "/"}, headers=FROM_OUR_PAGE | SPANISH)
    (mail,) = [_parsed(notice.message) for notice in mails(world, at_least=1)]
    assert mail["Subject"] == "Su enlace para entrar en Duecourse" and mail["Content-Language"] == "es"


def test_a_person_chooses_once_for_pages_mails_and_calendars(world: World) -> None:
    with writing(world.engine) as session:
        person = session.exec(select(Person).where(Person.email == MANAGER)).one()
        assert person.id is not None
        _, token = create_feed(session, person_id=person.id, contract_id=WA, now=world.clock.now())
    before = _calendar(world, token)
    visit = world.visitor(MANAGER)
    visit.client.headers["accept-language"] = "en"
    answer = visit.post("/me/language", {"language": "es"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?done=language")
    page = visit.get("/me?done=language")
    assert page.headers["content-language"] == "es" and "Su idioma quedó registrado" in page.text
    assert 'value="es" checked' in page.text
    assert (
        'name="back"' not in page.text.partition("<main")[0].partition('action="/sign-out"')[2].partition("</form>")[0]
    )
    entry = world.rows(select(AuditEntry).order_by(col(AuditEntry.sequence).desc()))[0]
    assert (entry.action, entry.actor, entry.detail["language"]) == ("chose a language", MANAGER, "es")
    after = _calendar(world, token)
    assert before != after and "SUMMARY:VENCE" in after and "SUMMARY:DUE" not in after
    # The same deadlines at the same instants, under the same names.
    for line in ("UID:", "DTSTART", "DTEND", "SEQUENCE:", "URL:"):
        assert re.findall(rf"^{line}.*$", before, re.MULTILINE) == re.findall(rf"^{line}.*$", after, re.MULTILINE)
    assert world.rows(select(Feed.changes)) and world.rows(select(Person.language).where(Person.email == MANAGER)) == [
        "es"
    ]


def test_a_refusal_is_said_in_the_readers_language_and_recorded_nowhere_in_it(world: World) -> None:
    visit = world.visitor(MANAGER)
    visit.client.headers["accept-language"] = "es"
    answer = visit.post("/me/absences", {"starts_on": "2022-12-24", "ends_on": "2022-12-20", "note": ""})
    assert answer.status_code == 422
    assert "El último día, mar, 20 de dic de 2022, es anterior al primero, sáb, 24 de dic de 2022." in answer.text
    missing = visit.get("/contracts/none")
    assert missing.status_code == 404 and "Aquí no hay nada" in missing.text


def test_the_pages_for_signing_in_say_everything_in_the_language(browser: httpx.Client) -> None:
    with pseudo_language():
        pages = [browser.get("/sign-in", headers={"accept-language": LANGUAGE})]
        pages.append(browser.get("/sign-in/a-token", headers={"accept-language": LANGUAGE}))
        pages.append(browser.get("/nothing/here", headers={"accept-language": LANGUAGE}))
        for path, fields in (("/sign-in", {"email": "a@b.example"}), ("/sign-in/x", {}), ("/sign-in", {"email": "x"})):
            pages.append(browser.post(path, data=fields, headers=FROM_OUR_PAGE | {"accept-language": LANGUAGE}))
        for page in pages:
            assert "⟦" in page.text
            assert unsaid(page.text, data=("a@b.example", "English", "Español")) == [], page.url


def _calendar(world: World, token: str) -> str:
    answer = served(world.engine, token, now=world.clock.now(), base_url="https://due.example", domain="due.example")
    return answer.body.decode().replace("\r\n ", "").replace("\r\n", "\n")


def _parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_switch_keeps_the_page_its_query_and_the_way_that_a_sign_in_would_lead(browser: httpx.Client) -> None:
    led = browser.get(f"/overdue?q=visits&side=funder&contract={WA}").headers["location"]
    page = browser.get(led).text
    back = re.search(r'name="back" value="([^"]*)"', page)
    assert back is not None and unescape(back[1]) == led
    answer = browser.post("/language", data={"language": "es", "back": unescape(back[1])}, headers=FROM_OUR_PAGE)
    again = browser.get(answer.headers["location"]).text
    wanted = f'name="next" value="/overdue?q=visits&amp;side=funder&amp;contract={WA}"'
    assert wanted in page and wanted in again and "<h1>Entrar</h1>" in again
    # A page that answers a form leads back to where the form was, with the same way onward.
    sent = browser.post("/sign-in", data={"email": "a@b.example", "next": "/overdue?q=visits"}, headers=FROM_OUR_PAGE)
    assert 'name="back" value="/sign-in?next=/overdue?q=visits"' in sent.text


def test_what_jobs_did_is_recorded_in_english_and_said_in_the_readers_language() -> None:
    drained = str(Drained(sent=3, retried=0, failed=1, superseded=0))
    said = in_language(summary_said(f"2 reminders written; {drained}"), "es")
    assert said.startswith("2 recordatorios escritos; 3 avisos enviados, 0 por intentar de nuevo, 1 fallido, ")
    assert summary_said(f"2 reminders written; {drained}") == f"2 reminders written; {drained}"
    for text in (str(Fetched(2, ("why",), 1)), "added 2 deliverables and moved 1 deliverable", "nothing to change"):
        assert summary_said(text) == text and in_language(summary_said(text), "es") != text
    failed = "failed: 3 reminders written, said the database"
    assert in_language(summary_said(failed), "es") == failed


@pytest.mark.parametrize("told", [Checked(0, 0, 0, 0), Checked(3, 1, 0, 2)])
def test_whom_no_mail_reaches_is_said_in_the_readers_language(told: Checked) -> None:
    said = in_language(summary_said(str(told)), "es")
    assert summary_said(str(told)) == str(told) and "asunto" in said and "nobody" not in said


def test_a_browser_and_the_way_in_are_said_in_the_readers_language() -> None:
    agents = {
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1": "Safari en un iPhone",
        "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/120.0": "Firefox en Windows",
        "curl/8": "Un navegador",
    }
    assert {agent: in_language(browser_said(device(agent)), "es") for agent in agents} == agents
    assert [way for way in Way if in_language(way_said(way), "es") == way] == []


def test_what_we_wrote_in_place_of_a_mail_servers_answer_is_said_and_the_answer_itself_stays() -> None:
    folder = PACKAGE / "notifications"
    sources = "".join(
        path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name != Path(reply_words.__file__).name
    )
    for form in reply_words.FORMS:
        recorded = form.message % dict.fromkeys(re.findall(r"%\((\w+)\)s", form.message), "5")
        assert in_language(reply_words.reply_said(recorded), "es") != recorded
        # A form that nothing writes any more would be dead; the last one is what is left of a sentence.
        parts = [part.strip(" :.,") for part in re.split(r"%\(\w+\)s", form.message)]
        assert all(part in sources for part in parts if part != "seconds, after the mail was sent"), form
    for answer in ("550 5.1.1 no such user", "", "250 2.0.0 Ok: queued as 4Z"):
        assert in_language(reply_words.reply_said(answer), "es") == answer


def test_the_days_of_more_reminders_are_written_and_read_in_the_readers_language(world: World) -> None:
    visit = world.visitor(MANAGER)
    for language, said in (("es", "21 antes, 2 después"), ("en", "21 before, 2 after"), ("es", "21 ANTES, 2 despues")):
        visit.client.headers["accept-language"] = language
        answer = visit.post("/me/preferences", {"mail_hour": "7", "more_offsets": said})
        assert (answer.status_code, answer.headers["location"]) == (303, "/me?done=preferences")
        assert world.rows(select(Preference.more_offsets)) == [[-21, 2]]
        assert {"es": 'value="21 antes, 2 después"', "en": 'value="21 before, 2 after"'}[language] in visit.get(
            "/me"
        ).text
    refused = visit.post("/me/preferences", {"mail_hour": "7", "more_offsets": "21 vor"})
    assert refused.status_code == 422 and "«21 vor» no indica ningún día" in refused.text
