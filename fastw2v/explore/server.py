"""The server of the explorer: the page and its questions, for this machine alone, read only.

Web pages of others must not reach it, though they run in a browser on the same machine: it listens on the loopback
address, answers only requests that name it by that address (a foreign name that resolves to it is refused: DNS
rebinding), and none that another page sends. It tells the browser to load nothing from elsewhere.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fastw2v.explore.answers import Answers
from fastw2v.vectors.layout import MOST_POINTS, layout

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

logger = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
PAGES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Explorer:
    """A page about some vectors, served to the browsers of this machine until it is closed.

    Parameters
    ----------
    vectors : KeyedVectors
        They are only read.
    port : int
        0: any that is free.
    n_points : int
        How many words the map has, at most 50,000; 0 for none.
    method : {"umap", "tsne", "pca"}, optional
        How the map is made; by default the best that is installed.

    Attributes
    ----------
    url : str
        Where the page is.

    Raises
    ------
    OSError
        If the port is taken.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> from fastw2v import KeyedVectors
    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
    >>> with Explorer(kv) as explorer:
    ...     urlopen(explorer.url + "api/info").read()
    b'{"words": 3, "size": 2, "points": 3, "counts": false}'
    """

    def __init__(
        self, vectors: KeyedVectors, port: int = 0, *, n_points: int = 5_000, method: str | None = None
    ) -> None:
        self._server = _Server((ADDRESS, port), _Handler)  # first: a port that is taken costs no map
        try:
            points = layout(vectors, min(n_points, MOST_POINTS), method)
            self._server.answers = Answers(vectors, points)
        except BaseException:
            self._server.server_close()
            raise
        self.url = f"http://{ADDRESS}:{self._server.server_port}/"
        self._thread: threading.Thread | None = None

    def serve(self) -> None:
        """Answer until :meth:`close` is called in another thread, or Ctrl-C."""
        self._server.serve_forever(poll_interval=0.2)

    def start(self) -> None:
        """Answer in a thread of its own."""
        self._thread = threading.Thread(target=self.serve, name="fastw2v explorer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Explorer:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = 32
    answers: Answers


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "fastw2v"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Give a part of the page, or an answer."""
        if refusal := self._refusal():
            self._send(HTTPStatus.FORBIDDEN, {"error": refusal})
            return
        parts = urlsplit(self.path)
        if page := PAGES.get(parts.path):
            self._send(HTTPStatus.OK, files("fastw2v.explore").joinpath(page[0]).read_bytes(), page[1])
            return
        question = QUESTIONS.get(parts.path)
        if question is None:
            self._send(HTTPStatus.NOT_FOUND, {"error": f"there is no {parts.path[:100]}"})
            return
        try:
            given = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            self._send(HTTPStatus.OK, question(self.server.answers, given))
        except LookupError as error:
            self._send(HTTPStatus.NOT_FOUND, {"error": str(error.args[0] if error.args else error)})
        except ValueError as error:
            self._send(HTTPStatus.BAD_REQUEST, {"error": str(error)})

    def _refusal(self) -> str:
        """Return why a request is not answered, or nothing."""
        port = self.server.server_port
        names = {f"{name}:{port}" for name in (ADDRESS, "localhost")}
        host = self.headers.get("Host", "")
        if host not in names:
            return f"this explorer is {ADDRESS}:{port}, not {host[:100]}"
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{name}" for name in names}:
            return "another page must not ask this explorer"
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return "another page must not ask this explorer"
        return ""

    def _send(self, status: HTTPStatus, content: Any, kind: str = "application/json") -> None:
        body = content if isinstance(content, bytes) else json.dumps(content, allow_nan=False).encode("ascii")
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        """Answer a browser, which may go away at any time."""
        try:
            super().handle()
        except (TimeoutError, ConnectionError):
            logger.debug("the browser went away")

    def log_message(self, format: str, *args: Any) -> None:
        """Log at the level of details, instead of printing."""
        logger.debug(format, *args)


Question = Callable[[Answers, dict[str, str]], Any]


def _whole(given: dict[str, str], name: str, default: int | None = None) -> int:
    text = given.get(name, "" if default is None else str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise ValueError(f"{name}={text[:40]!r}: must be a number")
    return int(text)


def _rows(given: dict[str, str]) -> list[int]:
    return [_whole({"rows": part}, "rows") for part in given.get("rows", "").split(",") if part]


QUESTIONS: dict[str, Question] = {
    "/api/info": lambda answers, given: answers.info(),
    "/api/complete": lambda answers, given: answers.complete(given.get("text", "")),
    "/api/find": lambda answers, given: answers.find(given.get("text", "")),
    "/api/similar": lambda answers, given: answers.similar(_whole(given, "row"), _whole(given, "n", 15)),
    "/api/analogy": lambda answers, given: answers.analogy(
        _whole(given, "a"), _whole(given, "b"), _whole(given, "c"), _whole(given, "n", 10)
    ),
    "/api/compare": lambda answers, given: answers.compare(_rows(given)),
    "/api/map": lambda answers, given: answers.map(),
}
