"""Every address in every state that it is seldom in: empty, failed, read-only, refused, texts without end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import tools
from tests.browser.conftest import WATCH
from tests.conftest import TEST_KEY
from tests.web.test_access import ROUTES, SAMPLES

pytestmark = [pytest.mark.full, pytest.mark.slow, pytest.mark.timeout(900)]
_FILES = ("exportar", "metrics", "healthz", "readyz", "salir")
WIDTHS = (1280, 390, 320)
_FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where it is served, and the session of each kind of person."""

    address: str
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The web application over an installation of odd states; nobody answers at either system."""
    home = tmp_path_factory.mktemp("stage") / "home"
    home.mkdir(mode=0o700)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SIIGO_ESCALA_")} | {
        "SIIGO_ESCALA_HOME": str(home),
        "SIIGO_ESCALA_SECRET_KEY": TEST_KEY,
        "SIIGO_ESCALA_SIIGO_URL": "http://127.0.0.1:9",
        "SIIGO_ESCALA_ESCALA_URL": "http://127.0.0.1:9",
        "SIIGO_ESCALA_PATIENCE_SECONDS": "1",
        "SIIGO_ESCALA_BIND": "127.0.0.1:0",
    }
    told = subprocess.run(
        [sys.executable, "-m", "tests.browser.stage"],
        env=environ,
        cwd=tools.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "siigo_escala", "web"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://[\w.:]+", line)
        assert found, line
        yield Stage(address=found[0], cookies=json.loads(told.stdout))
    finally:
        process.terminate()
        process.wait(40)
        process.stdout.close()


def _addresses(company: str) -> Iterator[str]:
    for route, _ in ROUTES:
        if any(word in route for word in _FILES) or ("<str:empresa>" not in route and company != "acme"):
            continue
        known = {**SAMPLES, "empresa": company, "siigo_id": f"{company}-1", "number": "1"}
        parts = (
            known[part.strip("<>").rpartition(":")[2]] if part.startswith("<") else part
            for part in route.split("/")
        )
        yield "/" + "/".join(parts)


@pytest.mark.parametrize(
    ("who", "company"),
    [
        ("INST", "acme"),
        ("CONS", "acme"),
        ("INST", "vacia"),
        ("INST", "paso-1"),
        ("INST", "paso-2"),
        ("INST", "paso-3"),
    ],
)
def test_every_state_fits_and_is_accessible(stage: Stage, browser: Browser, who: str, company: str) -> None:
    context = browser.new_context(base_url=stage.address, reduced_motion="reduce")
    context.add_cookies([{"name": "siigo_escala", "value": stage.cookies[who], "url": stage.address}])
    context.add_init_script(WATCH)
    page, wrong, seen = context.new_page(), list[str](), set[str]()
    try:
        for address in _addresses(company):
            answer = context.request.get(address)
            # What only takes forms has no page; where an address led to another, that one is looked at once.
            if answer.status == 405 or answer.url in seen:
                continue
            seen.add(answer.url)
            page.goto(answer.url)
            wrong += [f"{address}: {one}" for one in _off(page)]
            wrong += [f"{address}, sent empty: {one}" for one in _refused(page)]
    finally:
        context.close()
    assert not wrong, "\n".join(wrong)
    assert seen


def _off(page: Page) -> Iterator[str]:
    """What is wrong with a page in both themes and at every width."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": 1280, "height": 900})
        yield from (f"{scheme}: {one}" for one in tools.violations(page))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if not _fits(page):
            yield f"wider than {width}"
    yield from page.evaluate("window.violations")


def _fits(page: Page) -> bool:
    """A chart takes its new width some frames later; asked from here, since the policy refuses a function."""
    for _ in range(30):
        if page.evaluate(_FITS):
            return True
        page.wait_for_timeout(100)
    return False


def _refused(page: Page) -> Iterator[str]:
    """The same of the page that comes back where its forms are sent without anything in them."""
    here = page.url
    for number in range(page.locator("main form[method=post]:has(input:not([type=hidden]))").count()):
        form = page.locator("main form[method=post]:has(input:not([type=hidden]))").nth(number)
        for text in form.locator("input[type=text], input[type=email], input[type=password], textarea").all():
            if text.is_visible() and text.is_editable():
                text.fill("")
        button = form.locator("button:enabled").first
        if not button.count() or not button.is_visible():
            continue
        button.click()
        page.wait_for_load_state()
        if page.locator("main .wrong").count():
            yield from _off(page)
        if urlsplit(page.url).path != urlsplit(here).path or page.locator("main .wrong").count():
            page.goto(here)
