"""A running Siigo simulator and a signed-in HTTP client for it."""

from collections.abc import Iterator

import httpx2
import pytest

from siigo_escala.simulators import serving
from siigo_escala.simulators.siigo.simulator import SiigoSimulator

CREDENTIALS = {"username": "api@empresa.example", "access_key": "clave-de-ejemplo"}


@pytest.fixture
def siigo() -> SiigoSimulator:
    return SiigoSimulator()


@pytest.fixture
def anonymous(siigo: SiigoSimulator) -> Iterator[httpx2.Client]:
    server = serving.start(siigo)
    with httpx2.Client(base_url=server.url, trust_env=False) as client:
        yield client
    server.stop()


@pytest.fixture
def client(anonymous: httpx2.Client) -> httpx2.Client:
    token = anonymous.post("/auth", json=CREDENTIALS).json()["access_token"]
    anonymous.headers.update({"Authorization": f"Bearer {token}", "Partner-Id": "SiigoEscala"})
    return anonymous
