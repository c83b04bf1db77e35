"""Labels drawn: QR and bar matrices, sheets, badges, cards and reports as PDF, and the proof that a print reads.

It takes plain dataclasses and gives bytes: no database, no browser. The codes themselves are made in `core/mechanisms/labels`.
"""
