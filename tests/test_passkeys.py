"""Does a liaison come in with a passkey after the mail, only with it, and what becomes of a lost one?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import visits
from authenticator import PRESENT, Device, content, text
from sqlalchemy import Engine
from sqlmodel import col, select
from visits import LIAISON, MANAGER, NOW, WA, Visit, World

from duecourse.cli.main import run
from duecourse.errors import BadInput, Conflict
from duecourse.models import AuditEntry, Notice, Passkey, Person, RecoveryCode, RoleName, SignInSession
from duecourse.models.database import reading, writing
from duecourse.tracking.sign_in import recovery_codes
from duecourse.tracking.sign_in.passkey_protocol import Site
from duecourse.tracking.sign_in.passkeys import (
    CHALLENGE_LIFETIME,
    add_passkey,
    draw_challenge,
    reset_passkeys,
    take_challenge,
    use_passkey,
)
from duecourse.tracking.sign_in.recovery_codes import make_codes, use_code
from duecourse.tracking.signing_in import Way, signed_in, start_session
from duecourse.tracking.staff.people import add_person, give_role

filled, make_world = visits.filled, visits.make_world

ORIGIN, HOST = visits.ADDRESS.replace("http:", "https:"), "deadlines.example"
ADMIN = "ida@dcyf.example"


@pytest.fixture
def strict(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """The pages of a server at an address where browsers allow passkeys, which asks for them."""
    monkeypatch.setitem(visits.FROM_OUR_PAGE, "origin", ORIGIN)
    return make_world(base_url=ORIGIN, second_factor=True)


class Secure(Visit):
    """A browser that sends its secure cookies although the test's server speaks HTTP."""

    def __init__(self, world: World, email: str = "") -> None:
        visit = world.visitor()
        super().__init__(visit.client)
        self.client.event_hooks = {"response": [self._keep], "request": [self._send]}
        self._cookies: dict[str, str] = {}
        if email:
            self.sign_in(world.link_for(email))

    def form_token(self) -> str:
        """Return the token of the forms, also on the page that asks for a passkey."""
        page = self.client.get("/sign-in/passkey?next=/me", follow_redirects=True).text
        found = re.search(r'name="form_token" value="([^"]+)"', page)
        return found[1] if found else ""

    def options(self, path: str) -> dict[str, Any]:
        """Return what the page's script gets."""
        answer = self.post(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def register(self, device: Device, *, name: str = "Phone") -> int:
        """Register a passkey, and return the status."""
        answer = device.make(self.options("/me/passkeys/options"))
        return self.post("/me/passkeys", {"credential": answer, "passkey_name": name}).status_code

    def confirm(self, device: Device) -> int:
        """Use a passkey, and return the status."""
        return self.post("/sign-in/passkey", {"credential": device.sign(self.options(USE))}).status_code

    def _keep(self, answer: Any) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value.strip('"')

    def _send(self, request: Any) -> None:
        request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())


USE = "/sign-in/passkey/options"


def device() -> Device:
    return Device(ORIGIN, HOST)


def registered(world: World, email: str = LIAISON) -> Device:
    """Return a device whose passkey somebody has registered at the first sign-in."""
    made = device()
    assert Secure(world, email).register(made) == 303
    return made


CODE = r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}"


def codes_of(visit: Visit, key: str = "6b1d4a52-54b8-4d52-8d0e-6b1c1e0c9a01") -> list[str]:
    """Press the button that makes recovery codes, and return what the page shows."""
    answer = visit.post("/me/recovery-codes", {"form_key": key})
    assert answer.status_code == 200, answer.text
    return re.findall(CODE, answer.text)


def recovered(visit: Secure, code: str) -> int:
    return visit.post("/sign-in/recovery", {"code": code, "next": "/me"}).status_code


def is_in(visit: Visit) -> bool:
    return visit.get("/me").status_code == 200


def told(world: World) -> list[str]:
    found = world.rows(select(Notice).where(Notice.rung == "passkey").order_by(col(Notice.id)))
    return [notice.message.decode() for notice in found]


def test_a_liaison_is_led_to_register_a_passkey_at_the_first_sign_in_and_sees_nothing_before(strict: World) -> None:
    visit = Secure(strict, LIAISON)
    led = visit.get(f"/contracts/{WA}?year=2023")
    assert (led.status_code, led.headers["location"]) == (303, f"/sign-in/passkey?next=/contracts/{WA}?year=2023")
    assert visit.post("/showing", {"day": "2022-01-01"}).headers["location"] == "/sign-in/passkey"
    page = visit.get("/sign-in/passkey").text
    assert "Register a passkey" in page and 'aria-label="Pages"' not in page
    phone = device()
    assert visit.register(phone) == 303
    assert is_in(visit)
    assert "Phone" in visit.get("/me").text
    assert "Phone" in told(strict)[0]
    (row,) = strict.rows(select(Passkey))
    assert (row.name, row.credential_id) == ("Phone", text(phone.credential))


def test_whoever_has_a_passkey_comes_in_with_mail_and_passkey_and_with_the_mail_alone_never(strict: World) -> None:
    phone = registered(strict)
    visit = Secure(strict, LIAISON)
    assert not is_in(visit) and "Use your passkey" in visit.get("/sign-in/passkey").text
    # Whoever has the mail alone must not add another passkey either.
    assert visit.post("/me/passkeys/options").status_code == 403
    options = visit.options(USE)
    assert (options["userVerification"], options["rpId"]) == ("required", HOST)
    assert [content(one["id"]) for one in options["allowCredentials"]] == [phone.credential]
    assert visit.confirm(phone) == 303 and is_in(visit)
    entries = strict.rows(select(AuditEntry.action).order_by(col(AuditEntry.sequence)))
    assert entries[-2:] == ["signed in", "confirmed with a passkey"]


def test_managers_are_not_asked_until_they_register_one_themselves(strict: World) -> None:
    visit = Secure(strict, MANAGER)
    assert is_in(visit)
    phone = device()
    assert visit.register(phone) == 303 and is_in(visit)
    again = Secure(strict, MANAGER)
    assert not is_in(again)
    assert again.confirm(phone) == 303 and is_in(again)


def test_somebody_who_becomes_a_liaison_is_asked_from_then_on(strict: World) -> None:
    visit = Secure(strict, MANAGER)
    assert is_in(visit)
    with writing(strict.engine) as session:
        person = add_person(session, name="Ana", email=MANAGER, now=NOW, actor="test")
        give_role(session, person, visits.CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")
    assert visit.get("/").headers["location"] == "/sign-in/passkey"


def test_in_a_demonstration_nobody_is_asked_unless_a_setting_says_so(make_world: Callable[..., World]) -> None:
    assert make_world().visitor(LIAISON).get("/overdue").status_code == 200


def test_a_challenge_is_taken_once_and_a_passkey_works_until_it_is_reset(engine: Engine) -> None:
    site, phone = Site(ORIGIN), device()
    with writing(engine) as session:
        lee = add_person(session, name="Lee", email=LIAISON, now=NOW, actor="test")
        assert lee.id is not None
        found = signed_in(session, start_session(session, lee.id, way=Way.CODE, now=NOW), now=NOW)
        assert found is not None and found[0].id is not None
        id, person_id = found[0].id, lee.id

    def challenge() -> tuple[bytes, dict[str, Any]]:
        with writing(engine) as session:
            drawn = draw_challenge(session, id, now=NOW)
        return drawn, {"challenge": text(drawn)}

    def take(_: int) -> bool:
        try:
            with writing(engine) as session:
                return bool(take_challenge(session, id, now=NOW))
        except Conflict:
            return False

    drawn, options = challenge()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(8))) == 1
    with writing(engine) as session:
        lee = session.get_one(Person, person_id)
        made = phone.make(options)
        add_passkey(session, lee, id, made, site=site, challenge=drawn, name="Phone", now=NOW)
    drawn, options = challenge()
    with writing(engine) as session:
        lee = session.get_one(Person, person_id)
        use_passkey(session, lee, id, phone.sign(options), site=site, challenge=drawn, now=NOW)
        assert reset_passkeys(session, lee, reason="lost", now=NOW, actor="test") == 1
    with writing(engine) as session, pytest.raises(BadInput):
        lee = session.get_one(Person, person_id)
        use_passkey(session, lee, id, phone.sign(options), site=site, challenge=drawn, now=NOW)
    with reading(engine) as session:
        (row,) = session.exec(select(SignInSession)).all()
        assert (row.second_factor_at, row.ended_at, row.challenge != "") == (NOW, NOW, True)


def _wrong_flags(visit: Secure, phone: Device) -> str:
    phone.flags = PRESENT
    return phone.sign(visit.options(USE))


def _old_count(visit: Secure, phone: Device) -> str:
    phone.sign(visit.options(USE))
    phone.count = -1
    return phone.sign(visit.options(USE))


def _tampered(visit: Secure, phone: Device, name: str) -> str:
    answer = json.loads(phone.sign(visit.options(USE)))
    said = bytearray(content(answer["response"][name]))
    said[-1] ^= 1
    answer["response"][name] = text(bytes(said))
    return json.dumps(answer)


def _signed_with_another_key(visit: Secure, phone: Device) -> str:
    other = Device(ORIGIN, HOST, credential=phone.credential)
    other.count = phone.count + 1
    return other.sign(visit.options(USE))


def _of_another_session(visit: Secure, phone: Device) -> str:
    options = visit.options(USE)
    options["challenge"] = text(b"0" * 32)
    return phone.sign(options)


def _of_another_site(visit: Secure, phone: Device) -> str:
    return Device("https://evil.example", "evil.example", credential=phone.credential, key=phone.key).sign(
        visit.options(USE)
    )


TAMPERED: dict[str, Callable[[Secure, Device], str]] = {
    "user not verified": _wrong_flags,
    "counter went back": _old_count,
    "signature": lambda visit, phone: _tampered(visit, phone, "signature"),
    "authenticator data": lambda visit, phone: _tampered(visit, phone, "authenticatorData"),
    "client data": lambda visit, phone: _tampered(visit, phone, "clientDataJSON"),
    "another key": _signed_with_another_key,
    "another challenge": _of_another_session,
    "another site": _of_another_site,
    "another origin": lambda visit, phone: phone.sign(visit.options(USE), origin="https://evil.example"),
    "registration": lambda visit, phone: phone.sign(visit.options(USE), type="webauthn.create"),
    "frame of another site": lambda visit, phone: phone.sign(visit.options(USE), crossOrigin=True),
    "frame, in other words": lambda visit, phone: phone.sign(visit.options(USE), crossOrigin="no"),
    "nobody's key": lambda visit, _: device().sign(visit.options(USE)),
    "nothing": lambda visit, _: str(visit.options(USE))[:0],
    "no object": lambda visit, _: json.dumps([len(visit.options(USE))]),
    "no JSON": lambda visit, _: "{" * len(visit.options(USE)),
    "surrogates": lambda visit, _: json.dumps({"id": "\ud800", "n": len(visit.options(USE))}),
}


def test_what_was_tampered_with_confirms_nobody(strict: World) -> None:
    phone = registered(strict)
    visit = Secure(strict, LIAISON)
    assert visit.confirm(phone) == 303, "untouched, the answer holds"
    visit, got = Secure(strict, LIAISON), {}
    for what, tamper in TAMPERED.items():
        count, flags = phone.count, phone.flags
        got[what] = visit.post("/sign-in/passkey", {"credential": tamper(visit, phone)}).status_code
        phone.count, phone.flags = count + 1, flags
        assert not is_in(visit), what
    assert got == dict.fromkeys(TAMPERED, 422)
    assert visit.confirm(phone) == 303


def test_an_answer_holds_once_in_its_own_session_and_for_five_minutes(strict: World) -> None:
    phone = registered(strict)
    visit, other = Secure(strict, LIAISON), Secure(strict, LIAISON)
    answer = phone.sign(visit.options(USE))
    assert other.post("/sign-in/passkey", {"credential": answer}).status_code == 409
    other.options(USE)
    assert other.post("/sign-in/passkey", {"credential": answer}).status_code == 422
    # A wrong answer uses the challenge up as well.
    visit.post("/sign-in/passkey", {"credential": "{}"})
    assert visit.post("/sign-in/passkey", {"credential": answer}).status_code == 409
    answer = phone.sign(visit.options(USE))
    assert visit.post("/sign-in/passkey", {"credential": answer}).status_code == 303
    assert visit.post("/sign-in/passkey", {"credential": answer}).status_code == 409
    (id, *_) = strict.rows(select(SignInSession.id))
    with writing(strict.engine) as session:
        draw_challenge(session, id, now=NOW)
        with pytest.raises(Exception, match="took too long"):
            take_challenge(session, id, now=NOW + CHALLENGE_LIFETIME)


@pytest.mark.parametrize("wrong", [{"flags": PRESENT}, {"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_a_passkey_that_was_made_elsewhere_or_without_the_person_is_not_registered(
    strict: World, wrong: dict[str, Any]
) -> None:
    visit = Secure(strict, LIAISON)
    made = Device(**({"origin": ORIGIN, "host": HOST} | wrong))
    assert visit.register(made) == 422
    assert strict.rows(select(Passkey)) == [] and not is_in(visit)


def test_one_device_is_registered_once_and_for_one_person(strict: World) -> None:
    phone = registered(strict)
    visit = Secure(strict, MANAGER)
    assert visit.register(phone) == 409
    assert visit.post("/me/passkeys", {"credential": "{}"}).status_code == 409


def test_a_passkey_that_was_removed_is_refused_and_its_person_told(strict: World) -> None:
    phone, stick = registered(strict), device()
    visit = Secure(strict, LIAISON)
    assert visit.confirm(phone) == 303
    assert visit.register(stick, name="Stick") == 303
    first, _ = strict.rows(select(Passkey).order_by(col(Passkey.id)))
    assert Secure(strict, MANAGER).post(f"/me/passkeys/{first.id}/remove").status_code == 404
    assert visit.post(f"/me/passkeys/{first.id}/remove").status_code == 303
    assert len(told(strict)) == 3
    again = Secure(strict, LIAISON)
    assert again.confirm(phone) == 422
    assert again.confirm(stick) == 303


def admin(world: World) -> Secure:
    """Return the browser of an admin of the county's contract, who has come in with a passkey."""
    with writing(world.engine) as session:
        ida = add_person(session, name="Ida Moss", email=ADMIN, now=NOW, actor="test")
        give_role(session, ida, WA, RoleName.ADMIN, now=NOW, actor="test")
    visit = Secure(world, ADMIN)
    assert visit.register(device()) == 303
    return visit


def test_an_admin_resets_a_lost_passkey_and_its_person_is_told_and_signed_out(strict: World) -> None:
    phone, ida = registered(strict), admin(strict)
    lost = Secure(strict, LIAISON)
    assert lost.confirm(phone) == 303
    assert "A lost passkey" in ida.get(f"/contracts/{WA}/people").text
    reset = f"/contracts/{WA}/passkeys/reset"
    assert ida.post(reset, {"person": LIAISON, "reason": ""}).status_code == 422
    assert ida.post(reset, {"person": ADMIN, "reason": "mine"}).status_code == 403
    assert ida.post(reset, {"person": MANAGER, "reason": "has none"}).status_code == 409
    assert ida.post(reset, {"person": visits.STRANGER, "reason": "not here"}).status_code == 422
    assert lost.post(reset, {"person": ADMIN, "reason": "not an admin"}).status_code == 403
    assert ida.post(reset, {"person": LIAISON, "reason": "phone lost, called back"}).status_code == 303
    assert "reset your passkeys" in told(strict)[-1].replace("=\r\n", "")
    assert lost.get("/").headers["location"] == "/sign-in"
    (entry,) = strict.rows(select(AuditEntry).where(AuditEntry.action == "reset passkeys"))
    assert (entry.actor, entry.detail["email"], entry.detail["reason"]) == (ADMIN, LIAISON, "phone lost, called back")
    again = Secure(strict, LIAISON)
    assert "Register a passkey" in again.get("/sign-in/passkey").text
    assert again.register(device()) == 303 and is_in(again)


def test_an_admin_of_one_contract_resets_nobody_who_also_works_on_another(strict: World) -> None:
    registered(strict)
    ida = admin(strict)
    with writing(strict.engine) as session:
        lee = add_person(session, name="Lee", email=LIAISON, now=NOW, actor="test")
        give_role(session, lee, visits.CT, RoleName.PROGRAM_LIAISON, now=NOW, actor="test")
    answer = ida.post(f"/contracts/{WA}/passkeys/reset", {"person": LIAISON, "reason": "lost"})
    assert answer.status_code == 403 and "Whoever runs this server" in answer.text


def test_whoever_runs_the_server_resets_passkeys_from_the_terminal(
    strict: World, capsys: pytest.CaptureFixture[str]
) -> None:
    registered(strict)

    def reset(email: str) -> int:
        return run(["reset-passkeys", email, "--reason", "lost, called back", "--data", str(strict.settings.data)])

    assert [reset(email) for email in ("nobody@x.example", LIAISON, LIAISON)] == [3, 0, 5]
    said = capsys.readouterr()
    assert "1 passkey of Lee Chen removed" in said.out
    assert "Nobody here" in said.err and "has no passkey" in said.err
    assert strict.rows(select(Passkey.removed_at))[0] is not None and len(told(strict)) == 2


def test_a_session_that_waits_for_its_passkey_can_be_left(strict: World) -> None:
    visit = Secure(strict, LIAISON)
    assert visit.post("/sign-out").headers["location"] == "/sign-in"
    assert visit.get("/sign-in/passkey").headers["location"].startswith("/sign-in?next=")


def test_the_challenge_lasts_longer_than_a_browser_waits_for_a_finger() -> None:
    assert timedelta(minutes=2) < CHALLENGE_LIFETIME <= timedelta(minutes=10)


def test_recovery_codes_are_shown_once_and_each_lets_its_person_in_once_after_the_mail(strict: World) -> None:
    phone, visit = device(), Secure(strict, LIAISON)
    assert visit.register(phone) == 303
    assert "0 codes are left" in visit.get("/me").text
    codes = codes_of(visit)
    assert len(set(codes)) == 10 and codes_of(visit) == codes, "the same form twice makes them once"
    shown = visit.get("/me").text
    assert "10 codes are left" in shown and re.findall(CODE, shown) == []
    kept = repr([row.model_dump() for row in strict.rows(select(RecoveryCode))])
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)

    lost = Secure(strict, LIAISON)
    assert not is_in(lost) and "Use a recovery code" in lost.get("/sign-in/passkey").text
    assert recovered(lost, "0000-0000-0000-0000") == 422 and not is_in(lost)
    # As people type: small letters, without dashes.
    assert recovered(lost, codes[0].replace("-", " ").lower()) == 303 and is_in(lost)
    assert "9 codes are left" in lost.get("/me").text
    assert lost.post("/sign-in/recovery", {"code": codes[1]}).status_code == 409, "nothing is asked any more"
    again = Secure(strict, LIAISON)
    assert recovered(again, codes[0]) == 422 and not is_in(again)
    # A code is a second factor: with it a new passkey can be registered.
    assert lost.register(device(), name="New phone") == 303

    actions = [entry.action for entry in strict.rows(select(AuditEntry).order_by("sequence"))]
    assert actions.count("made recovery codes") == actions.count("confirmed with a recovery code") == 1
    assert not any(code in repr(strict.rows(select(AuditEntry))) for code in codes)
    assert ["New recovery codes" in told(strict)[1], "9 codes are left" in told(strict)[2]] == [True, True]


def test_codes_end_with_newer_ones_and_with_a_reset_and_are_nobody_elses(strict: World) -> None:
    visit, other = Secure(strict, LIAISON), Secure(strict, MANAGER)
    assert [visit.register(device()), other.register(device())] == [303, 303]
    old = codes_of(visit)
    new = codes_of(visit, "6b1d4a52-54b8-4d52-8d0e-6b1c1e0c9a02")
    assert not set(old) & set(new)
    for who, code in ((LIAISON, old[0]), (MANAGER, new[0])):
        assert recovered(Secure(strict, who), code) == 422
    with writing(strict.engine) as session:
        lee = session.exec(select(Person).where(Person.email == LIAISON)).one()
        reset_passkeys(session, lee, reason="lost", now=strict.clock.now(), actor="test")
    fresh = Secure(strict, LIAISON)
    assert recovered(fresh, new[0]) == 409, "the next sign-in leads to a new passkey"
    assert fresh.register(device()) == 303
    assert recovered(Secure(strict, LIAISON), new[0]) == 422


def test_codes_are_made_by_whoever_showed_a_passkey_alone(strict: World) -> None:
    by_mail = Secure(strict, MANAGER)
    assert by_mail.post("/me/recovery-codes", {"form_key": "6b1d4a52-54b8-4d52-8d0e-6b1c1e0c9a03"}).status_code == 409
    # Somebody registers a passkey elsewhere: what is signed in by mail alone makes no codes to go around it.
    assert Secure(strict, MANAGER).register(device()) == 303
    assert by_mail.post("/me/recovery-codes", {"form_key": "6b1d4a52-54b8-4d52-8d0e-6b1c1e0c9a04"}).status_code == 409
    assert strict.rows(select(RecoveryCode)) == []


def test_wrong_recovery_codes_are_counted_like_wrong_codes_and_a_right_one_still_works(strict: World) -> None:
    visit = Secure(strict, LIAISON)
    assert visit.register(device()) == 303
    right, lost = codes_of(visit)[3], Secure(strict, LIAISON)
    assert [recovered(lost, f"0000-0000-0000-{place:04}") for place in range(12)] == [422] * 10 + [429] * 2
    assert recovered(lost, right) == 303 and is_in(lost)


def test_of_two_browsers_with_the_same_recovery_code_one_comes_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not even when both look at the same moment: one statement uses a code up.
    monkeypatch.setattr(recovery_codes, "take_turn", lambda _session: None)
    with writing(engine) as session:
        person = add_person(session, name="Lee Chen", email=LIAISON, now=NOW, actor="test")
        token = start_session(session, person.id or 0, now=NOW, way=Way.CODE, has_second_factor=True)
        found = signed_in(session, token, now=NOW)
        assert found is not None and found[0].id is not None and person.id is not None
        browser, person_id = found[0].id, person.id
        (code, *_) = make_codes(session, person, browser, now=NOW)

    def comes_in(_: int) -> bool:
        try:
            with writing(engine) as session:
                use_code(session, session.get_one(Person, person_id), browser, code, now=NOW)
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(comes_in, range(4))) == [False, False, False, True]
