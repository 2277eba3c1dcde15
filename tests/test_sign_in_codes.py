"""What does a code from a mail open, who can guess one, and how often may somebody ask?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import visits
from sign_in_mails import ask, code_in, link_in, mails
from sqlalchemy import Engine
from sqlmodel import Session, select
from visits import FROM_OUR_PAGE, LIAISON, MANAGER, NOW, Visit, World

from duecourse.access_settings import AccessSettings
from duecourse.models import SignInLink, SignInRate, SignInSession
from duecourse.models.database import reading, writing
from duecourse.tracking.sign_in import mailed
from duecourse.tracking.sign_in.limits import Limit, count, forget, is_reached, mailbox
from duecourse.tracking.sign_in.mailed import MOST_CODES, make_mailed, redeem_code
from duecourse.tracking.signing_in import Browser, Way
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.client import client_address, device, network_of, roughly

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world

EMAIL_OF_NOBODY = "nobody@county.example"
BEHIND_PROXY = {"trusted_proxies": "127.0.0.1"}


def ask_from(world: World, visit: Visit, email: str, address: str) -> int:
    """Ask for a mail from a network address, and return the status."""
    headers = FROM_OUR_PAGE | {"x-forwarded-for": address}
    return visit.client.post("/sign-in", data={"email": email}, headers=headers).status_code


def type_in(visit: Visit, code: str) -> int:
    return visit.post("/sign-in/code", {"code": code}).status_code


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "without", "misread"])
def test_a_code_typed_into_the_browser_that_asked_signs_in_once(world: World, typed: str) -> None:
    visit = world.visitor()
    code = code_in(ask(world, visit, MANAGER))
    forms = {
        "lower": code.lower(),
        "without": code.replace("-", " "),
        "misread": code.replace("0", "O").replace("1", "l"),
    }
    assert type_in(visit, forms.get(typed) or typed.format(code)) == 303
    assert "What is due from me" in visit.get("/").text
    assert type_in(visit, code) == 422
    (browser,) = world.rows(select(SignInSession))
    assert browser.way == Way.CODE


def test_a_code_is_worth_nothing_in_another_browser_and_uses_up_nothing_there(world: World) -> None:
    visit, other = world.visitor(), world.visitor()
    code = code_in(ask(world, visit, MANAGER))
    ask(world, other, LIAISON)
    assert type_in(other, code) == type_in(world.visitor(), code) == 422
    assert type_in(visit, code) == 303


def test_after_five_wrong_codes_the_right_one_is_refused_and_the_link_still_works(world: World) -> None:
    visit = world.visitor()
    mail = ask(world, visit, MANAGER)
    assert [type_in(visit, f"0000-000{n}") for n in range(MOST_CODES)] == [422] * MOST_CODES
    assert type_in(visit, code_in(mail)) == 422
    assert visit.post(link_in(mail)).status_code == 303


def test_a_wrong_code_gets_one_answer_for_a_known_and_an_unknown_address(world: World) -> None:
    known, unknown = world.visitor(), world.visitor()
    ask(world, known, MANAGER)
    unknown.post("/sign-in", {"email": EMAIL_OF_NOBODY})
    answers = [visit.post("/sign-in/code", {"code": "AAAA-AAAA"}) for visit in (known, unknown, world.visitor())]
    assert {(answer.status_code, answer.text) for answer in answers} == {(422, answers[0].text)}


def guesses(world: World, *, tries: int) -> int:
    """Type so many codes at the same moment, all of them right, and return how many are looked at."""
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
        make_mailed(session, person.id, secret="s", now=NOW)
    seen = []

    def guess(_: int) -> None:
        with writing(world.engine) as session:
            redeem_code(session, "AAAA-AAAA", now=NOW, browser=Browser(secret="s"))

    def compare(one: str, other: str) -> bool:
        seen.append(one)
        return False

    with pytest.MonkeyPatch.context() as patched, ThreadPoolExecutor(tries) as pool:
        patched.setattr(mailed.hmac, "compare_digest", compare)
        list(pool.map(guess, range(tries)))
    return len(seen)


def test_of_many_codes_typed_at_the_same_moment_five_are_looked_at(either_world: World) -> None:
    assert guesses(either_world, tries=12) == MOST_CODES
    (link,) = either_world.rows(select(SignInLink))
    assert link.code_tries == MOST_CODES


def test_without_that_count_every_one_of_them_would_be(either_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailed, "MOST_CODES", 10**6)
    assert guesses(either_world, tries=12) == 12


def test_guessing_ends_after_ten_wrong_ones_from_one_network_and_what_is_right_still_works(world: World) -> None:
    guesser, visit = world.visitor(), world.visitor()
    mail = ask(world, visit, MANAGER)
    answers = [guesser.post(f"/sign-in/guess-{number}").status_code for number in range(6)]
    answers += [type_in(guesser, f"0000-{number:04}") for number in range(6)]
    assert answers == [404] * 6 + [422] * 4 + [429] * 2
    assert "ten minutes" in guesser.post("/sign-in/guess").text
    # The guesser sits in the same office, and locks nobody out.
    assert visit.post(link_in(mail)).status_code == 303
    other = world.visitor()
    assert type_in(other, code_in(ask(world, other, LIAISON))) == 303


def test_whoever_asks_for_somebody_elses_mails_does_not_use_up_those_of_that_person(
    make_world: Callable[..., World],
) -> None:
    world = make_world(**BEHIND_PROXY)
    own = world.visitor(MANAGER)
    own.post("/sign-out")
    for number in range(30):
        assert ask_from(world, world.visitor(), MANAGER, f"203.0.113.{number}") == 200
    assert len(mails(world, at_least=10)) == 10
    assert ask_from(world, own, MANAGER, "203.0.113.1") == 200
    mail = mails(world, at_least=11)[10]
    assert type_in(own, code_in(mail)) == 303


def test_one_mailbox_gets_three_mails_from_one_network_whatever_its_spelling(world: World) -> None:
    pages = {world.visitor().post("/sign-in", {"email": MANAGER}).text for _ in range(6)}
    assert len(pages) == 1
    assert len(mails(world, at_least=3)) == 3
    spellings = ("ana.ruiz@x.gov", "Ana.Ruiz@X.gov ", "anaruiz+tag@x.gov", "a.n.a.ruiz+a+b@x.GOV")
    assert {mailbox(one) for one in spellings} == {"anaruiz@x.gov"}
    assert mailbox("bob@x.gov") != mailbox("ana@x.gov") != mailbox("ana@y.gov")


def test_asking_for_many_mailboxes_ends_after_thirty_but_not_for_who_was_here_before(world: World) -> None:
    own = world.visitor(MANAGER)
    own.post("/sign-out")
    stranger = world.visitor()
    answers = [stranger.post("/sign-in", {"email": f"p{n}@county.example"}).status_code for n in range(32)]
    assert answers == [200] * 30 + [429] * 2
    assert own.post("/sign-in", {"email": MANAGER}).status_code == 200
    assert len(mails(world, at_least=1)) == 1


FEW = Limit("few", 3, timedelta(minutes=3))


def test_a_limit_is_one_for_all_processes_and_frees_one_place_after_its_share(engine: Engine) -> None:
    def try_once(_: int) -> bool:
        with writing(engine) as session:
            return count(session, FEW, "key", now=NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(24))) == 3
    with Session(engine) as session:
        assert is_reached(session, FEW, "key", now=NOW) and not is_reached(session, FEW, "other", now=NOW)
        assert count(session, FEW, "other", now=NOW)
        later = NOW + timedelta(minutes=1)
        assert not is_reached(session, FEW, "key", now=later)
        assert [count(session, FEW, "key", now=later) for _ in range(2)] == [True, False]
        assert [count(session, FEW, "key", now=later + timedelta(minutes=9)) for _ in range(4)] == [True] * 3 + [False]
        forget(session, now=later + timedelta(minutes=4))
        session.commit()
    with reading(engine) as session:
        assert len(session.exec(select(SignInRate)).all()) == 1


def test_counting_first_and_adding_afterwards_would_let_more_through(engine: Engine) -> None:
    def try_once(_: int) -> bool:
        with reading(engine) as session:
            return not is_reached(session, FEW, "key", now=NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(24))) == 24


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "found"),
    [
        ("203.0.113.9", "1.2.3.4", "", "203.0.113.9"),
        ("127.0.0.1", "1.2.3.4", "", "127.0.0.1"),
        ("127.0.0.1", "1.2.3.4", "127.0.0.1", "1.2.3.4"),
        ("127.0.0.1", "6.6.6.6, 1.2.3.4", "127.0.0.1", "1.2.3.4"),
        ("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.1.1.1", "127.0.0.1 10.0.0.0/8", "1.2.3.4"),
        ("203.0.113.9", "1.2.3.4", "127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "1.2.3.4, evil\r\n", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", ", ".join(["127.0.0.1"] * 100), "127.0.0.1", "127.0.0.1"),
        ("::1", "2001:db8::7", "::1", "2001:db8::7"),
        ("::ffff:127.0.0.1", "1.2.3.4", "127.0.0.1", "1.2.3.4"),
        ("", "1.2.3.4", "127.0.0.1", ""),
    ],
)
def test_only_our_own_proxies_are_believed(peer: str, forwarded: str, proxies: str, found: str) -> None:
    assert client_address(peer, forwarded, AccessSettings(trusted_proxies=proxies).proxies) == found


def test_a_network_and_a_browser_are_said_roughly() -> None:
    assert (network_of("203.0.113.9"), roughly("203.0.113.9")) == ("203.0.113.9", "203.0.113.*")
    one, other = "2001:db8:7:1:aa::1", "2001:db8:7:1:bb::2"
    assert network_of(one) == network_of(other) != network_of("2001:db8:7:2::1")
    assert (roughly(one), roughly("nonsense")) == ("2001:db8:7::*", "")
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"
    assert [device(said) for said in (edge, phone, "<b>curl</b>")] == [
        "Edge on Windows",
        "Safari on an iPhone",
        "A browser",
    ]
