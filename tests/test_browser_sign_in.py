"""Can people come in with a real browser: by link, by code and with a passkey, by mouse and by keyboard alone?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_browser, a_window
from parts import free_port
from playwright.sync_api import Browser, CDPSession, Page, expect
from sign_in_mails import code_in, link_in, mails
from sqlmodel import select
from test_browser_journey import press_until
from visits import LIAISON, MANAGER, World

from duecourse.models import Passkey, SignInSession

filled, make_world = visits.filled, visits.make_world

pytestmark = pytest.mark.browser

_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def local(make_world: Callable[..., World]) -> World:
    """A server that asks for passkeys, at a name that browsers allow them at without HTTPS."""
    port = free_port()
    return make_world(base_url=f"http://localhost:{port}", served_at=port, second_factor=True)


def check(page: Page) -> None:
    """See that everybody can read the page."""
    assert barriers(page) == [], page.url


def press(page: Page, kind: str, says: str, *, by_keyboard: bool) -> None:
    """Press a button or follow a link."""
    if by_keyboard:
        press_until(page, kind, says)
        page.keyboard.press("Enter")
    else:
        page.get_by_role("button" if kind == "button" else "link", name=says, exact=True).click()


def fill(page: Page, label: str, text: str, *, by_keyboard: bool) -> None:
    """Fill in a field, and with the keyboard send its form by Enter."""
    field = page.get_by_label(label, exact=True)
    if not by_keyboard:
        return field.fill(text)
    for _ in range(30):
        page.keyboard.press("Tab")
        if field.evaluate("one => one === document.activeElement"):
            return page.keyboard.type(text)
    raise AssertionError(f"Tab does not lead to {label}")


def ask(page: Page, world: World, email: str, *, by_keyboard: bool, number: int) -> None:
    """Ask for a mail, and wait for it."""
    page.goto(f"{world.settings.address}/sign-in")
    check(page)
    fill(page, "Email address", email, by_keyboard=by_keyboard)
    press(page, "button", "Send me a mail", by_keyboard=by_keyboard)
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    check(page)
    assert len(mails(world, at_least=number)) == number


def virtual_device(page: Page, *, is_verified: bool = True) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys, and asks nobody for a finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE | {"isUserVerified": is_verified}})
    return session, added["authenticatorId"]


@pytest.mark.parametrize(("width", "by_keyboard"), [(PHONE, False), (DESK, True)])
def test_a_manager_comes_in_by_link_sees_the_own_browsers_and_ends_another(
    local: World, browser: Browser, width: int, by_keyboard: bool
) -> None:
    address = local.settings.address
    with a_window(browser, width=width, dark=by_keyboard) as page, a_window(browser, width=width) as other:
        ask(page, local, MANAGER, by_keyboard=by_keyboard, number=1)
        link = link_in(mails(local)[0])
        # Without a complaint of the browser about the status of what is refused.
        assert other.request.get(address + link).status == 403
        page.goto(address + link)
        check(page)
        press(page, "button", "Sign in", by_keyboard=by_keyboard)
        expect(page.get_by_role("heading", level=1)).to_have_text("What is due from me")
        other.goto(address + local.link_for(MANAGER))
        press(other, "button", "Sign in", by_keyboard=False)
        expect(other.get_by_role("heading", level=1)).to_have_text("What is due from me")
        page.goto(f"{address}/me")
        check(page)
        if by_keyboard:
            press(page, "button", "Sign out there", by_keyboard=True)
        else:
            page.get_by_role("button", name="Sign out there").click()
        expect(page.get_by_role("status")).to_contain_text("Signed out there")
        other.goto(f"{address}/me")
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(("width", "by_keyboard"), [(DESK, False), (PHONE, True)])
def test_a_liaison_registers_a_passkey_and_comes_in_with_code_and_passkey(
    local: World, browser: Browser, width: int, by_keyboard: bool
) -> None:
    with a_window(browser, width=width, dark=by_keyboard) as page:
        session, device = virtual_device(page)
        for number, (heading, says) in enumerate(
            [("Register a passkey", "Register a passkey"), ("Use your passkey", "Use my passkey")], start=1
        ):
            ask(page, local, LIAISON, by_keyboard=by_keyboard, number=number)
            fill(page, "Code from the mail", code_in(mails(local)[number - 1]), by_keyboard=by_keyboard)
            press(page, "button", "Sign in", by_keyboard=by_keyboard)
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
            check(page)
            press(page, "button", says, by_keyboard=by_keyboard)
            expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
            if number == 1:
                page.get_by_role("button", name="Sign out").click()
        (held,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        page.goto(f"{local.settings.address}/me")
        expect(page.get_by_role("region", name="My passkeys")).to_contain_text("My device")
        check(page)
    (passkey,) = local.rows(select(Passkey))
    assert passkey.sign_count == held["signCount"] > 0
    assert [bool(row.second_factor_at) for row in local.rows(select(SignInSession))] == [True, True]


def test_a_device_that_does_not_know_its_person_confirms_nobody(local: World, browser: Browser) -> None:
    with a_window(browser, width=PHONE) as page:
        virtual_device(page, is_verified=False)
        page.goto(local.settings.address + local.link_for(LIAISON))
        press(page, "button", "Sign in", by_keyboard=False)
        press(page, "button", "Register a passkey", by_keyboard=False)
        expect(page.get_by_role("alert")).to_contain_text("Nothing was confirmed")
        check(page)
        page.goto(f"{local.settings.address}/overdue")
        expect(page.get_by_role("heading", name="Register a passkey")).to_be_visible()
    assert local.rows(select(Passkey)) == []
