"""How many points does an answer lose or win by the rules of MDN's HTTP Observatory?

The rules: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring. What can only be measured from
outside, certificates and the way from http:// to https://, is the proxy's.
"""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import httpx

BASELINE, ENOUGH_FOR_EXTRA = 100, 90
_HALF_A_YEAR = 15_768_000
_WIDE = {"*", "http:", "https:", "ftp:", "http://*", "https://*"}
_INLINE = {"'unsafe-inline'", "data:"}
_PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


def score(answer: httpx.Response) -> int:
    """Return the points of an answer: extra ones are given only to whoever loses at most ten."""
    found = modifiers(answer).values()
    left = BASELINE + sum(points for points in found if points < 0)
    return max(0, left + sum(points for points in found if points > 0 and left >= ENOUGH_FOR_EXTRA))


def modifiers(answer: httpx.Response) -> dict[str, int]:
    """Return the points that each test takes or gives."""
    policy = _policy(answer.headers.get("content-security-policy", ""))
    return {
        "content security policy": _of_policy(policy),
        "cookies": _of_cookies(answer),
        "cross-origin resource sharing": _of_sharing(answer),
        "redirection": -20 if answer.headers.get("location", "").startswith("http:") else 0,
        "referrer policy": _of_referrer(answer),
        "strict transport security": _of_transport(answer),
        "subresource integrity": _of_scripts(answer),
        "content type options": 0 if answer.headers.get("x-content-type-options", "").lower() == "nosniff" else -5,
        "frame options": _of_frames(answer, policy),
        "cross-origin resource policy": _of_resources(answer),
    }


def _policy(header: str) -> dict[str, set[str]]:
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {name.lower(): set(sources) for name, *sources in reversed(parts)}


def _of_policy(policy: dict[str, set[str]]) -> int:
    if not policy:
        return -25
    default = policy.get("default-src", {"*"})
    scripts, styles, objects = (policy.get(name, default) for name in ("script-src", "style-src", "object-src"))
    if scripts & (_WIDE | _INLINE) or objects & _WIDE:
        return -20
    if any(source.startswith(("http:", "ftp:")) for sources in policy.values() for source in sources):
        return -20
    if "'unsafe-eval'" in scripts | styles:
        return -10
    if styles & (_WIDE | _INLINE):
        return 0
    may_send = policy.get("form-action", {"*"})
    return 10 if default == {"'none'"} and may_send <= {"'none'", "'self'"} else 5


def _of_cookies(answer: httpx.Response) -> int:
    points = [5]
    headers = answer.headers.get_list("set-cookie")
    for header in headers:
        for cookie in SimpleCookie(header).values():
            # Every cookie is taken for one of a session here, which the rules take by its name.
            if not cookie["secure"]:
                points.append(-10 if "strict-transport-security" in answer.headers else -40)
            if not cookie["httponly"]:
                points.append(-30)
            if cookie["samesite"].lower() not in ("lax", "strict"):
                points.append(-20 if cookie["samesite"] else 0)
    return min(points) if headers else 0


def _of_sharing(answer: httpx.Response) -> int:
    with_credentials = answer.headers.get("access-control-allow-credentials") == "true"
    return -50 if with_credentials and "access-control-allow-origin" in answer.headers else 0


def _of_referrer(answer: httpx.Response) -> int:
    says = answer.headers.get("referrer-policy")
    if says is None:
        return 0
    last = says.split(",")[-1].strip().lower()
    return 5 if last in _PRIVATE else -5


def _of_transport(answer: httpx.Response) -> int:
    found = re.search(r"max-age=(\d+)", answer.headers.get("strict-transport-security", ""))
    if found is None:
        return -20
    return 0 if int(found[1]) >= _HALF_A_YEAR else -10


def _of_scripts(answer: httpx.Response) -> int:
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return 0
    scripts = re.findall(r"<script([^>]*)>", answer.text)
    others = [said for said in scripts if re.search(r'src="(?:[a-z]+:)?//', said)]
    if any('src="http:' in said for said in others):
        return -20 if all("integrity=" in said for said in others) else -50
    return 0 if not others else 5 if all("integrity=" in said for said in others) else -5


def _of_frames(answer: httpx.Response, policy: dict[str, set[str]]) -> int:
    if "frame-ancestors" in policy and not policy["frame-ancestors"] & _WIDE:
        return 5
    return 0 if answer.headers.get("x-frame-options", "").upper() in ("DENY", "SAMEORIGIN") else -20


def _of_resources(answer: httpx.Response) -> int:
    return 0 if answer.headers.get("cross-origin-resource-policy", "same-site") in ("same-origin", "same-site") else -20
