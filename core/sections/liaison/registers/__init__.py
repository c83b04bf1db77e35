"""What lists, cards, exports and programs read of liaison (guide S3.2-R1 … R5; X4)."""

from core.sections.liaison.registers.contacts import CONTACTS, ContactView, NoteView, contact
from core.sections.liaison.registers.messages import MESSAGES, MessageView, ToView, WordView, message, mine
from core.sections.liaison.registers.papers import CASES, CERTIFICATES, CaseNoteView, CaseView, CertificateView, case, certificate

__all__ = [
    "CASES", "CERTIFICATES", "CONTACTS", "MESSAGES", "CaseNoteView", "CaseView", "CertificateView", "ContactView", "MessageView", "NoteView", "ToView", "WordView",
    "case", "certificate", "contact", "message", "mine",
]  # fmt: skip
