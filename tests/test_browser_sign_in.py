"""Can people come in with a real browser: by link, by code and with a passkey, by mouse and by keyboard alone?"""

from __future__ import annotations

from collections.abc import Callable

import browser as browsers
import pytest
import visits
from barriers import barriers
from hands import FINGER_ON_PHONE, KEYBOARD_AT_DESK, KEYBOARD_ON_PHONE, MOUSE_AT_DESK, Form, somebody
from parts import free_port
from person import Person
from playwright.sync_api import Browser, CDPSession, Page, expect
from sign_in_mails import code_in, link_in, mails
from sqlmodel import select
from visits import LIAISON, MANAGER, World

from duecourse.models import Passkey, SignInSession

filled, make_world, browser = visits.filled, visits.make_world, browsers.browser

pytestmark = pytest.mark.browser

_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def local(make_world: Callable[..., World]) -> World:
    """A server that asks for passkeys, at a name that browsers allow them at without HTTPS."""
    port = free_port()
    return make_world(base_url=f"http://localhost:{port}", served_at=port, second_factor=True)


def ask(person: Person, world: World, email: str, *, number: int) -> None:
    """Ask for a mail, and wait for it."""
    person.go("/sign-in")
    person.fill("Email address", email)
    person.press("Send me a mail")
    person.see("Look into your mailbox")
    assert len(mails(world, at_least=number)) == number


def virtual_device(page: Page, *, is_verified: bool = True) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys, and asks nobody for a finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE | {"isUserVerified": is_verified}})
    return session, added["authenticatorId"]


@pytest.mark.parametrize("form", [KEYBOARD_AT_DESK, FINGER_ON_PHONE])
def test_a_manager_comes_in_by_link_sees_the_own_browsers_and_ends_another(
    local: World, browser: Browser, form: Form
) -> None:
    address = local.settings.address
    with somebody(browser, form, address) as ana, somebody(browser, form, address) as other:
        ask(ana, local, MANAGER, number=1)
        link = link_in(mails(local)[0])
        # Without a complaint of the browser about the status of what is refused.
        assert other.page.request.get(address + link).status == 403
        ana.sign_in(link)
        ana.see("What is due from me")
        other.sign_in(local.link_for(MANAGER))
        other.see("What is due from me")
        ana.go("/me")
        ana.follow("Where I am signed in")
        ana.press("Sign out there")
        ana.told("Signed out there")
        other.go("/me")
        expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("form", [MOUSE_AT_DESK, KEYBOARD_ON_PHONE])
def test_a_liaison_registers_a_passkey_and_comes_in_with_code_and_passkey(
    local: World, browser: Browser, form: Form
) -> None:
    with somebody(browser, form, local.settings.address) as lee:
        session, device = virtual_device(lee.page)
        for number, (heading, says) in enumerate(
            [("Register a passkey", "Register a passkey"), ("Use your passkey", "Use my passkey")], start=1
        ):
            ask(lee, local, LIAISON, number=number)
            lee.fill("Code from the mail", code_in(mails(local)[number - 1]))
            lee.press("Sign in")
            expect(lee.page.get_by_role("heading", name=heading)).to_be_visible()
            lee.press(says)
            expect(lee.page.get_by_role("navigation", name="Pages")).to_be_visible()
            if number == 1:
                lee.press("Sign out")
        (held,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        lee.go("/me")
        lee.see("My device", within=lee.region("My passkeys"))
        lee.follow("My passkeys")
        lee.press("Make recovery codes")
        (code, *_) = lee.page.locator("#codes").inner_text().splitlines()
        assert form is not MOUSE_AT_DESK or barriers(lee.page) == []
        lee.press("Sign out")
        # The phone is lost.
        ask(lee, local, LIAISON, number=3)
        lee.fill("Code from the mail", code_in(mails(local)[2]))
        lee.press("Sign in")
        lee.unfold("Use a recovery code")
        lee.fill("Recovery code", code)
        assert form is not MOUSE_AT_DESK or barriers(lee.page) == []
        lee.press("Sign in")
        lee.told("Register a new passkey")
        lee.see("9 codes are left.", within=lee.region("My passkeys"))
    (passkey,) = local.rows(select(Passkey))
    assert passkey.sign_count == held["signCount"] > 0
    assert [bool(row.second_factor_at) for row in local.rows(select(SignInSession))] == [True] * 3


def test_a_device_that_does_not_know_its_person_confirms_nobody(local: World, browser: Browser) -> None:
    with somebody(browser, FINGER_ON_PHONE.values[0], local.settings.address) as lee:
        virtual_device(lee.page, is_verified=False)
        lee.sign_in(local.link_for(LIAISON))
        lee.press_here("Register a passkey")
        expect(lee.page.get_by_role("alert")).to_contain_text("Nothing was confirmed")
        assert barriers(lee.page) == []
        lee.go("/overdue")
        expect(lee.page.get_by_role("heading", name="Register a passkey")).to_be_visible()
    assert local.rows(select(Passkey)) == []
