"""What machines ask: `/healthz` for screens and load balancers, `/metrics` for Prometheus (administrator or this machine only; contract.md, Pages)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from nicegui import Client
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core.foundation import clock, database
from core.mechanisms import audit
from core.mechanisms.devices import Device, DeviceContact
from core.mechanisms.operations import OperationRow, Role
from core.web import guards, sessions


def health(version: str) -> dict[str, Any]:
    """`{"status":"ok","version":…,"database":…}`; status is `database` when it does not answer."""
    try:
        well = database.ping()
    except SQLAlchemyError:
        well = False
    return {"status": "ok" if well else "database", "version": version, "database": database.dialect()}


def router(version: str) -> APIRouter:
    """`/healthz` and `/metrics`."""
    routes = APIRouter(include_in_schema=False)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    operations = Gauge("foyer_operations", "Operations judged, by outcome", ["status"], registry=registry)
    pages = Gauge("foyer_pages", "Browser pages connected", registry=registry)
    queued = Gauge("foyer_writes_waiting", "Writes waiting for a writer", registry=registry)
    unsealed = Gauge("foyer_audit_unsealed", "Audit rows not chained yet", registry=registry)
    heard = Gauge("foyer_device_last_seen_seconds", "Seconds since a device was heard", ["device", "role"], registry=registry)

    @routes.get("/healthz")
    def healthz() -> Response:
        found = health(version)
        body = '{{"status":"{status}","version":"{version}","database":"{database}"}}'.format(**found)
        return Response(body, 200 if found["status"] == "ok" else 503, {"Cache-Control": "no-store"}, "application/json")

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        if not guards.is_here(request):
            actor = sessions.actor_of(request, clock.now())
            if actor is None or not actor.has(Role.ADMIN):
                return Response("administrators only\n", 403, media_type="text/plain")
        with database.reading() as s:
            for status, number in s.execute(select(OperationRow.status, func.count()).group_by(OperationRow.status)):
                operations.labels(status).set(number)
            unsealed.set(audit.verify_tail(s))
            heard.clear()
            at = clock.now()
            joined = select(Device.name, Device.role, DeviceContact.last_seen_at).join(DeviceContact, DeviceContact.device_id == Device.id)
            for name, role, last in s.execute(joined):
                heard.labels(name, role).set((at - last).total_seconds())
        pages.set(sum(1 for client in Client.instances.values() if client.has_socket_connection))
        queued.set(database.writer().waiting())
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
