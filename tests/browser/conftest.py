"""A real browser before the demonstration: signed in, watched for what its console and its policy say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import demonstration, tools
from tests.browser.demonstration import Demonstration

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => {
  window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """A demonstration that all tests of this process share."""
    with demonstration.started(tmp_path_factory.mktemp("demo"), invoices=150) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. While it lives an event loop runs here, and Django's database refuses: it
    ends before other tests begin.
    """
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=tools.chromium(), args=["--no-sandbox"])
        yield made
        made.close()


@dataclass(slots=True)
class Watched:
    """A page, and everything that was wrong in it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """What the content security policy refused on the page as it is now."""
        found: list[str] = self.page.evaluate("window.violations")
        return found


@pytest.fixture(scope="module")
def signed_in(demo: Demonstration, browser: Browser) -> object:
    """The cookies of the demonstration's person."""
    context = browser.new_context(base_url=demo.address)
    page = context.new_page()
    page.goto("/entrar/")
    page.get_by_label("Correo").fill(demo.person)
    page.get_by_label("Clave", exact=True).fill(demo.password)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/empresas/demo/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def opened(demo: Demonstration, browser: Browser, signed_in: object) -> Iterator[Callable[..., Watched]]:
    """Opens a page of the demonstration, by default as its person, in a window of 1280 pixels."""
    contexts: list[BrowserContext] = []

    def opens(
        path: str, *, width: int = 1280, dark: bool = False, script: bool = True, anonymous: bool = False
    ) -> Watched:
        context = browser.new_context(
            base_url=demo.address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            storage_state=None if anonymous else signed_in,  # type: ignore[arg-type]  # what it gave us itself
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_init_script(WATCH)
        watched = Watched(context.new_page())
        host = urlsplit(demo.address).netloc

        def asked(address: str) -> None:
            if address.startswith("http") and urlsplit(address).netloc != host:
                watched.wrong.append(f"a request to {address}")

        watched.page.on("request", lambda request: asked(request.url))
        watched.page.on("pageerror", lambda error: watched.wrong.append(f"error: {error}"))
        watched.page.on(
            "console",
            lambda said: watched.wrong.append(f"console: {said.text}") if said.type == "error" else None,
        )
        watched.page.goto(path)
        return watched

    yield opens
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go: TEST_PICTURES names the folder. They are no part of the project."""
    named = os.environ.get("TEST_PICTURES")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
