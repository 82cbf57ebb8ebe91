"""«El simulador»: whoever tries the demonstration is Siigo's user, Escala's team and the weather."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from siigo_escala.cli import demo_business
from siigo_escala.cli.demo_site import happenings
from siigo_escala.store.models import Connection
from siigo_escala.web import access, directions

if TYPE_CHECKING:
    from siigo_escala.cli.demo_business import Stage
    from siigo_escala.web.access import Visit

_on: list[Stage] = []


def use(stage: Stage) -> None:
    """From now on the page shows and changes these simulators."""
    _on[:] = [stage]


@access.installer
@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: Visit) -> HttpResponse:
    """What stands in both systems, with the buttons that make things happen in them."""
    stage = _on[0]
    if request.method == "POST":
        try:
            messages.success(request, happenings.do(stage, request.POST.dict()))
        except happenings.Refused as problem:
            messages.error(request, str(problem))
        return redirect("demo:panel")
    with stage.siigo.lock:
        customers, products = happenings.customers(stage), happenings.products(stage)
    back = directions.is_back(Connection.objects.get(name=demo_business.NAME))
    with stage.escala.lock:
        contacts, wares = happenings.contacts(stage), happenings.wares(stage)
    context = {
        "demo_company": demo_business.NAME,
        "back": back,
        "contacts": contacts,
        "wares": wares,
        "won": happenings.WON,
        "customers": customers,
        "products": products,
        "invoices": happenings.invoices(stage),
        "deals": happenings.deals(stage),
        "to_invoice": [(key, word) for key, (word, _) in happenings.TO_INVOICE.items()],
        "to_deal": [
            (key, word)
            for key, (word, _) in happenings.TO_DEAL.items()
            if back or key not in happenings.OF_BACK
        ],
        "networks": [(key, one.word) for key, one in happenings.NETWORKS.items()],
        "network": stage.network,
        "network_word": happenings.NETWORKS[stage.network].word,
    }
    return render(request, "demo/simulator.html", context)
