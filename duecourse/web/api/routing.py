"""What is checked of every call before anything reads it: the token, its scope, the query's names, and the body?"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from duecourse.tracking.api_tokens import Scope
from duecourse.web.api.caller import authenticate
from duecourse.web.api.problems import Detail, Refused
from duecourse.web.api.strict_json import check_is_json, check_json

SCHEME = "token"
"""The name of the security scheme in the description."""


TAKES_VERSION, NEEDS_VERSION = {"x-version": False}, {"x-version": True}
"""What an operation's description says of If-Match: that it may be sent, or that it must."""


def for_scope(*scopes: Scope, **more: Any) -> dict[str, Any]:
    """Return what an operation's description says of the scopes, one of which a token needs for it."""
    return {"security": [{SCHEME: [str(scope)]} for scope in scopes]} | more


def scopes_of(route: APIRoute) -> list[Scope] | None:
    """Return the scopes, one of which a token needs for a route; None for a route that anybody may use."""
    security = (route.openapi_extra or {}).get("security")
    if security is None:
        return None
    return [Scope(name) for alternative in security for name in alternative[SCHEME]]


class StrictRoute(APIRoute):
    """A route whose callers show a token, and send what its description says and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the checks in front."""
        answer = super().get_route_handler()
        scopes = scopes_of(self)
        names = {field.alias for field in self.dependant.query_params}

        async def checked(request: Request) -> Response:
            if scopes is not None:
                request.state.caller = await run_in_threadpool(authenticate, request, scopes)
            unknown = sorted(set(request.query_params) - names)
            if unknown:
                errors = [
                    Detail(pointer=f"query/{name[:50]}", detail="There is no such parameter.") for name in unknown
                ]
                raise Refused(422, "The address asks for something that is not known here.", errors=errors[:20])
            if self.body_field is not None:
                body = await request.body()
                if body:
                    check_is_json(request.headers.get("content-type", ""))
                    check_json(body)
            return await answer(request)

        return checked


def api_router(**more: Any) -> APIRouter:
    """Return a router for the operations of one resource."""
    return APIRouter(
        prefix="/api/v1",
        route_class=StrictRoute,
        generate_unique_id_function=lambda route: str(route.name).replace("_", "-"),
        **more,
    )
