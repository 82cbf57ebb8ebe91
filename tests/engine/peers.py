"""Who is told: a mail server and a webhook of this machine, each keeping what it was sent."""

from __future__ import annotations

import base64
import email
import email.policy
import http.server
import json
import queue
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


@dataclass(slots=True)
class Webhook:
    """Keeps what is posted; answers with `status`, and not at all to paths that begin with /never."""

    status: int = 200
    got: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    port: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)

    def url(self, path: str = "", *, scheme: str = "json") -> str:
        """The address, as apprise writes it."""
        return f"{scheme}://127.0.0.1:{self.port}/{path}"

    def titles(self) -> list[str]:
        """Titles of everything that came since the last look."""
        return [message["title"] for message in self.messages()]

    def messages(self) -> list[dict[str, Any]]:
        """Everything that came since the last look."""
        found = []
        while not self.got.empty():
            found.append(self.got.get_nowait())
        return found


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A web server that is told things."""
    kept = Webhook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self, message: dict[str, Any]) -> None:
            kept.headers.append({key.lower(): value for key, value in self.headers.items()})
            kept.got.put(message | {"path": self.path})
            self.send_response(kept.status)
            if kept.status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{kept.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self._answer({"title": "GET"})

        def log_message(self, *_args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@dataclass(slots=True)
class MailServer:
    """Keeps what is mailed: (user, password) that signed in, sender, recipients, the message."""

    port: int = 0
    refuse: str = ""
    """A command it refuses: "AUTH", "RCPT" or "DATA"."""
    got: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """An SMTP server without encryption."""
    kept = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self._say("220 test ESMTP")
            sender, recipients = "", []
            while line := self.rfile.readline().decode().strip():
                word = line.split()[0].upper()
                if word == kept.refuse:
                    self._say("535 5.7.8 no" if word == "AUTH" else "550 5.1.1 no")
                elif word == "EHLO":
                    self._say("250-test")
                    self._say("250 AUTH PLAIN")
                elif word == "AUTH":
                    _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                    kept.signed_in.append((user, password))
                    self._say("235 ok")
                elif word == "MAIL":
                    sender = line[line.index("<") + 1 : line.index(">")]
                    self._say("250 ok")
                elif word == "RCPT":
                    recipients.append(line[line.index("<") + 1 : line.index(">")])
                    self._say("250 ok")
                elif word == "DATA":
                    self._say("354 go on")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += self.rfile.readline()
                    message = email.message_from_bytes(text[:-5], policy=email.policy.default)
                    assert isinstance(message, EmailMessage)
                    kept.got.append((sender, recipients, message))
                    recipients = []
                    self._say("250 ok")
                elif word == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
