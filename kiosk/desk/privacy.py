"""Visitors' data at the desk: how long each kind is kept, who is asked for a number, and the proofs of what was erased (core/sections/visits/retention.py,
purging.py; issue 5, Privacy)."""

from __future__ import annotations

from functools import partial

from fastapi import Depends
from nicegui import APIRouter, ui

from core.foundation import clock, database, i18n, live
from core.mechanisms import office
from core.mechanisms.operations import Role
from core.sections import visits
from core.sections.visits import SetKeeping, purging, retention, types
from core.web import frame, parts
from core.web.frame import _

router = APIRouter(dependencies=[Depends(frame.signed_in)])
ROLES = tuple(purging.READERS)


@router.page("/desk/privacy")
def privacy_page() -> None:
    with frame.desk("privacy", _("nav.privacy"), *ROLES):
        PrivacyPage()


class PrivacyPage:
    """Keeping times, legal holds, proofs."""

    def __init__(self) -> None:
        with database.reading() as s:
            self.days, self.numbers = int(office.setting(s, "visit.retention_days")), office.setting(s, "visit.id_number") == "on"
        with parts.head(_("nav.privacy"), _("privacy.hint")):
            if frame.actor().has(Role.ADMIN):
                parts.button(_("nav.settings"), icon="settings", href="/desk/settings")
        self.rules()
        self.proofs()
        client = ui.context.client
        client.on_delete(live.subscribe("keeping", lambda _change: self.rules.refresh()))
        client.on_delete(live.subscribe("purge", lambda _change: self.proofs.refresh()))

    @ui.refreshable_method
    def rules(self) -> None:
        with database.reading() as s:
            kinds, rules, holds = types.all_types(s), retention.rules(s), retention.all_held(s, clock.now())
        _section(_("privacy.keeping"), _("privacy.keeping.say", n=self.days))
        with parts.rows():
            for kind in kinds:
                rule = rules.get(kind.key)
                own = rule.days if rule is not None and rule.days else None
                with parts.item(kind.name(frame.lang()), _("privacy.days", n=own or self.days), icon="person"):
                    if own:
                        parts.pill(_("privacy.own"), "held")
                    if rule is not None and rule.id_number:
                        parts.pill(_("own_data.id_number"), "soon" if self.numbers else "lost")
                    if frame.actor().has(Role.ADMIN):
                        parts.button(
                            _("privacy.change"),
                            partial(_rule_dialog, kind.key, kind.name(frame.lang()), own, bool(rule and rule.id_number), self.days),
                        )
        if holds:
            _section(_("privacy.holds"), _("privacy.holds.say"))
            with parts.rows():
                for hold in holds:
                    day = i18n.full_day(hold.until_on, frame.lang())
                    with parts.item(hold.reason, _("privacy.hold.line", day=day, who=hold.held_by), icon="lock"):
                        if frame.actor().has(*retention.HOLDERS):
                            parts.button(_("privacy.lift"), partial(self._lift, hold))

    async def _lift(self, hold: retention.LegalHoldView) -> None:
        if (await parts.do(visits.LiftHold(visit_id=hold.visit_id))).ok:
            self.rules.refresh()

    @ui.refreshable_method
    def proofs(self) -> None:
        with database.reading() as s:
            reports = purging.reports(s, frame.actor())
        _section(_("privacy.proofs"), _("privacy.proofs.say"))
        if not reports:
            parts.empty(_("privacy.no_proofs"), _("privacy.no_proofs.say"))
            return
        with parts.rows():
            for one in reports:
                searched = _("privacy.searched", columns=one.columns, files=one.files, values=one.looked_for) if one.looked_for else ""
                where = purging.left_words(one.found, frame.lang())
                left = _("privacy.left_in", place=parts.listed(where)) if where else ""
                with parts.item(
                    _("privacy.erased", n=one.visits),
                    parts.joined(
                        i18n.full_moment(one.at, clock.zone(), frame.lang()), searched, left, *purging.kept_words(one, frame.lang())
                    ),
                    icon="warning" if where else "check",
                ):
                    if one.found:
                        parts.pill(_("privacy.left", n=len(one.found)), "busy")
                    elif not one.given_back:
                        parts.pill(_("privacy.not_given_back"), "soon")
                    elif not one.looked_for:
                        parts.pill(_("privacy.nothing_to_look_for"), icon="check")
                    else:
                        parts.pill(_("privacy.nothing_left"), "free")
                    parts.button("PDF", icon="print", href=f"/api/v1/purges/{one.id}.pdf", new_tab=True)


def _section(title: str, say: str) -> None:
    with parts.box("pagehead pagehead--part"), parts.box("pagehead__words"):
        parts.text(title, "h2")
        parts.text(say, "p", "second")


def _rule_dialog(key: str, name: str, own: int | None, id_number: bool, usual: int) -> None:
    with parts.sheet_dialog(name, _("privacy.rule.say")) as dialog:
        days = parts.input(
            _("privacy.rule.days"),
            str(own or ""),
            placeholder=str(usual),
            help=_("privacy.rule.help", n=usual),
            props="inputmode=numeric maxlength=4",
        )
        asks = parts.select(
            _("privacy.rule.id_number"),
            {False: _("settings.no"), True: _("settings.yes")},
            id_number,
            help=_("privacy.rule.id_number.help"),
        )

        async def save() -> None:
            text = (days.value or "").strip()
            right = not text or (text.isascii() and text.isdigit() and 1 <= int(text) <= 3650)
            parts.refuse(days, None if right else _("privacy.rule.wrong"))
            if (
                right
                and (
                    await parts.do(
                        SetKeeping(type=key, days=int(text) if text else None, id_number=bool(asks.value)), done=_("privacy.rule.saved")
                    )
                ).ok
            ):
                dialog.close()

        with parts.box("dialog__acts"):
            parts.button(_("web.cancel"), dialog.close)
            parts.button(_("privacy.rule.save"), save, kind="main", icon="check")
    dialog.open()
