"""Transfers between departments (调拨, guide S4.1-R9): proposed, handed, accepted or refused; both sides say so, by scan or tap.

One document for one or many things: from whoever has them to a department, a person there if one is named, and a place. The giving side hands
over, the taking side accepts: two persons. With the acceptance book, card and custody change in one transaction; what changed hands meanwhile
refuses instead of being overwritten. A thing is under one procedure at a time.
"""

from __future__ import annotations

from core.sections.assets.transfers.proposing import ProposeTransfer, propose
from core.sections.assets.transfers.reading import TRANSFERS, count_transfers, transfer_views, transfers_for
from core.sections.assets.transfers.record import (
    OPEN_STATES,
    AssetTransfer,
    AssetTransferLine,
    TransferState,
    TransferView,
    get_transfer,
    transfers_under_way,
    under_way,
)
from core.sections.assets.transfers.sides import (
    AcceptTransfer,
    HandTransfer,
    RefuseTransfer,
    WithdrawTransfer,
    accept,
    hand,
    refuse,
    withdraw,
)

__all__ = [
    "OPEN_STATES",
    "TRANSFERS",
    "AcceptTransfer",
    "AssetTransfer",
    "AssetTransferLine",
    "HandTransfer",
    "ProposeTransfer",
    "RefuseTransfer",
    "TransferState",
    "TransferView",
    "WithdrawTransfer",
    "accept",
    "count_transfers",
    "get_transfer",
    "hand",
    "propose",
    "refuse",
    "transfer_views",
    "transfers_for",
    "transfers_under_way",
    "under_way",
    "withdraw",
]
