"""Which decisions a person may take on an invoice, by why it waits: the buttons of Pendientes and of its
page.

What they do is `sync.resolve`, the same as `siigo-escala resolve`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from siigo_escala.domain.reasons import Code
from siigo_escala.store.models import Invoice
from siigo_escala.sync import resolving
from siigo_escala.sync.report import code_of
from siigo_escala.web.states import is_stuck
from siigo_escala.web.templatetags.words import counted

Kind = Literal["retry", "done", "create", "ignore", "again", "choose-contact", "choose-deal"]
"""`again`: of an opportunity alone; the last two: of an invoice alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button. `done`: what is said of one and of several afterwards; `what_happens`: what its page of
    confirmation says.
    """

    kind: Kind
    word: str
    done: tuple[str, str] = ("", "")
    what_happens: str = ""

    @property
    def asks(self) -> bool:
        """Whether a page asks first: something is made or left out, or cannot be taken back."""
        return self.kind not in ("retry", "done") or bool(self.what_happens)

    @property
    def verb(self) -> str:
        """The button's word inside of a sentence."""
        return self.word.rstrip("…").lower()

    def told(self, count: int, nouns: str) -> str:
        """What was done with so many."""
        one, many = self.done
        return (one if count == 1 else many).format(n=counted(count, nouns))


RETRY = Choice(
    kind="retry",
    word="Reintentar",
    done=("{n} se lee y se intenta de nuevo enseguida.", "{n} se leen y se intentan de nuevo enseguida."),
)
IGNORE = Choice(
    kind="ignore",
    word="Excluir…",
    done=("{n} queda excluida.", "{n} quedan excluidas."),
    what_happens="No se crearán sus oportunidades, ni ahora ni después. En Siigo no cambia nada. "
    "Puede deshacerlo en Facturas, estado «Excluida».",
)
DONE = Choice(
    kind="done", word="Ya lo resolví", done=("{n} queda como resuelta.", "{n} quedan como resueltas.")
)
CREATE = Choice(
    kind="create",
    word="Crear otra",
    done=("{n} se crea en la próxima sincronización.", "{n} se crean en la próxima sincronización."),
    what_happens="Se creará una oportunidad nueva en Escala, aunque haya otra parecida.",
)
AGAIN = Choice(
    kind="create",
    word="Crear de nuevo",
    done=(
        "{n} se crea de nuevo en la próxima sincronización.",
        "{n} se crean de nuevo en la próxima sincronización.",
    ),
    what_happens="Se creará de nuevo la oportunidad en Escala.",
)
INCLUDE = Choice(kind="create", word="Incluir", done=CREATE.done)
CONTACT = Choice(kind="choose-contact", word="Elegir contacto")
DEAL = Choice(kind="choose-deal", word="Elegir oportunidad")
TWIN = Choice(kind="choose-deal", word="Son la misma")

_BY_CODE: Mapping[Code, tuple[Choice, ...]] = {
    Code.CONTACT_AMBIGUOUS: (CONTACT, IGNORE),
    Code.CONTACT_REFUSED: (CONTACT, RETRY, IGNORE),
    Code.DEAL_FOUND_TWICE: (DEAL, IGNORE),
    Code.DEAL_NAME_TAKEN: (TWIN, CREATE, IGNORE),
    Code.POSSIBLE_TWIN: (TWIN, CREATE, IGNORE),
    Code.INVOICE_NAME_TWICE: (CREATE, IGNORE),
    Code.INVOICE_ANNULLED_LATER: (DONE,),
    Code.INVOICE_DELETED: (DONE,),
    Code.INVOICE_CREDITED: (DONE,),
    Code.INVOICE_CREDITED_PARTLY: (DONE,),
    Code.INVOICE_EDITED: (DONE,),
    Code.UPDATE_NOT_POSSIBLE: (DONE, RETRY),
    Code.DEAL_DELETED: (AGAIN,),
    Code.IGNORED_BY_PERSON: (INCLUDE,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting that mends a whole reason at once. `name`: of its address; `section`: its place there; `of`:
    the opportunity whose page it is.
    """

    name: str
    word: str
    section: str = ""
    of: str = ""


_STAGE = Setting(name="rules", word="Elegir etapa", section="oportunidades")
_WHEN_IT_CHANGES = Setting(name="rules", word="Cambiar la regla", section="cambios")
_WHAT_ENTERS = Setting(name="rules", word="Ver la regla", section="entran")
SETTINGS: Mapping[str, Setting] = {
    Code.STAGE_GONE: _STAGE,
    Code.PIPELINE_GONE: _STAGE,
    Code.FIELD_GONE: Setting(name="rules", word="Elegir otro campo", section="clientes"),
    Code.OWNER_REFUSED: Setting(name="sellers", word="Cambiar el enlace"),
    Code.INVOICE_ANNULLED_LATER: _WHEN_IT_CHANGES,
    Code.INVOICE_CREDITED_PARTLY: _WHEN_IT_CHANGES,
    Code.OTHER_WRITER_SEEN: Setting(name="other_writer", word="Ya la apagué"),
    Code.POSSIBLE_TWIN: Setting(name="arrival", word="Responder varias"),
    Code.WALK_IN_BUYER: _WHAT_ENTERS,
    Code.DOCUMENT_TYPE_LEFT_OUT: _WHAT_ENTERS,
    Code.BEFORE_START: _WHAT_ENTERS,
    Code.NOT_ACCEPTED_YET: _WHAT_ENTERS,
    Code.SELLER_UNLINKED: Setting(name="sellers", word="Enlazar al vendedor"),
}


def choices_of(code: str, *, living: bool = False) -> tuple[Choice, ...]:
    """The buttons of a reason, the main one first. `living`: there is an opportunity, so none can be left
    out.
    """
    found = _BY_CODE.get(Code(code), (RETRY, IGNORE)) if code in set(Code) else (RETRY,)
    return tuple(
        choice for choice in found if not living or choice.kind in ("retry", "done", "choose-contact")
    )


def choices_for(invoice: Invoice) -> tuple[Choice, ...]:
    """The buttons of one invoice; none where nothing is to be decided."""
    code = code_of(invoice) or ""
    if is_stuck(invoice):
        found = choices_of(code, living=resolving.has_deal(invoice))
        # An opportunity that is another invoice's already cannot be this one's, too.
        return tuple(choice for choice in found if choice is not TWIN or not invoice.data.get("of"))
    if code in (Code.IGNORED_BY_PERSON, Code.DEAL_DELETED):
        return choices_of(code)
    return ()
