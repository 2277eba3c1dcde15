"""The stylesheet, the script and the icon: which files does a page ask for?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.web.render import STATIC

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FILES = {path.name: path for path in STATIC.iterdir() if path.suffix in _TYPES}

router = APIRouter()


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """Return one of the files; its address changes with its content, so that a browser may keep it for ever."""
    path = _FILES.get(name)
    if path is None:
        raise NotFound(say("There is no such file."))
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix], headers=headers)
