"""What attendees answer by mail counts when it is theirs, and only then; read from a mailbox of the office's own or handed in by the host."""

from __future__ import annotations

import imaplib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest

from core.foundation import clock
from core.foundation.errors import SetupError
from core.mechanisms import notices
from core.mechanisms.office import UpdateSetting
from core.mechanisms.operations import SYSTEM
from core.sections import bookings
from core.sections.bookings import calendars
from core.sections.bookings.calendars import inbox, replies
from tests.calendars.servers import utc
from tests.calendars.test_invitations import GUEST, book, house, invitation_in, invite, smtp, told
from tests.cast import Office
from tests.visits.catchers import Catcher

__all__ = ["house", "smtp"]


@pytest.fixture(autouse=True)
def _no_mailbox_left() -> Iterator[None]:
    yield
    inbox.set_up("")


def said(uid: str, address: str, word: str = "ACCEPTED", *, method: str = "REPLY", more: tuple[str, ...] = ()) -> str:
    """A reply as Outlook and Thunderbird write it."""
    return "\r\n".join((
        "BEGIN:VCALENDAR", "PRODID:-//Somebody//EN", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261123T020000Z",
        f"ATTENDEE;PARTSTAT={word};CN=Gast:mailto:{address}", "ORGANIZER:mailto:mei@office.example", "DTSTART:20261124T020000Z", *more, "END:VEVENT", "END:VCALENDAR", "",
    ))  # fmt: skip


def answers(house: Office, booking_id: UUID) -> list[tuple[str, str]]:
    return [(one.answer, one.comment) for one in house.read(calendars.attendees, booking_id)]


@pytest.mark.proves("S1.3-R1", "V29")
def test_a_host_hands_in_the_reply_from_their_own_mailbox_and_sees_who_comes(house: Office, smtp: Catcher) -> None:
    made = book(house)
    invite(house, made)
    told(smtp)
    text = said(f"{made}@foyer", GUEST.upper(), "DECLINED", more=("COMMENT:Am on a train\\, sorry",))
    assert house.do(calendars.TakeReply(text=text), house.mei) == {"answers": [{"who": 'Gast "X"\r\nBCC: y', "answer": "declined"}]}
    assert answers(house, made) == [("declined", "Am on a train, sorry"), ("", "")]
    house.do(calendars.TakeReply(text=text), house.mei)  # twice is nothing new
    house.do(calendars.TakeReply(text=said(f"{made}@foyer", GUEST, "ACCEPTED")), house.mei)
    assert answers(house, made)[0] == ("accepted", "")
    # A colleague's own reply is theirs to hand in; a stranger hands in nobody's.
    house.do(calendars.TakeReply(text=said(f"{made}@foyer", "wu@office.example", "TENTATIVE")), house.wu)
    assert answers(house, made)[1][0] == "tentative"
    stranger = house.person("gao", "高远", department="财务科")
    assert house.refused(calendars.TakeReply(text=said(f"{made}@foyer", GUEST, "DECLINED")), stranger).code == "op.not_allowed"
    house.do(bookings.MoveBooking(booking_id=made, starts_at=utc(5), ends_at=utc(6)), house.mei)
    told(smtp)
    assert answers(house, made) == [("", ""), ("", "")]
    old = house.refused(calendars.TakeReply(text=said(f"{made}@foyer", GUEST, more=("SEQUENCE:1",))), house.mei)
    assert old.code == "reply.outdated"  # it was said of the former time


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "calendar.not_a_calendar"),
        ("no calendar at all", "calendar.not_a_calendar"),
        ("BEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "reply.no_reply"),
        (said("x@foyer", GUEST, method="REQUEST"), "reply.no_reply"),
        (said("x@foyer", GUEST, word="NEEDS-ACTION"), "reply.no_reply"),
        (said("x@foyer", GUEST), "reply.unknown"),
        (said("x@foyer", GUEST, more=("SEQUENCE:many",)), "calendar.not_a_calendar"),
    ],
)
def test_what_is_no_reply_to_an_invitation_of_ours_writes_nothing(house: Office, text: str, code: str) -> None:
    assert house.refused(calendars.TakeReply(text=text), house.mei).code == code


@pytest.mark.proves("S1.3-R1", "V29")
def test_a_reply_to_the_offices_mailbox_counts_when_address_uid_and_attendee_are_of_one_invitation(house: Office, smtp: Catcher) -> None:
    house.do(UpdateSetting(key="mail.from", value="rooms@office.example"), house.ada)
    made = book(house)
    invite(house, made)
    with mailbox() as box:
        inbox.set_up(f"imap://rooms:secret@127.0.0.1:{box.port}")
        told(smtp)
        organizers = {}
        for mail in smtp.mails:
            (event,) = invitation_in(mail).walk("VEVENT")
            organizers[str(mail["to"])] = str(event["ORGANIZER"]).removeprefix("mailto:")
        guest, colleague = organizers[GUEST], organizers["wu@office.example"]
        assert (
            guest.startswith("rooms+inv-") and guest.endswith("@office.example") and guest != colleague and len(guest.split("@")[0]) <= 64
        )
        first = house.read(calendars.attendees, made)[0].id
        assert replies.attendee_told(guest) == first and replies.attendee_told(guest.replace("rooms+inv-", "rooms+inv-a")) is None
        box.mails = [
            mail_to("rooms@office.example", said(f"{made}@foyer", GUEST, "DECLINED")),  # not to an address of ours
            mail_to(guest, said(f"{made}@foyer", GUEST, "ACCEPTED", more=("COMMENT:Gern",))),
            mail_to(guest, said(f"{made}@foyer", "wu@office.example", "DECLINED")),  # the guest speaks for a colleague
            mail_to(
                colleague[:-25] + "0000000000000000" + colleague[-15:], said(f"{made}@foyer", "wu@office.example", "DECLINED")
            ),  # a guessed mark
            mail_to(colleague, "BEGIN:VCALENDAR\r\nnonsense"),
            mail_to(colleague, said(f"{uuid4()}@foyer", "wu@office.example", "DECLINED")),  # another meeting
        ]
        assert inbox.read_now(clock.now()) == 1
        assert answers(house, made) == [("accepted", "Gern"), ("", "")]
        assert box.seen == {1, 2, 3, 4, 5} and inbox.read_now(clock.now()) == 0  # what is not ours stays unread
        box.mails.append(mail_to(colleague, said(f"{made}@foyer", "wu@office.example", "DECLINED")))
        assert inbox.read_now(clock.now()) == 1 and answers(house, made)[1][0] == "declined"
    assert {notice.key for notice in house.read(notices.unread, house.mei.person_id)} == {"booking.invitation_answered"}


@pytest.mark.proves("V29")
def test_a_mail_that_nobody_can_read_does_not_stop_the_replies_behind_it(house: Office, smtp: Catcher) -> None:
    house.do(UpdateSetting(key="mail.from", value="rooms@office.example"), house.ada)
    made = book(house)
    invite(house, made)
    with mailbox() as box:
        inbox.set_up(f"imap://rooms:secret@127.0.0.1:{box.port}")
        told(smtp)
        addresses = {
            str(mail["to"]): str(next(iter(invitation_in(mail).walk("VEVENT")))["ORGANIZER"]).removeprefix("mailto:") for mail in smtp.mails
        }
        good = mail_to(addresses[GUEST], said(f"{made}@foyer", GUEST))
        box.mails = [good.replace(b'charset="utf-8"', b'charset="x-of-nobody"'), good[:-40] + b"\xff\xfe", good]
        assert inbox.read_now(clock.now()) >= 1 and box.seen == {0, 1, 2}
        assert answers(house, made)[0] == ("accepted", "")


def test_no_password_goes_to_another_machine_in_the_clear(house: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailbox() as box:
        real = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda address, *more, **named: real(("127.0.0.1", address[1]), *more, **named))
        inbox.set_up(f"imap://rooms:secret@mail.office.example:{box.port}")
        with pytest.raises(imaplib.IMAP4.error, match="STARTTLS"):
            inbox.read_now(clock.now())


def test_a_mailbox_that_can_not_be_read_changes_nothing_and_a_wrong_address_stops_the_start(house: Office) -> None:
    inbox.set_up("imap://rooms:wrong@127.0.0.1:1")
    with pytest.raises(OSError):
        inbox.read_now(clock.now())
    with mailbox() as box:
        inbox.set_up(f"imap://rooms:wrong@127.0.0.1:{box.port}")
        with pytest.raises(imaplib.IMAP4.error):
            inbox.read_now(clock.now())
    for url in ("http://x", "imaps://host", "imaps://user@host:port"):
        with pytest.raises(SetupError):
            inbox.set_up(url)


def test_a_persons_mail_never_opens_the_offices_door(house: Office) -> None:
    made = book(house)
    row = invite(house, made)[0]
    came_to = replies.reply_address("rooms@office.example", UUID(str(row["id"])))
    text = said(f"{made}@foyer", GUEST)
    assert house.refused(calendars.TakeReply(text=text, came_to=came_to), house.wu).code == "op.not_allowed"
    house.do(calendars.TakeReply(text=text, came_to=came_to), SYSTEM)
    house.later(days=3)
    assert (
        house.refused(calendars.TakeReply(text=said(f"{made}@foyer", GUEST, "DECLINED"), came_to=came_to), SYSTEM).code == "invitation.over"
    )


# ── a mailbox ──


def mail_to(address: str, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = GUEST, f"Rooms <{address}>", "Accepted", f"<{uuid4()}@example.org>"
    mail.set_content("See the calendar part.")
    mail.add_alternative(text, subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()


class Mailbox:
    """What an IMAP server keeps: mails in order, and which of them were seen."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.seen: set[int] = set()
        self.port = 0


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """As much of IMAP (RFC 3501) as a reader of replies speaks, over a real socket."""
    kept = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("* OK ready")
            while line := self.rfile.readline().decode().strip():
                tag, command, *rest = line.split(" ")
                command = command.upper()
                if command == "CAPABILITY":
                    self.say("* CAPABILITY IMAP4REV1")
                elif command == "LOGIN" and "secret" not in line:
                    self.say(f"{tag} NO wrong password")
                    continue
                elif command == "SELECT":
                    self.say(f"* {len(kept.mails)} EXISTS")
                elif command == "UID" and rest[0].upper() == "SEARCH":
                    found = [n for n, mail in enumerate(kept.mails) if n not in kept.seen and b"+inv-" in mail.split(b"\n\n")[0]]
                    self.say("* SEARCH " + " ".join(str(n + 1) for n in found))
                elif command == "UID" and rest[0].upper() == "FETCH":
                    mail = kept.mails[int(rest[1]) - 1]
                    self.say(f"* {rest[1]} FETCH (UID {rest[1]} BODY[]<0> {{{len(mail)}}}")
                    self.wfile.write(mail + b")\r\n")
                elif command == "UID" and rest[0].upper() == "STORE":
                    kept.seen.add(int(rest[1]) - 1)
                elif command == "LOGOUT":
                    self.say("* BYE")
                self.say(f"{tag} OK done")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()
