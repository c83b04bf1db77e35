"""Foyer: the composition root and the table of contents. The only place that registers anything.

`main.py serve` (default) · `demo` · `migrate` · `backup FILE` · `restore FILE` · `import KIND FILE` · `labels …` · `audit verify` · `user add` · `device pair`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import getpass
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import uvicorn
from fastapi import APIRouter
from nicegui import app, ui
from nicegui.server import Server as NiceguiServer

import core.sections.visits.offline as visits_offline
from assets_labels import invitations, printing, printouts, stocktake_report
from assets_labels.errors import DrawingError
from assets_labels.papers import TEMPLATES
from core.foundation import backup, clock, database, heavy, jobs, live, migrations, settings, tls, vault
from core.foundation.errors import Invalid, Refused, SetupError
from core.foundation.i18n import as_mapping, t
from core.foundation.settings import Settings
from core.mechanisms import (
    approval_rules,
    approvals,
    attachments,
    audit,
    channels,
    checklists,
    devices,
    drafts,
    duties,
    forgets,
    holds,
    imports,
    kiosks,
    label_jobs,
    label_papers,
    labels,
    links,
    notices,
    numbering,
    office,
    operations,
    people,
    person_channels,
    phones,
    places,
    preferences,
    printers,
    shapes,
    views,
    workdays,
)
from core.mechanisms.tables import TableError
from core.sections import (
    assets,
    bookings,
    deliveries,
    inspections,
    liaison,
    reception,
    rollcall,
    roomcare,
    rooms,
    stocktakes,
    suppliers,
    supplies,
    visits,
)
from core.sections.assets import hiding, lives
from core.sections.bookings import calendars, series
from core.sections.stocktakes import telling as stocktake_telling
from core.sections.visits import blocklist, happenings, holding, identity, keeping, own_data, purging, retention, reveals, series_mail
from core.web import build as builds
from core.web import connect, health, sessions, trust
from kiosk import door, welcome
from kiosk.desk import approvals as desk_approvals
from kiosk.desk import assets as desk_assets
from kiosk.desk import blocklist as desk_blocklist
from kiosk.desk import booking_rules as desk_booking_rules
from kiosk.desk import bookings as desk_bookings
from kiosk.desk import calendar as desk_calendar
from kiosk.desk import calendars as desk_calendars
from kiosk.desk import chooser, find, first_run, me, pairing, signin, today
from kiosk.desk import conflicts as desk_conflicts
from kiosk.desk import connect as desk
from kiosk.desk import custody as desk_custody
from kiosk.desk import deliveries as desk_deliveries
from kiosk.desk import devices as desk_devices
from kiosk.desk import disposals as desk_disposals
from kiosk.desk import draw_floor as desk_draw_floor
from kiosk.desk import duties as desk_duties
from kiosk.desk import imports as desk_imports
from kiosk.desk import inspections as desk_inspections
from kiosk.desk import kiosk_face as desk_kiosk_face
from kiosk.desk import labels as desk_labels
from kiosk.desk import liaison as desk_liaison
from kiosk.desk import notices as desk_notices
from kiosk.desk import offline_entries as desk_offline_entries
from kiosk.desk import people as desk_people
from kiosk.desk import phones as desk_phones
from kiosk.desk import places as desk_places
from kiosk.desk import printers as desk_printers
from kiosk.desk import privacy as desk_privacy
from kiosk.desk import reception_plan as desk_reception_plan
from kiosk.desk import reception_versions as desk_reception_versions
from kiosk.desk import reception_year as desk_reception_year
from kiosk.desk import receptions as desk_receptions
from kiosk.desk import repairs as desk_repairs
from kiosk.desk import roll_call as desk_roll_call
from kiosk.desk import room_care as desk_room_care
from kiosk.desk import room_use as desk_room_use
from kiosk.desk import rooms as desk_rooms
from kiosk.desk import series as desk_series
from kiosk.desk import series_new as desk_series_new
from kiosk.desk import settings as desk_settings
from kiosk.desk import stocktakes as desk_stocktakes
from kiosk.desk import suppliers as desk_suppliers
from kiosk.desk import supplies as desk_supplies
from kiosk.desk import supply_plan as desk_supply_plan
from kiosk.desk import supply_plans as desk_supply_plans
from kiosk.desk import timeline as desk_timeline
from kiosk.desk import trail as desk_trail
from kiosk.desk import transfers as desk_transfers
from kiosk.desk import upkeep as desk_upkeep
from kiosk.desk import visit_set_up as desk_visit_set_up
from kiosk.desk import visits as desk_visits
from kiosk.door import live as door_live
from kiosk.welcome import drop_box
from mobile import answer, api, bundle, test_clock
from mobile import asset_cards as asset_cards_api
from mobile import attachments as attachments_api
from mobile import calendars as calendars_api
from mobile import deliveries as deliveries_api
from mobile import doors as doors_api
from mobile import imports as imports_api
from mobile import kiosks as kiosks_api
from mobile import liaison as liaison_api
from mobile import own_data as own_data_page
from mobile import papers as papers_api
from mobile import phones as phones_api
from mobile import receptions as receptions_api
from mobile import rollcalls as rollcalls_api
from mobile import rooms as rooms_api
from mobile import series as series_api
from mobile import sheets as sheets_api
from mobile import signed as signed_api
from mobile import visits as visits_api
from mobile.floor import serve as floor
from mobile.pages import approvals as my_approvals
from mobile.pages import asks, at_door, book, receipt, thing, verify, visitor, visitors
from mobile.pages import contacts as my_contacts
from mobile.pages import count as my_count
from mobile.pages import deliveries as my_deliveries
from mobile.pages import duties as my_duties
from mobile.pages import find as my_find
from mobile.pages import home as my_home
from mobile.pages import me as my_me
from mobile.pages import messages as my_messages
from mobile.pages import needs as my_needs
from mobile.pages import receptions as my_receptions
from mobile.pages import room_care as my_rooms
from mobile.pages import series as my_series
from mobile.pages import things as my_things
from mobile.swagger import pages as swagger

VERSION = "0.1.0"

# ── the table of contents ──

MECHANISMS: tuple[ModuleType, ...] = (
    people,
    office,
    devices,
    phones,
    places,
    shapes,
    labels,
    label_jobs,
    label_papers,
    audit,
    notices,
    links,
    person_channels,
    workdays,
    numbering,
    attachments,
    duties,
    checklists,
    approvals,
    approval_rules,
    imports,
    drafts,
    preferences,
    printers,
    kiosks,
)
SECTIONS: tuple[ModuleType, ...] = (
    rooms,
    bookings,
    series,
    calendars,
    roomcare,
    assets,
    suppliers,
    supplies,
    stocktakes,
    visits_offline,
    visits,
    blocklist,
    holding,
    identity,
    keeping,
    own_data,
    purging,
    retention,
    reveals,
    series_mail,
    deliveries,
    rollcall,
    liaison,
    inspections,
    reception,
)
DESK: tuple[ModuleType, ...] = (
    chooser,
    signin,
    first_run,
    pairing,
    today,
    desk_offline_entries,
    desk_kiosk_face,
    find,
    me,
    desk_people,
    desk_places,
    desk_devices,
    desk_printers,
    desk_phones,
    desk_notices,
    desk_settings,
    desk_assets,
    desk_imports,
    desk_visits,
    desk_visit_set_up,
    desk_roll_call,
    desk_liaison,
    desk_deliveries,
    desk_blocklist,
    desk_privacy,
    desk_supplies,
    desk_supply_plans,
    desk_supply_plan,
    desk_suppliers,
    desk_inspections,
    desk_duties,
    desk_stocktakes,
    desk_labels,
    desk_timeline,
    desk_draw_floor,
    desk_room_care,
    desk_room_use,
    desk_bookings,
    desk_conflicts,
    desk_booking_rules,
    desk_calendars,
    desk_series_new,
    desk_series,
    desk_rooms,
    desk_trail,
    desk_custody,
    desk_repairs,
    desk_transfers,
    desk_disposals,
    desk_upkeep,
    desk_approvals,
    desk_calendar,
    desk_receptions,
    desk_reception_year,  # before one plan: its address would be read as a plan's id
    desk_reception_plan,
    desk_reception_versions,
)
PAGES: tuple[ModuleType, ...] = (
    *DESK,
    door,
    book,
    my_find,
    asks,
    at_door,
    my_rooms,
    welcome,
    drop_box,
    visitors,
    visitor,
    my_home,
    my_deliveries,
    receipt,
    my_me,
    my_duties,
    my_messages,
    my_contacts,
    verify,
    my_count,
    my_needs,
    my_things,
    my_approvals,
    my_series,
    my_receptions,
    thing,
)  # modules with a `router` of pages
API_ROUTERS: tuple[APIRouter, ...] = (
    swagger.router,
    doors_api.router,
    kiosks_api.router,
    calendars_api.router,
    rooms_api.router,
    series_api.router,
    attachments_api.router,
    bundle.router,
    imports_api.router,
    asset_cards_api.router,
    visits_api.router,
    signed_api.router,
    rollcalls_api.router,
    liaison_api.router,
    receptions_api.router,
    deliveries_api.router,
    sheets_api.router,
    papers_api.router,
    phones_api.router,
)  # routes of the API beside operations, labels and collections


def include_core() -> None:
    """Operations, label describers, jobs and collections of every part."""
    parts = (*MECHANISMS, *SECTIONS)
    operations.include(*parts)
    labels.include(*parts)
    jobs.include(*parts, stocktake_report)
    views.include(*parts)
    attachments.include(*parts)
    approvals.include(*parts)
    people.include(*parts)
    supplies.include(*parts)
    duties.include(*parts)
    holds.include(*parts)
    forgets.include(*parts)
    imports.include(*parts)
    bookings.marks_from("roomcare", roomcare.door_marks)
    assets.followed_by("roomcare", roomcare.device_changed)
    lives.include(*parts, stocktake_telling)
    hiding.include(*parts)
    happenings.include(*parts)
    printers.include(printouts)
    links.include(*parts)


def open_office(config: Settings) -> None:
    """Connect the database, bring it up to date, know every part: what each command and the server need."""
    clock.set_zone(config.timezone)
    operations.use_secret(config.secret())
    vault.use_secret(config.secret())
    sessions.use_settings(config)
    channels.set_up_mail(config.smtp_url)
    calendars.set_up_inbox(config.imap_url)
    calendars.use_base_url(config.base_url)
    printouts.use_base_url(config.base_url)
    links.use_base_url(config.base_url)
    reception.use_base_url(config.base_url)
    for key in calendars.KEYS:
        notices.encloses(key, calendars.enclosures)
    for key in invitations.KEYS:
        notices.encloses(key, lambda facts: invitations.enclosures(facts, config.base_url))
    own_data.use_base_url(config.base_url)
    for key in (*invitations.KEYS, "visit.thanks"):
        notices.ends_with(key, own_data.mail_ending)
    for key in ("delivery.arrived", "delivery.arrived_from", "delivery.leave_given"):
        notices.encloses(key, printouts.pass_enclosures)
    notices.opens_at(config.base_url, my_home.OPENS)
    attachments.use_directory(config.data_dir / "attachments")
    purging.use_folder(config.data_dir)
    include_core()
    migrations.upgrade(database.connect(config.database_url))


# ── the server ──


def build(config: Settings) -> None:
    """Put everything on NiceGUI's app: guards and static files first, then the API, the phone app, the pages."""
    builds.use(VERSION, door.fingerprint(), welcome.fingerprint())
    connect.connect(app, config)
    app.include_router(health.router(VERSION))
    app.include_router(answer.router)
    app.include_router(own_data_page.router)
    if config.tls == "local-ca":
        app.include_router(trust.router(config))
    extra = [*API_ROUTERS, *([test_clock.router] if config.test_clock else [])]
    app.mount("/api", api.build(extra, views.collections().values()))
    floor.mount(app, floor.Floor(extra={"office.json": json.dumps({"sample": sessions.office().is_demo}).encode()}))
    desk.connect()
    door_live.connect(app)
    for module in PAGES:
        app.include_router(module.router)
    app.on_startup(lambda: _start(config))
    app.on_shutdown(_stop)


_background: set[asyncio.Task[None]] = set()


async def _start(config: Settings) -> None:
    live.start(asyncio.get_running_loop())
    jobs.set_started(clock.now())
    _keep(asyncio.create_task(jobs.run_forever(), name="foyer jobs"))
    if config.tls != "off":
        plain = trust.plain_app(config, lambda: health.health(VERSION))
        server = uvicorn.Server(uvicorn.Config(plain, host=config.host, port=config.http_port, log_level="warning", server_header=False))
        server.install_signal_handlers = lambda: None  # type: ignore[method-assign]  # the main server has them
        _keep(asyncio.create_task(server.serve(), name="foyer plain http"))
        _keep(asyncio.create_task(_renew_certificate(config), name="foyer certificate"))
    gc.collect()
    gc.freeze()  # what start made lives for ever; many open screens otherwise cost long collections
    gc.set_threshold(50_000, 20, 100)
    print(f"Foyer {VERSION} is ready: {config.base_url}", flush=True)


async def _renew_certificate(config: Settings) -> None:
    """Look once a day whether the certificate is to be renewed; new connections get the new one, open ones stay."""
    while True:
        await asyncio.sleep(24 * 3600)
        context = NiceguiServer.instance.config.ssl
        if context is not None:
            await asyncio.to_thread(tls.refresh, config, context, clock.now())


def _keep(task: asyncio.Task[None]) -> None:
    _background.add(task)
    task.add_done_callback(_background.discard)


async def _stop() -> None:
    for task in list(_background):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await asyncio.to_thread(jobs.finish)
    live.stop()
    bookings.stop_lights()
    heavy.stop()
    database.disconnect()


def serve(config: Settings) -> None:
    """Run the server until it is stopped."""
    settings.check_port(config)
    open_office(config)
    _check_test_clock(config)
    purging.after_restore(clock.now(), config.data_dir / purging.JOURNAL)  # a database put back by hand: nobody erased is served again
    if config.is_loopback:
        logging.getLogger("foyer").warning("FOYER_BASE_URL is %s: labels printed with it open on this machine only", config.base_url)
    build(config)
    certificate = tls.files(config, clock.now())
    secure: dict[str, Any] = {"ssl_certfile": str(certificate.certificate), "ssl_keyfile": str(certificate.key)} if certificate else {}
    ui.run(
        host=config.host, port=config.port, title="Foyer", reload=False, show=False, on_air=None, reconnect_timeout=30, tailwind=False, storage_secret=None,
        binding_refresh_interval=None, show_welcome_message=False, markdown=False, fastapi_docs=False, favicon=Path(__file__).parent / "core/web/static/mark.svg",
        uvicorn_logging_level="warning", server_header=False, proxy_headers=False, timeout_keep_alive=75, ws_per_message_deflate=False, **secure,
    )  # fmt: skip


def demo(config: Settings) -> None:
    """Make or continue the sample office (core/demo), say where everything is, and serve it."""
    from core import demo as sample  # its pictures and stories are of no use to a real office

    settings.check_port(config)
    open_office(config)
    sample.must_be_sample()
    if config.test_clock_start is not None:
        clock.move_to(config.test_clock_start)
    print("Telling what happened in the sample office until now; the first time takes about half a minute …", flush=True)
    report = sample.fill(clock.today(), clock.now())
    print(sample.directory(config.base_url, report), flush=True)
    serve(config)


def _check_test_clock(config: Settings) -> None:
    if not config.test_clock:
        return
    with database.reading() as s:
        found = office.info(s)
    if found is None or found.kind not in ("demo", "test"):
        raise SetupError("FOYER_TEST_CLOCK is set, but this database is a real office: its clock can not be moved.")
    if config.test_clock_start is not None:
        clock.move_to(config.test_clock_start)


# ── commands ──

DEMO = {"FOYER_DATA_DIR": "demo-data"}  # the sample office never lies in the real one's folder by itself


def run(arguments: list[str]) -> int:
    """What a person types; answers the exit status."""
    parser = argparse.ArgumentParser(prog="main.py", description="Foyer: the front desk and the floor of an office.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, action: Callable[[Settings, argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(action=action)
        return found

    command("serve", lambda config, _: serve(config), "run the server on the office's own data (default)")
    command("demo", lambda config, _: demo(config), "serve a sample office, made on the first start, in demo-data")
    command("migrate", lambda config, _: open_office(config), "bring the database up to date and end")
    command("backup", _backup, "write one file with the database, attachments and a manifest of hashes").add_argument("file", type=Path)
    back = command("restore", _restore, "read a backup into an empty place, and forget again whom the office had forgotten since")
    back.add_argument("file", type=Path)
    back.add_argument(
        "--erased", type=Path, help="the erased.log of the server the backup comes from (default: the one in the data folder)"
    )
    bring = command("import", _import, "import a CSV or XLSX file as the administrator; --dry-run only says what would happen")
    bring.add_argument("kind", choices=["asset_classes", "assets", "contacts", "departments", "people", "places", "visits"])
    bring.add_argument("file", type=Path)
    bring.add_argument("--dry-run", action="store_true")
    sheets = command("labels", _labels, "print labels into a PDF that was read back").add_subparsers(dest="what", required=True)
    for what, text in (
        ("sheet", "labels of things: all of a kind, or the given codes"),
        ("blanks", "new blank labels, to be claimed on site"),
    ):
        sheet = sheets.add_parser(what, help=text)
        sheet.add_argument("file", type=Path)
        sheet.add_argument("--template", default="A4-24", choices=sorted(TEMPLATES))
        sheet.add_argument("--start", type=int, default=1, help="first free position, counted from 1")
        if what == "blanks":
            sheet.add_argument("--count", type=int, default=24)
        else:
            sheet.add_argument("--kind", default="asset", choices=["asset", "supply", "place"])
            sheet.add_argument("codes", nargs="*")
    trail = command("audit", _audit, "check the chain of the audit trail").add_subparsers(dest="what", required=True)
    trail.add_parser("verify", help="name the first altered, missing or reordered row")
    user = (
        command("user", _user, "people who sign in")
        .add_subparsers(dest="what", required=True)
        .add_parser("add", help="add a person with an account")
    )
    user.add_argument("account")
    user.add_argument("--name", required=True)
    user.add_argument("--roles", default="staff", help="comma-separated: admin reception clerk safety leader staff")
    pair = (
        command("device", _device, "kiosks and door screens")
        .add_subparsers(dest="what", required=True)
        .add_parser("pair", help="add a device and print its code")
    )
    pair.add_argument("name")
    pair.add_argument("--role", choices=["kiosk", "door", "printer"], required=True)
    pair.add_argument("--room", help="short name of the room, for a door")
    parsed = parser.parse_args(arguments or ["serve"])
    try:
        if parsed.command is None:
            parsed = parser.parse_args(["serve"])
        return parsed.action(settings.load(defaults=DEMO if parsed.command == "demo" else None), parsed) or 0
    except SetupError as error:
        print(f"Foyer can not start: {error}", file=sys.stderr)
        return 2
    except DrawingError as error:
        print(t(error.code, "en", **error.facts), file=sys.stderr)
        return 1
    except (Refused, Invalid) as refusal:
        print(t(refusal.code, "en", **as_mapping(refusal.facts, "en", clock.zone())), file=sys.stderr)
        return 1


def _backup(config: Settings, given: argparse.Namespace) -> None:
    open_office(config)
    audit.seal(clock.now())
    manifest = backup.backup(given.file, config, clock.now(), version=VERSION)
    print(f"{given.file}: {sum(manifest.counts.values())} rows, {len(manifest.parts)} files, audit head {manifest.audit_head or 'empty'}")


def _restore(config: Settings, given: argparse.Namespace) -> None:
    manifest = backup.restore(given.file, config)
    print(
        f"restored {sum(manifest.counts.values())} rows and {len(manifest.parts)} files; the audit head is {manifest.audit_head or 'empty'}"
    )
    open_office(config)
    again = purging.after_restore(clock.now(), config.data_dir / purging.JOURNAL, *([given.erased] if given.erased else []))
    print(f"forgot {again} visitors again whose keeping time is over or who were erased since")
    database.disconnect()


def _import(config: Settings, given: argparse.Namespace) -> int:
    """Exit status 0 when every row fits, 1 when some need correcting, 2 when the file can not be read."""
    open_office(config)
    by = operations.Actor(operations.PERSON_ROLES | {operations.Role.SYSTEM}, name="main.py import")
    try:
        report = imports.run_file(given.kind, given.file, by, dry_run_only=given.dry_run, language="en")
    except (TableError, Invalid, OSError) as error:
        print(error if isinstance(error, OSError) else imports.described(error, "en"), file=sys.stderr)
        return 2
    for row in report.rows:
        for problem in row.problems:
            print(f"row {row.row}, {problem.heading} {problem.value!r}: {problem.message}")
    for heading in report.unknown_headings:
        print(f"not read: the column {heading!r}")
    print(("would be: " if report.dry_run else "done: ") + ", ".join(f"{count} {action}" for action, count in report.totals.items()))
    return 1 if report.totals["error"] else 0


def _labels(config: Settings, given: argparse.Namespace) -> int:
    open_office(config)
    if given.what == "blanks":
        outcome = operations.perform_now(operations.parse("label.make_blanks", {"count": given.count}), by=operations.SYSTEM)
        if not outcome.ok:
            return _said(outcome)
        codes = outcome.result["codes"]
    else:
        with database.reading() as s:
            codes = given.codes or labels.active_codes(s, labels.SubjectKind(given.kind))
    with database.reading() as s:
        texts = printing.texts_of(s, codes, config.language, operations.SYSTEM)
    given.file.write_bytes(
        printing.draw_and_prove(printing.Sheet(TEMPLATES[given.template], given.start, tuple(texts), config.language, config.base_url))
    )
    note = label_jobs.NotePrints(codes=codes, template=given.template, start=given.start)
    return _said(operations.perform_now(note, by=operations.SYSTEM)) if codes else 0


def _audit(config: Settings, given: argparse.Namespace) -> int:
    open_office(config)
    audit.seal(clock.now())
    with database.reading() as s:
        verdict = audit.verify(s)
    if verdict.ok:
        print(f"the audit trail is whole: {verdict.sealed} rows, head {verdict.head}, {verdict.unsealed} not sealed yet")
        return 0
    print(
        f"row {verdict.seq} is {verdict.problem}: audit id {verdict.audit_id}; the {verdict.sealed} rows before it are whole",
        file=sys.stderr,
    )
    return 1


def _user(config: Settings, given: argparse.Namespace) -> int:
    open_office(config)
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    add = operations.parse(
        "person.add", {"account": given.account, "name": given.name, "roles": given.roles.split(","), "password": password}
    )
    return _said(operations.perform_now(add, by=operations.Actor(frozenset({operations.Role.SYSTEM, operations.Role.ADMIN}))))


def _device(config: Settings, given: argparse.Namespace) -> int:
    open_office(config)
    with database.reading() as s:
        room = places.find(s, given.room) if given.room else None
    add = devices.AddDevice(name=given.name, role=operations.Role(given.role), room_id=room.id if room else None)
    return _said(operations.perform_now(add, by=operations.SYSTEM))


def _said(outcome: operations.Outcome) -> int:
    print(
        outcome.message("en") or " ".join(f"{name}: {value}" for name, value in (outcome.result or {}).items()),
        file=sys.stdout if outcome.ok else sys.stderr,
    )
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
