"""What a sheet of labels costs, beside blabel (WeasyPrint) drawing the same sheet in the same run (performance.md, Labels).

`python -m bench.labels [--full]` prints `name value unit ratio reference` a line. blabel draws 1,000 labels with `--full` or
FOYER_BENCH_FULL=1; otherwise 100, and the name of the line says so: its time grows in proportion, and ten times a hundred is
what is compared. 1,000 and 10,000 of ours are each drawn in a fresh process, as an office draws them: the first sheet after a
start, with nothing cached; `labels_1000_again` is the next one.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from assets_labels.matrices import CODE_SIGNS, qr_text
from assets_labels.proof import unreadable
from assets_labels.sheets import LabelText, draw_sheet, write_sheet

Line = tuple[str, float, str, float | None, str]

BASE_URL = "http://foyer.example.cn"
NAMES = ("投影仪 爱普生 CB-FH52", "人体工学椅 震旦 A6", "笔记本电脑 ThinkPad T14", "龘字陶瓷摆件（㐂福𠮷）", "碎纸机 科密 C-628")
PLACES = ("301 听雨厅", "302 办公室", "三楼文印室", "一楼大厅", "三楼走廊")
OFFICE = "临江区机关事务中心"


def some_labels(count: int) -> list[LabelText]:
    """`count` labels of Chinese office things, each with its own code, name and number."""
    drawn = random.Random(11)
    return [
        LabelText("".join(drawn.choices(CODE_SIGNS, k=8)), f"{NAMES[at % 5]} {at}", f"ZC-2026-{at:05d}", PLACES[at % 5], OFFICE, "资产编号")
        for at in range(count)
    ]


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """The median of `times` runs, in seconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def blabel_sheet(labels: list[LabelText]) -> bytes:
    """The same A4 sheet of 24 as HTML through blabel: QR, Code 128, name, number, place, code and office."""
    from blabel import LabelWriter
    from weasyprint import CSS

    template = """<div class="lab" style="left:{{ left }}mm;top:{{ top }}mm">
      <img class="qr" src="{{ label_tools.qr_code(qr, border=4) }}"/>
      <img class="bars" src="{{ label_tools.barcode(code, write_text=False) }}"/>
      <div class="name">{{ name }}</div><div class="more">{{ number }}<br/>{{ place }}</div>
      <div class="office">{{ office }}</div><div class="code">{{ shown }}</div></div>"""
    style = """@page { size: 210mm 297mm; margin: 0 } body { margin: 0; font-family: "Noto Sans CJK SC" }
      .lab { position: absolute; width: 63.5mm; height: 33.9mm; overflow: hidden } .lab * { position: absolute }
      .lab br { position: static } .qr { left: 1.5mm; top: 2.5mm; width: 19mm; height: 19mm }
      .bars { left: 26mm; bottom: 2.3mm; width: 33.5mm; height: 5.5mm }
      .name { left: 21.5mm; right: 2mm; top: 4mm; font-size: 3.7mm; font-weight: 700; line-height: 1.25 }
      .more { left: 21.5mm; right: 2mm; top: 13.8mm; font-size: 2.5mm; line-height: 1.4 }
      .office { right: 2mm; bottom: 9mm; font-size: 2.2mm } .code { left: 4mm; bottom: 2.3mm; font: 700 3.4mm "Noto Sans Mono CJK SC" }"""
    records = [
        {
            "left": 7.2 + at % 3 * 66.0,
            "top": 12.9 + at % 24 // 3 * 33.9,
            "qr": qr_text(BASE_URL, label.code),
            "code": label.code,
            "shown": f"{label.code[:4]}-{label.code[4:]}",
            "name": label.name,
            "number": f"{label.caption} {label.number}",
            "place": label.place,
            "office": label.office,
        }
        for at, label in enumerate(labels)
    ]
    writer = LabelWriter(item_template=template, default_stylesheets=(CSS(string=style),), items_per_page=24)
    return bytes(writer.write_labels(records))


def fresh(count: int) -> tuple[float, float]:
    """Seconds to draw `count` labels as the first thing a process does, and its highest memory in MB."""
    done = subprocess.run([sys.executable, "-m", "bench.labels", "--draw", str(count)], check=True, capture_output=True, text=True)
    took, peak = done.stdout.split()
    return float(took), float(peak)


def _draw_and_report(count: int) -> None:
    labels = some_labels(count)
    with open(os.devnull, "wb") as out:
        took = seconds(lambda: write_sheet(out, "A4-24", labels, 1, BASE_URL, "zh-Hans"))
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run(full: bool | None = None) -> list[Line]:
    """Every line of the label bench: name, value, unit, ratio, what the ratio refers to."""
    full = os.environ.get("FOYER_BENCH_FULL") == "1" if full is None else full
    thousand = some_labels(1000)
    small, large = [fresh(1000) for _ in range(3)], [fresh(10_000) for _ in range(3)]
    one, ten = (statistics.median(took for took, _peak in each) for each in (small, large))
    low, high = (statistics.median(peak for _took, peak in each) for each in (small, large))
    draw_sheet("A4-24", thousand, 1, BASE_URL, "zh-Hans")
    again = seconds(lambda: draw_sheet("A4-24", thousand, 1, BASE_URL, "zh-Hans"), 5)
    peer_count = 1000 if full else 100
    peer = seconds(lambda: blabel_sheet(thousand[:peer_count])) * (1000 / peer_count)
    peer_name = "blabel_1000" if full else "blabel_1000_as_ten_times_100"
    pdf = draw_sheet("A4-24", thousand, 1, BASE_URL, "zh-Hans")
    failed = len(unreadable(pdf, "A4-24", thousand, 1, BASE_URL))
    return [
        (peer_name, peer * 1000, "ms", None, "-"),
        ("labels_1000", one * 1000, "ms", peer / one, f"{peer_name}/ours>=20"),
        ("labels_1000_again", again * 1000, "ms", peer / again, f"{peer_name}/ours>=20"),
        ("labels_10000", ten * 1000, "ms", ten / one, "labels_1000<=8"),
        ("labels_10000_peak_memory", high, "MB", high / low, "labels_1000_peak_memory~1"),
        ("labels_1000_pdf", len(pdf) / 1e6, "MB", None, "-"),
        ("labels_1000_unreadable_at_300_dpi", float(failed), "labels", None, "0"),
    ]


def main() -> None:
    """Print the lines; `--draw N` is the memory probe's own process."""
    if "--draw" in sys.argv:
        _draw_and_report(int(sys.argv[sys.argv.index("--draw") + 1]))
        return
    for name, value, unit, ratio, reference in run("--full" in sys.argv or None):
        print(f"{name} {value:.1f} {unit} {'-' if ratio is None else f'{ratio:.2f}'} {reference}")


if __name__ == "__main__":
    main()
