"""Style sheets, scripts and icons: served by this very process, for a year, under a name that tells their
content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse
from whitenoise.base import WhiteNoise
from whitenoise.responders import StaticFile

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static/"
_YEAR_S = 31_536_000


class Assets(WhiteNoise):  # type: ignore[misc]  # it carries no types
    """Django middleware: answers what lies below `/static/`, before sessions and people are looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        super().__init__(
            None,
            root=FOLDER,
            prefix=PREFIX,
            max_age=_YEAR_S,
            charset="utf-8",
            allow_all_origins=False,
        )

    def __call__(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file, or whatever comes next."""
        found = self.files.get(request.path_info)
        if found is None:
            return self._get_response(request)
        return _answer(request, found)


def _answer(request: HttpRequest, found: StaticFile) -> FileResponse:
    response = found.get_response(request.method, request.META)
    answer = FileResponse(response.file or (), status=int(response.status))
    # What Django guessed of the file goes; what was found out at the start comes.
    for name in ("Content-Type", "Content-Disposition", "Content-Length"):
        answer.headers.pop(name, None)
    for name, value in response.headers:
        answer[name] = value
    return answer


@cache
def address(name: str) -> str:
    """Where a file of `static/web` is found; another content has another address."""
    content = (FOLDER / f"web/{name}").read_bytes()
    return f"{PREFIX}web/{name}?{urlencode({'v': hashlib.sha256(content).hexdigest()[:12]})}"
