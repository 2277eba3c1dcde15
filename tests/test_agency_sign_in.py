"""Who comes in with an agency's single sign-on, and what of it is not believed?"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import oidc_provider
import pytest
import visits
from joserfc.jwk import OctKey, RSAKey
from oidc_provider import CLIENT, SECRET, Provider
from sqlmodel import select
from visits import LIAISON, MANAGER, NOW, STRANGER, WA, Visit, World

from duecourse.clock import Clock
from duecourse.errors import NotReady
from duecourse.models import AgencySignIn, SignInSession
from duecourse.models.database import writing
from duecourse.settings import check_ready, load_settings
from duecourse.tracking.signing_in import Way
from duecourse.tracking.staff.people import person_by_email

filled, make_world = visits.filled, visits.make_world

CLOCK = Clock.showing(NOW)


@pytest.fixture(scope="module")
def agency() -> Iterator[Provider]:
    """One provider for the tests of this file; each test starts it anew with what is right."""
    with oidc_provider.serving(CLOCK.now) as provider:
        yield provider


@pytest.fixture
def provider(agency: Provider) -> Provider:
    """The same, with nothing wrong about it."""
    agency.email, agency.changed, agency.metadata, agency.is_away = LIAISON, {}, {}, False
    agency.sign_with, agency.algorithm = None, "RS256"
    agency.asked.clear()
    return agency


@pytest.fixture
def signing(make_world: Callable[..., World], provider: Provider) -> World:
    """The pages of a server whose liaisons have single sign-on."""
    return make_world(**settings_for(provider), clock=CLOCK)


def settings_for(provider: Provider, **more: Any) -> dict[str, Any]:
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_domains": "dcyf.example, oec.example",
        "oidc_name": "your DCYF account",
    } | more


def go_there(visit: Visit, *, next: str = "/") -> str:
    """Begin at the sign-in page, sign in at the agency, and return the path at which the browser comes back."""
    page = visit.post("/sign-in/agency", {"next": next})
    assert page.status_code == 200, page.text
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found
    answer = httpx.get(html.unescape(found[1]), trust_env=False)
    assert answer.status_code == 302
    return answer.headers["location"].removeprefix(visits.ADDRESS)


def comes_in(visit: Visit) -> int:
    return visit.get(go_there(visit)).status_code


def test_a_liaison_comes_in_with_the_agencys_account_and_sees_the_page_that_was_asked_for(signing: World) -> None:
    visit = signing.visitor()
    assert "Sign in with your DCYF account" in visit.get("/sign-in").text
    answer = visit.get(go_there(visit, next=f"/contracts/{WA}?year=2023"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/contracts/{WA}?year=2023")
    assert "Lee Chen" in visit.get("/me").text
    (browser,) = signing.rows(select(SignInSession))
    assert (browser.way, browser.second_factor_at) == (Way.AGENCY, None)


@pytest.mark.parametrize("next", ["//evil.example", "https:evil", "/\\evil", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_afterwards(signing: World, next: str) -> None:
    visit = signing.visitor()
    assert visit.get(go_there(visit, next=next)).headers["location"] == "/"


WRONG: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "issuer": {"iss": "https://evil.example"},
    "audience": {"aud": "another"},
    "several audiences, for another party": {"aud": [CLIENT, "another"], "azp": "another"},
    "no audience": {"aud": None},
    "expired": {"exp": int((NOW - timedelta(minutes=5)).timestamp())},
    "no expiry": {"exp": None},
    "not yet valid": {"nbf": int((NOW + timedelta(hours=2)).timestamp())},
    "issued ahead of time": {"iat": int((NOW + timedelta(hours=2)).timestamp())},
    "address not verified": {"email_verified": False},
    "address not said to be verified": {"email_verified": None},
    "verified in other words": {"email_verified": "no"},
    "no address": {"email": None},
    "an address that is no text": {"email": [LIAISON]},
    "somebody unknown": {"email": "nobody@dcyf.example"},
    "another domain": {"email": MANAGER},
    "a domain within another": {"email": "lee@dcyf.example.evil.example"},
}


def test_what_is_wrong_with_a_token_lets_nobody_in(signing: World, provider: Provider) -> None:
    got = {}
    for what, changed in WRONG.items():
        provider.changed = changed
        got[what] = comes_in(signing.visitor())
    assert got == dict.fromkeys(WRONG, 403)
    assert signing.rows(select(SignInSession)) == []
    provider.changed = {"email": f" {LIAISON.upper()}", "aud": [CLIENT], "email_verified": None, "xms_edov": True}
    assert comes_in(signing.visitor()) == 303


def test_a_signature_of_anybody_else_or_of_a_weak_kind_lets_nobody_in(signing: World, provider: Provider) -> None:
    provider.sign_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert comes_in(signing.visitor()) == 403
    # Whoever knows the client's secret must not be able to say who somebody is, nor whoever knows nothing.
    for provider.algorithm in ("HS256", "none"):
        provider.sign_with = OctKey.import_key(SECRET)
        assert comes_in(signing.visitor()) == 403, provider.algorithm
    assert signing.rows(select(SignInSession)) == []


def test_a_sign_in_comes_back_once_in_the_browser_that_began_it(signing: World) -> None:
    visit, other = signing.visitor(), signing.visitor()
    back = go_there(visit)
    assert other.get(back).status_code == 403
    go_there(other)
    assert other.get(back).status_code == 403
    assert visit.get(back.replace("state=", "state=x")).status_code == 403
    assert visit.get(back).status_code == 303
    signed_in = visit.client.cookies["duecourse"]
    assert visit.get(back).status_code == 403
    assert visit.client.cookies["duecourse"] == signed_in
    assert len(signing.rows(select(SignInSession))) == 1


def test_a_code_that_was_used_or_that_is_another_persons_lets_nobody_in(signing: World) -> None:
    visit, other = signing.visitor(), signing.visitor()
    theirs = re.findall("code=([^&]+)", go_there(other))[0]
    back = go_there(visit)
    # The verifier is not the one with which that code was asked for.
    assert visit.get(re.sub("code=[^&]+", f"code={theirs}", back)).status_code == 403
    assert visit.get("/sign-in/agency/back?error=access_denied&state=x").status_code == 403
    again = go_there(visit)
    assert visit.get(f"{again}&iss=https://evil.example").status_code == 403
    assert signing.rows(select(SignInSession)) == []


def test_after_ten_minutes_it_is_too_late(signing: World) -> None:
    visit = signing.visitor()
    back = go_there(visit)
    with writing(signing.engine) as session:
        (begun,) = session.exec(select(AgencySignIn)).all()
        begun.expires_at = CLOCK.now()
        assert begun.state_sha256 not in back
    assert visit.get(back).status_code == 403


def test_somebody_who_has_left_does_not_come_in(signing: World) -> None:
    with writing(signing.engine) as session:
        person = person_by_email(session, LIAISON)
        assert person is not None
        person.disabled_at = NOW
    assert comes_in(signing.visitor()) == 403


def test_while_the_agency_is_away_or_speaks_for_another_people_are_told_to_come_in_by_mail(
    signing: World, provider: Provider
) -> None:
    visit = signing.visitor()
    back = go_there(visit)
    provider.is_away = True
    answer = visit.post("/sign-in/agency")
    assert answer.status_code == 503 and "sign in by mail" in answer.text
    assert visit.get(back).status_code == 503
    provider.is_away, provider.metadata = False, {"issuer": "https://evil.example"}
    assert visit.post("/sign-in/agency").status_code == 503
    provider.metadata = {"token_endpoint": "ftp://evil.example/token"}
    assert visit.post("/sign-in/agency").status_code == 503
    # Nothing is followed to where the agency did not say.
    assert set(provider.asked) <= {"/authorize", "/keys", "/.well-known/openid-configuration"}


@pytest.mark.parametrize("agency_asks", [True, False])
def test_the_agencys_own_second_factor_counts_when_the_settings_say_so(
    make_world: Callable[..., World], provider: Provider, agency_asks: bool
) -> None:
    given = settings_for(provider, second_factor=True, oidc_second_factor=agency_asks)
    visit = make_world(**given, clock=CLOCK).visitor()
    assert comes_in(visit) == 303
    led = visit.get("/me")
    assert led.status_code == (200 if agency_asks else 303)
    assert agency_asks or led.headers["location"] == "/sign-in/passkey?next=/me"


@pytest.mark.parametrize(
    ("given", "cure"),
    [
        ({"oidc_issuer": "https://id.agency.gov"}, "DUECOURSE_OIDC_DOMAINS"),
        ({"oidc_issuer": "http://id.agency.gov", "oidc_client_id": "x", "oidc_domains": "agency.gov"}, "https://"),
        ({"second_factor": True, "base_url": "http://10.0.0.1", "demo": False}, "DUECOURSE_SECOND_FACTOR"),
        ({"second_factor": True, "base_url": "https://10.0.0.1", "demo": False}, "DUECOURSE_SECOND_FACTOR"),
        ({"trusted_proxies": "our proxy"}, "DUECOURSE_TRUSTED_PROXIES"),
        ({"session_hours": 0}, "DUECOURSE_SESSION_HOURS"),
    ],
)
def test_settings_that_would_let_the_wrong_people_in_or_nobody_refuse_to_start(
    given: dict[str, Any], cure: str
) -> None:
    with pytest.raises(NotReady, match=cure):
        check_ready(load_settings(**({"demo": True} | given)))


def test_the_clients_secret_may_lie_in_a_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("DUECOURSE_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    assert load_settings().oidc_client_secret.get_secret_value() == "s3cret"


def test_a_stranger_with_a_verified_address_of_the_agency_is_nobody_here(signing: World, provider: Provider) -> None:
    provider.email = STRANGER
    answer = signing.visitor()
    page = answer.get(go_there(answer))
    assert page.status_code == 403 and "Sign in by mail" in page.text
