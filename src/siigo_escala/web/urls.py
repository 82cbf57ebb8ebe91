"""Which address gives what. Every view declares who may see it (access.py)."""

from __future__ import annotations

from django.urls import include, path

from siigo_escala.web.views import (
    account,
    companies,
    connecting,
    deciding,
    exporting,
    first_start,
    health,
    help,  # noqa: A004 - the screen is called so
    home,
    invoice,
    invoices,
    metrics,
    pending,
    previewing,
    reconciliation,
    runs,
    signing_in,
    syncing,
)

app_name = "web"
_OF_A_COMPANY = [
    path("", home.home, name="home"),
    path("pendientes/", pending.pending, name="pending"),
    path("pendientes/decidir/", deciding.decide, name="decide"),
    path("pendientes/<str:code>/", pending.reason, name="pending_reason"),
    path("facturas/", invoices.invoices, name="invoices"),
    path("facturas/exportar/<str:kind>/", exporting.invoices, name="invoices_export"),
    path("facturas/numero/<str:number>/", invoices.by_number, name="invoice_by_number"),
    path("facturas/<str:siigo_id>/", invoice.invoice, name="invoice"),
    path("facturas/<str:siigo_id>/contacto/", deciding.contact, name="contact"),
    path("facturas/<str:siigo_id>/oportunidad/", deciding.deal, name="deal"),
    path("facturas/<str:siigo_id>/sincronizar/", invoice.sync_one, name="invoice_sync"),
    path("conciliacion/", reconciliation.reconcile, name="reconciliation"),
    path("historial/", runs.history, name="runs"),
    path("historial/retirar/", runs.withdraw, name="runs_withdraw"),
    path("historial/<int:number>/", runs.run, name="run"),
    path("historial/<int:number>/detener/", runs.stop, name="run_stop"),
    path("sincronizar/", syncing.sync, name="sync"),
    path("sincronizar/vista-previa/", previewing.demand, name="sync_preview"),
    path("sincronizar/pausar/", syncing.pause, name="pause"),
    path("sincronizar/reanudar/", syncing.resume, name="resume"),
    path("conectar/", connecting.resume, name="connect"),
    path("conectar/siigo/", connecting.siigo, name="connect_siigo"),
    path("conectar/escala/", connecting.escala, name="connect_escala"),
    path("conectar/oportunidades/", connecting.opportunities, name="connect_opportunities"),
    path("conectar/oportunidades/buscar/", connecting.look_again, name="connect_look"),
    path("conectar/vendedores/", connecting.sellers, name="connect_sellers"),
    path("conectar/vista-previa/", previewing.assistant, name="connect_preview"),
]
urlpatterns = [
    path("", companies.root, name="root"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("primer-arranque/", first_start.begin, name="first_start"),
    path("entrar/", signing_in.sign_in, name="sign_in"),
    path("entrar/codigo/", signing_in.sign_in_code, name="sign_in_code"),
    path("clave/<int:number>/<str:token>/", signing_in.new_password, name="new_password"),
    path("salir/", signing_in.sign_out, name="sign_out"),
    path("mi-cuenta/", account.account, name="account"),
    path("mi-cuenta/clave/", account.password, name="account_password"),
    path("mi-cuenta/apariencia/", account.theme, name="account_theme"),
    path("mi-cuenta/doble-factor/", account.second_factor_on, name="account_second_factor"),
    path("mi-cuenta/doble-factor/quitar/", account.second_factor_off, name="account_second_factor_off"),
    path("ayuda/", help.index, name="help"),
    path("ayuda/<str:code>/", help.reason, name="reason"),
    path("empresas/", companies.companies, name="companies"),
    path("empresas/nueva/", connecting.new, name="connect_new"),
    path("empresas/<str:empresa>/", include(_OF_A_COMPANY)),
]
