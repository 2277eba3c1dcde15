"""How is the JSON API put together, and how does it describe itself?"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from duecourse import __version__
from duecourse.tracking.api_tokens import Scope
from duecourse.web.api import (
    amendments,
    boards,
    contracts,
    dates,
    deciding,
    deliverables,
    drafts,
    enrollment,
    extensions,
    feeds,
    imports,
    me,
    new_contracts,
    operations,
    parts,
    people,
    plan_acts,
    plan_steps,
    plans,
    preferences,
    problem_types,
    problems,
    receipts,
    received,
    several,
    submissions,
    webhooks,
)
from duecourse.web.api.caller import UnderWay, authenticate
from duecourse.web.api.problems import MEDIA_TYPE, Problem
from duecourse.web.api.routing import SCHEME
from duecourse.web.site import Site

PREFIX = "/api/"
DESCRIPTION = "/api/v1/openapi.json"

_RESOURCES = (
    me,
    preferences,
    contracts,
    new_contracts,
    drafts,
    deliverables,
    several,
    submissions,
    deciding,
    extensions,
    dates,
    amendments,
    enrollment,
    plans,
    plan_acts,
    plan_steps,
    parts,
    people,
    imports,
    boards,
    feeds,
    receipts,
    received,
    webhooks,
    operations,
    problem_types,
)
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new one for each change; the same one when the same change is sent again.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,100}$"},
}

_VERSION = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of what the change is about, as it was read; “*” for whatever it is now.",
    "schema": {"type": "string", "maxLength": 4000},
}


def api_app(site: Site) -> FastAPI:
    """Return the application that answers programs."""
    app = FastAPI(
        title="Duecourse", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.site = site
    app.state.under_way = UnderWay()
    problems.install(app)
    for module in _RESOURCES:
        app.router.routes.extend(module.router.routes)
    described: dict[str, Any] = {}

    @app.get(DESCRIPTION, include_in_schema=False)
    def openapi(request: Request) -> Response:
        """Return the description of the API; outside a demonstration it takes a token, whatever it is for."""
        if not site.settings.demo:
            authenticate(request, list(Scope))
        if not described:
            described.update(description_of(app))
        return JSONResponse(described)

    return app


def description_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the API."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    said = get_openapi(
        title="Duecourse",
        version="1",
        description="Everything that the pages do, for programs. See docs/api.md for how to begin.",
        routes=routes,
    )
    parts = said.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    parts["securitySchemes"] = {SCHEME: {"type": "http", "scheme": "bearer"}}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in said["paths"].values():
        for method, operation in path.items():
            answers = operation["responses"]
            answers.pop("422", None)
            answers["4XX"] = {"description": "A problem (RFC 9457).", "content": content}
            if method == "get":
                answers["304"] = {"description": "The caller has it already."}
            elif operation.pop("x-changes", True):
                operation.setdefault("parameters", []).append(_KEY)
            needs_version = operation.pop("x-version", None)
            if needs_version is not None:
                operation["parameters"].append(_VERSION | {"required": needs_version})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return said
