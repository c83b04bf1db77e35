"""The drawn signs of the house as inline SVG: icons, the shapes of the six states, the mark.

Source: look.md §1, §2 and §4. An icon takes the colour of its text; a state shape is never shown without its word.
No icon font: a sign that does not load would say nothing, and ours are forty lines of paths.
"""

from __future__ import annotations

from nicegui import ui

# Drawn on a 24 × 24 grid with round strokes of 1.75.
ICONS: dict[str, str] = {
    "today": '<path d="M4 11 12 4l8 7v9a1 1 0 0 1-1 1h-5v-6h-4v6H5a1 1 0 0 1-1-1z"/>',
    "people": '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 20c.6-3.500 3-5.300 6.500-5.300s5.900 1.800 6.500 5.300M15.500 5.300a3.500 3.500 0 0 1 0 6.400M18 15.200c2 .7 3.200 2.300 3.600 4.800"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.700 2 7.500 6"/>',
    "parcel": '<path d="M3.5 8 12 3.5 20.5 8v8.5L12 21l-8.5-4.5z"/><path d="M3.5 8 12 12.5 20.5 8M12 12.5V21M7.8 5.8l8.4 4.4"/>',
    "door": '<path d="M5 21V4a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v17M3 21h18M15 12v.5"/>',
    "document": '<path d="M6 3h8l4.5 4.500V20a1 1 0 0 1-1 1H6.500a1 1 0 0 1-1-1V4"/><path d="M14 3v5h4.500M9 13h6M9 16.500h6"/>',
    "send": '<path d="M12 15V4M8 7.800 12 4l4 3.800M5 13v6.500h14V13"/>',
    "receive": '<path d="M12 4v11M8 11.200 12 15l4-3.800M5 13v6.500h14V13"/>',
    "seal": '<path d="M9 13c1-1.500.5-3.500-.3-5A3.500 3.500 0 0 1 12 3a3.500 3.500 0 0 1 3.300 5c-.8 1.500-1.300 3.500-.3 5h2.500A1.500 1.500 0 0 1 19 14.500V17H5v-2.500A1.500 1.500 0 0 1 6.500 13zM5 20.500h14"/>',
    "licence": '<path d="M12 3.5 19.5 6v6c0 4.400-3 7.300-7.500 8.800C7.500 19.300 4.500 16.400 4.500 12V6z"/><path d="m8.800 12 2.300 2.300 4.200-4.500"/>',
    "asset": '<path d="M3.5 4.5v7l9 9 8-8-9-9h-7z"/><path d="M8 8.500h.1" stroke-width="2.5"/>',
    "supply": '<path d="M4 8.5h16V20H4zM3 4h18v4.500H3zM9.500 12.500h5"/>',
    "count": '<path d="M8.5 5H6.5A1.5 1.5 0 0 0 5 6.5v13A1.5 1.5 0 0 0 6.5 21h11a1.5 1.5 0 0 0 1.500-1.500v-13A1.500 1.500 0 0 0 17.500 5h-2"/><rect x="8.5" y="3" width="7" height="4" rx="1"/><path d="M8.500 12h7M8.500 16h4.500"/>',
    "print": '<path d="M7 8V3.500h10V8M7 17H5a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-2"/><path d="M7 14h10v6.500H7z"/>',
    "list": '<path d="M8.500 6.500H20M8.500 12H20M8.500 17.500H20M4 6.500h.1M4 12h.1M4 17.500h.1"/>',
    "warning": '<path d="M12 4 21 19.500H3z"/><path d="M12 10v4.500M12 17v.2"/>',
    "money": '<ellipse cx="12" cy="6.500" rx="7" ry="3"/><path d="M5 6.500v5.500c0 1.700 3.100 3 7 3s7-1.300 7-3V6.500M5 12v5.500c0 1.700 3.100 3 7 3s7-1.300 7-3V12"/>',
    "key": '<circle cx="8" cy="15.500" r="4"/><path d="m11 12.500 8.500-8.500M16 7.500l3 3"/>',
    "settings": '<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M5.600 18.400l2.100-2.100M16.300 7.700l2.100-2.100"/>',
    "scan": '<path d="M4 8.500V6a2 2 0 0 1 2-2h2.500M15.500 4H18a2 2 0 0 1 2 2v2.500M20 15.500V18a2 2 0 0 1-2 2h-2.500M8.500 20H6a2 2 0 0 1-2-2v-2.500M4 12h16"/>',
    "bell": '<path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 2h-15zM10 20.800h4"/>',
    "check": '<path d="m5 12.800 4.600 4.600L19.200 7.200"/>',
    "cross": '<path d="m6 6 12 12M18 6 6 18"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "minus": '<path d="M5 12h14"/>',
    "clock": '<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5.200l3.400 2"/>',
    "move": '<path d="M4 8h14M14.500 4.500 18 8l-3.500 3.500M20 16H6M9.500 12.500 6 16l3.500 3.500"/>',
    "lock": '<rect x="5" y="10.500" width="14" height="10" rx="2"/><path d="M8 10.500V8a4 4 0 0 1 8 0v2.500"/>',
    "cloud-off": '<path d="M8 18.500H7a4.300 4.300 0 0 1-1.400-8.400M9.200 6.400A6 6 0 0 1 18 10.600a4 4 0 0 1 1.900 7M3.500 3.500l17 17"/>',
    "cloud-up": '<path d="M7 18.500a4.400 4.400 0 0 1-.6-8.700A6 6 0 0 1 18 10.300a4.100 4.100 0 0 1-.6 8.200"/><path d="M12 20.500v-8M8.800 15 12 11.800l3.200 3.200"/>',
    "down": '<path d="m5 9 7 7 7-7"/>',
    "back": '<path d="m15 5-7 7 7 7"/>',
    "next": '<path d="m9 5 7 7-7 7"/>',
    "go": '<path d="M4 12h15.500M13.500 6l6 6-6 6"/>',
    "arrow-down": '<path d="M12 4v15M5.500 13 12 19.500 18.500 13"/>',
    "filter": '<path d="M4 5.500h16l-6 7.500v6l-4 1.500V13z"/>',
    "note": '<path d="M5 4h14v11l-5 5H5zM14 20v-5h5M8.500 9h7M8.500 12.500h4"/>',
    "return": '<path d="M8 5 4 9l4 4M4 9h9.500a5.500 5.500 0 0 1 0 11H9"/>',
    "leave": '<path d="M14 4H6.500A1.500 1.500 0 0 0 5 5.500v13A1.500 1.500 0 0 0 6.500 20H14"/><path d="M10 12h10.500M17 8.200l3.800 3.800-3.800 3.800"/>',
    "keyboard": '<rect x="2.500" y="6" width="19" height="12" rx="2"/><path d="M6.500 10h.1M10 10h.1M14 10h.1M17.400 10h.1M8 14.300h8"/>',
    "delete": '<path d="M8.500 5.500H20a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H8.500L3 12zM11.500 9.500l5 5M16.500 9.500l-5 5"/>',
    "badge-slot": '<path d="M7 3.500v9h10v-9M5 12.500h14v4H5zM7 16.500v4M17 16.500v4"/>',
    "torch": '<path d="M7 3h10v4l-2.500 3.500V20a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-9.500L7 7zM7 7h10M12 13v2"/>',
    "place": '<path d="M12 21c4.500-4.600 7-8 7-11.200A7 7 0 0 0 5 9.800C5 13 7.500 16.400 12 21z"/><circle cx="12" cy="9.800" r="2.500"/>',
    "cup": '<path d="M5 8.500h11v6a4 4 0 0 1-4 4H9a4 4 0 0 1-4-4zM16 10h1.500a2.300 2.300 0 0 1 0 4.600H16M8.500 3v2.500M12.500 3v2.500"/>',
    "camera": '<path d="M4 8.500h3.500L9 6h6l1.500 2.500H20a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9.500a1 1 0 0 1 1-1z"/><circle cx="12" cy="13.500" r="3.400"/>',
    "repair": '<path d="M15 4a5 5 0 0 0-4.600 7L4 17.400 6.600 20l6.400-6.400A5 5 0 0 0 20 8.500l-3 2-2.500-2.500z"/>',
    "phone": '<rect x="7" y="2.500" width="10" height="19" rx="2.200"/><path d="M11 18.500h2"/>',
    "kiosk": '<rect x="6.500" y="2.500" width="11" height="14" rx="1.800"/><path d="M12 16.500V21M8 21h8M10 13h4"/>',
    "desk": '<rect x="3" y="4.500" width="18" height="12" rx="1.800"/><path d="M9 20.500h6M12 16.500v4"/>',
    "globe": '<circle cx="12" cy="12" r="8.500"/><path d="M3.500 12h17M12 3.500c2.600 2.400 3.800 5.200 3.800 8.500s-1.200 6.100-3.800 8.500c-2.600-2.400-3.800-5.200-3.800-8.500s1.200-6.100 3.800-8.500z"/>',
    "pen": '<path d="m4 20 1-4.500L16 4.500l3.500 3.500L8.500 19zM13.500 7l3.500 3.500"/>',
    "calendar": '<rect x="4" y="5.500" width="16" height="15" rx="2"/><path d="M4 10h16M8.500 3v4M15.500 3v4"/>',
    "chart": '<path d="M4 20h16M7 20v-7M12 20V6M17 20v-10"/>',
    "trash": '<path d="M5 7h14M9.500 7V4.500h5V7M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500"/>',
    "link": '<path d="M9.500 14.500 14.500 9.500M8 11l-2.300 2.300a3.700 3.700 0 0 0 5.200 5.200L13 16.300M16 13l2.300-2.300a3.700 3.700 0 0 0-5.200-5.200L11 7.700"/>',
    "refresh": '<path d="M19.500 12a7.500 7.500 0 1 1-2.300-5.400M19.500 3.500v4h-4"/>',
    "more": '<path d="M5 12h.1M12 12h.1M19 12h.1" stroke-width="2.600"/>',
    "book": '<path d="M5 4.500h5.500A1.500 1.500 0 0 1 12 6v14a1.500 1.500 0 0 0-1.500-1.500H5zM19 4.500h-5.500A1.500 1.500 0 0 0 12 6v14a1.500 1.500 0 0 1 1.500-1.500H19z"/>',
    # the six states, small
    "free": '<circle cx="12" cy="12" r="8"/>',
    "soon": '<circle cx="12" cy="12" r="8" opacity=".35"/><path d="M12 4a8 8 0 0 1 8 8M12 12V7.500M12 12h3"/>',
    "held": '<circle cx="12" cy="12" r="8" stroke-dasharray="3.4 2.9"/><circle cx="12" cy="12" r="2" fill="currentColor" stroke="none"/>',
    "busy": '<circle cx="12" cy="12" r="9" fill="currentColor" stroke="none"/><path d="M7.500 12h9" stroke="var(--surface)" stroke-width="2.800"/>',
    "shut": '<rect x="4.500" y="4.500" width="15" height="15" rx="2"/><path d="m8.500 8.500 7 7M15.500 8.500l-7 7"/>',
    "lost": '<path d="M12 4.500 20 19H4z" stroke-dasharray="3.5 2.6"/><path d="M12 10v4M12 16.600v.1"/>',
}

# The same six, drawn large on a 200 × 200 grid (doors, plans, empty pages).
SHAPES: dict[str, str] = {
    "free": '<circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22"/>',
    "soon": '<circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" opacity=".26"/>'
    '<path d="M100 16a84 84 0 0 1 72.700 126" fill="none" stroke="currentColor" stroke-width="22"/>'
    '<path d="M100 100V56M100 100l30 17" stroke="currentColor" stroke-width="15" stroke-linecap="round"/>',
    "held": '<circle cx="100" cy="100" r="84" fill="none" stroke="currentColor" stroke-width="22" stroke-dasharray="33 19.78"/>'
    '<circle cx="100" cy="84" r="21" fill="currentColor"/><path d="M60 140c4-24 20-33 40-33s36 9 40 33z" fill="currentColor"/>',
    "busy": '<circle cx="100" cy="100" r="95" fill="currentColor"/><rect x="42" y="84" width="116" height="32" rx="6" fill="var(--ground)"/>',
    "shut": '<rect x="18" y="18" width="164" height="164" rx="18" fill="none" stroke="currentColor" stroke-width="22"/>'
    '<path d="m66 66 68 68M134 66l-68 68" stroke="currentColor" stroke-width="20" stroke-linecap="round"/>',
    "lost": '<path d="M100 20 188 176H12z" fill="none" stroke="currentColor" stroke-width="18" stroke-linejoin="round" '
    'stroke-dasharray="40 20"/><path d="M100 82v44" stroke="currentColor" stroke-width="18" stroke-linecap="round"/>'
    '<circle cx="100" cy="150" r="11" fill="currentColor"/>',
}

# What a pill in a register may carry; sent once with the table.
ICONS_OF_STATES = {
    name: ICONS[name]
    for name in (
        "check",
        "cross",
        "clock",
        "held",
        "warning",
        "return",
        "cloud-off",
        "free",
        "soon",
        "busy",
        "shut",
        "lost",
        "move",
        "minus",
        "plus",
        "note",
        "lock",
        "send",
        "repair",
        "pen",
        "go",
        "refresh",
        "scan",
    )
}

MARK = (
    '<rect width="52" height="52" rx="13" fill="var(--brand-bg, var(--ink))"/>'
    '<circle cx="26" cy="25" r="14" fill="none" stroke="var(--brand-fg, var(--ink-on))" stroke-width="4.5"/>'
    '<path d="M8 39.500h36" stroke="var(--brand-fg, var(--ink-on))" stroke-width="3" stroke-linecap="round"/>'
)
GATE = (
    '<circle cx="26" cy="24" r="15" fill="none" stroke="currentColor" stroke-width="3"/>'
    '<path d="M6 40h40" stroke="currentColor" stroke-width="3" stroke-linecap="round"/>'
)


def icon(name: str, classes: str = "") -> ui.element:
    """Draw the icon `name` at the cursor; it is hidden from screen readers because a word always stands beside it.

    Raises KeyError for a name that is not drawn."""
    return _svg("0 0 24 24", ICONS[name]).classes(f"icon {classes}")


def shape(state: str, classes: str = "") -> ui.element:
    """Draw the large shape of a state (`free soon held busy shut lost`)."""
    return _svg("0 0 200 200", SHAPES[state]).classes(classes)


def mark() -> ui.element:
    """Draw the moon gate: the house's mark."""
    return _svg("0 0 52 52", MARK)


def gate() -> ui.element:
    """Draw the gate in outline: for empty pages."""
    return _svg("0 0 52 52", GATE)


def _svg(view_box: str, inner: str) -> ui.element:
    element = ui.element("svg").props(f'viewBox="{view_box}" aria-hidden=true')
    element.props["innerHTML"] = inner  # only the constants above ever get here
    return element
