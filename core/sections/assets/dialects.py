"""Other programs' asset files, known by their headings: Snipe-IT and Shelf, as their makers publish the formats (docs/moving-in.md).

Snipe-IT: the sheet its importer takes (Asset Tag, Item Name, Model Name, Manufacturer …) and the columns of its list's export. Shelf: the sheet its
importer takes (title, custodian, qrId, `cf:Name,type:text` …) and the columns of its index's export. What has no place here (tags, images, order
numbers) is left unmapped and named, so that a person may give it an own field.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from core.mechanisms.imports import Dialect
from core.mechanisms.tables import EMPTY, Cell


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, last))


def _snipe(cells: dict[str, Cell]) -> dict[str, Cell]:
    """An asset without a name of its own is called after its model; warranty months count from the purchase; times in dates go."""
    found = dict(cells)
    if not found.get("name", EMPTY).text.strip() and found.get("spec", EMPTY).text.strip():
        found["name"] = found["spec"]
    months = found.get("warranty_months", EMPTY).text.strip().removesuffix("months").removesuffix("month").strip()
    if "warranty_months" in found:
        found["warranty_months"] = replace(found["warranty_months"], text=months)
    return found


def name_and_mail(said: str) -> tuple[str, str]:
    """Shelf writes a custodian `Name (mail@office.example)`: both, or twice what was said."""
    both = re.fullmatch(r"(.*?)\s*\(([^()\s]+@[^()\s]+)\)\s*", said)
    return (both[1], both[2]) if both else (said, said)


SNIPE_IT = Dialect(
    "import.dialect.snipe_it",
    (
        frozenset({"Asset Tag", "Model Name", "Category"}),
        frozenset({"Asset Tag", "Model", "Category", "Status"}),
    ),
    {
        "Asset Tag": "number", "Item Name": "name", "Asset Name": "name", "Model Name": "spec", "Model": "spec", "Manufacturer": "brand",
        "Serial number": "serial", "Serial": "serial", "Category": "class_code", "Purchase Date": "bought_on", "Purchased": "bought_on",
        "Purchase Cost": "value_cents", "Cost": "value_cents", "Location": "place", "Supplier": "supplier", "Company": "department",
        "Department": "department", "Notes": "remark", "Warranty": "warranty_months", "Warranty months": "warranty_months",
        "Full Name": "keeper", "Checked Out To": "keeper", "ID": "", "Status": "", "Email": "", "Username": "", "Image": "", "Change": "",
        "Checkout Type": "", "Device Image": "", "Current Value": "",
    },
    adapt=_snipe,
)  # fmt: skip

_BOTH = {"description": "remark", "category": "class_code", "location": "place", "imageUrl": "", "Status": "", "Actions": ""}


def _own_name(text: str) -> str:
    """`cf:Serial number,type:text` → `Serial number`."""
    return re.sub(r"^cf:\s*([^,]*).*$", r"\1", text)


# Two sheets, because the import's `qrId` is all that tells its things apart, and the index has its own ID beside it.
SHELF = Dialect(
    "import.dialect.shelf", (frozenset({"title", "category", "custodian", "valuation"}),),
    {**_BOTH, "title": "name", "qrId": "number", "custodian": "keeper", "valuation": "value_cents", "bookable": ""}, _own_name,
)  # fmt: skip
SHELF_INDEX = Dialect(
    "import.dialect.shelf", (frozenset({"ID", "QR ID", "Name", "Custody"}),),
    {
        **_BOTH, "Name": "name", "ID": "number", "QR ID": "", "Custody": "keeper", "Value": "value_cents", "Available to book": "",
        "Upcoming Reminder": "", "Created at": "",
    }, _own_name,
)  # fmt: skip
