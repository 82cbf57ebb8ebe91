"""The one who looks after the program: answers what it asks, changes rules, keeps copies and uses them."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.db import connections

from siigo_escala.domain.decisions import Kind, Wish
from siigo_escala.domain.reasons import Code
from siigo_escala.store import backup, models, restoring
from siigo_escala.sync import access, opening, other_writer, resolve
from siigo_escala.sync.account import Calls
from siigo_escala.sync.session import Listener
from tests.resilience.chaos.people import Staff
from tests.resilience.chaos.story import Event

DOES = ("answer", "rules")
_SYSTEM_KEYS = {"siigo": "clave-de-ejemplo", "escala": "llave-de-ejemplo"}
_OTHER_KEY = "otra-clave"


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Works with the program's commands and its files. `database`: SQLite's file; None on a server."""

    staff: Staff
    folder: Path
    key: str
    database: Path | None
    rules: str = ""
    _copies: int = 0
    _brought: int = 0

    def act(self, event: Event) -> None:
        """What is done overnight, in both worlds."""
        if event.do == "rules":
            self.connect(event.text)
        else:
            self._answer(event)

    def before(self, what: str) -> None:
        """What is done before a run, and must change nothing of where all comes to."""
        match what:
            case "enable":
                self.enable()
            case "connect":
                self.connect(self.rules)
            case "backup":
                self.back_up()
            case "copy":
                self._copy()
            case "restore" | "restore without credentials":
                self._restore(with_credentials=what == "restore")
            case "bring back":
                self._bring_back()

    def connect(self, rules: str) -> None:
        """`connect` with these rules."""
        self.rules = rules
        self.staff.world.connect(rules)

    def enable(self) -> None:
        """`enable`: a probe, then every pause is lifted."""
        world = self.staff.world
        opened = opening.open_connection(world.environment, "acme")
        connection = opened.connection
        access.begin_anew(connection)
        models.SiigoCompany.objects.update(token_sealed="", token_expires=None)
        pair = opening.client_pair(opened, connection, calls=Calls(), listener=Listener(), now=world.now)
        try:
            pair.siigo.users()
            pair.escala.pipelines()
        finally:
            pair.close()
        access.resume(connection)
        other_writer.accept(connection, now=world.now())

    def back_up(self) -> None:
        """`backup`, also while a run goes on."""
        self._copies += 1
        backup.make(self._archive(), keys=[self.key], overwrite=False, now=self.staff.world.now())

    def refuse(self, system: str) -> None:
        """Who may call is changed in Siigo or in Escala, and nobody has told the program."""
        world = self.staff.world
        match system:
            case "siigo":
                world.siigo.change_access_key(_OTHER_KEY)
            case "blocked":
                world.siigo.block_user()
            case "escala":
                world.escala.rotate_key(_OTHER_KEY)

    def admit(self, system: str) -> None:
        """It is as it was."""
        world = self.staff.world
        match system:
            case "siigo":
                world.siigo.change_access_key(_SYSTEM_KEYS["siigo"])
            case "blocked":
                world.siigo.block_user(False)
            case "escala":
                world.escala.rotate_key(_SYSTEM_KEYS["escala"], old_key=_OTHER_KEY)

    def _answer(self, event: Event) -> None:
        """`resolve` on an invoice that is held, where it still is."""
        identity, name = self.staff.invoices[event.invoice]
        row = models.Invoice.objects.filter(siigo_id=identity).first()
        twin = self.staff.twins.get(event.invoice, "")
        if row is None or row.code != Code.POSSIBLE_TWIN or twin not in row.data.get("candidates", []):
            return
        wish = Wish(
            kind=cast("Kind", event.text),
            invoice=name,
            siigo_id=identity,
            target=twin if event.text == "deal" else "",
        )
        resolve.store(models.Connection.objects.get(), [wish], now=self.staff.world.now())

    def _restore(self, *, with_credentials: bool) -> None:
        if not self._copies:
            return
        restoring.restore(
            self._archive(),
            keys=[self.key],
            home=self.folder,
            replace=True,
            with_credentials=with_credentials,
            now=self.staff.world.now(),
        )
        if not with_credentials:
            self.connect(self.rules)

    def _archive(self) -> Path:
        return self.folder / f"copia-{self._copies}.zip"

    def _copy(self) -> None:
        """The machine is copied while nothing runs."""
        if self.database is None:
            self.back_up()
            return
        self._brought += 1
        source, target = sqlite3.connect(self.database), sqlite3.connect(self._machine())
        with target:
            source.backup(target)
        source.close()
        target.close()

    def _bring_back(self) -> None:
        """The copy stands where the machine stood."""
        if self.database is None:
            self._restore(with_credentials=True)
            return
        if not self._machine().exists():
            return
        connections.close_all()
        part = self.database.with_suffix(".part")
        shutil.copyfile(self._machine(), part)
        for suffix in ("-wal", "-shm"):
            Path(f"{self.database}{suffix}").unlink(missing_ok=True)
        part.replace(self.database)

    def _machine(self) -> Path:
        return self.folder / f"maquina-{self._brought}.db"
