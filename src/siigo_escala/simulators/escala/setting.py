"""What every part of an account shares: clock, ids, switches, users and custom fields."""

from dataclasses import dataclass, field

from siigo_escala.simulators import clock as clocks
from siigo_escala.simulators.escala.ids import Ids
from siigo_escala.simulators.escala.switches import Switches


@dataclass(slots=True, kw_only=True)
class Setting:
    """The ground an account stands on."""

    clock: clocks.Clock
    ids: Ids
    switches: Switches
    owners: dict[str, str] = field(default_factory=dict)
    """Users' e-mails, by the case-folded e-mail."""
    custom_fields: dict[str, str] = field(default_factory=dict)
    """Key of a custom field -> its validation pattern, empty where it has none."""
