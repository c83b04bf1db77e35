"""How long a label is in view before the phone beeps (performance.md, Scanning), and how often the phone's decoder reads the public sample pictures.

`python -m bench.camera` prints `name value unit ratio reference` a line. The real app runs in headless Chromium with a fake camera of 1280×720 that shows
labels in turn; "in view" is the moment the browser presents the first frame that holds the label (a mark drawn in the frame's corner says which), the
beep is the app's own "saved" signal, after the record is on the disk. Long tasks of the page's main thread are counted by the browser.
The sample pictures lie beside the project (`../shared/samples/barcodes`); where they are not, the lines say so.
"""

from __future__ import annotations

import base64
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

Line = tuple[str, float, str, float | None, str]
WIDTH, HEIGHT, FRAMES_A_SECOND = 1280, 720, 15
LABELS = 8
GOAL_MS, BLOCKED_MS = 300.0, 50.0
SAMPLES = ("qrcode-1", "qrcode-2", "qrcode-3", "qrcode-5", "code128-1")

WATCH = """() => {
  window.inView = []; window.beeps = []; window.long = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.long.push(one.duration))).observe({ type: 'longtask', buffered: false });
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(16, 1);
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  let shown = -1;
  const look = (now, frame) => {
    // The corner holds the label's number as bright and dark squares: cheap to read, and no help to the decoder.
    brush.drawImage(video, 0, 0, 16 * 16, 16, 0, 0, 16, 1);
    const { data } = brush.getImageData(0, 0, 16, 1);
    let number = 0;
    for (let bit = 0; bit < 4; bit += 1) number += data[bit * 16 + 4] > 128 ? 2 ** bit : 0;
    if (number !== shown) { shown = number; if (number) window.inView.push([number, frame.presentationTime ?? now]); }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""


def frames(texts: list[str]) -> Iterator[tuple[bytes, int]]:
    """Each label's picture for a while, an empty one between; the number stands in the corner."""
    from tests.floor.camera import still

    for number, text in enumerate(texts, 1):
        for shown, seconds in ((None, 0.8), (text, 1.6)):
            image = Image.new("L", (WIDTH, HEIGHT), 88)
            image.paste(still(shown).resize((880, 660)), (260, 40))
            corner = ImageDraw.Draw(image)
            for bit in range(4):
                bright = shown is not None and number >> bit & 1
                corner.rectangle((bit * 64, 0, bit * 64 + 63, 31), fill=235 if bright else 16)
            yield image.tobytes(), round(seconds * FRAMES_A_SECOND)


def film(path: Path, texts: list[str]) -> Path:
    """The film as Y4M, which Chromium plays round and round."""
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420\n".encode())
        for luma, times in frames(texts):
            for _ in range(times):
                file.write(b"FRAME\n" + luma + colour)
    return path


def measure() -> list[Line]:
    """Scan the labels in the running app, and read the beeps."""
    from playwright.sync_api import sync_playwright

    from tests.floor.camera import label_text
    from tests.floor.conftest import FLAGS, PHONE, count_in, ready, sign_in
    from tests.floor.office import CHAIRS, Office, Server, code
    from tests.floor.office import Line as Cable
    from tests.live import chromium

    office = Office()
    server = Server(office)
    line = Cable(server.port)
    codes = [*CHAIRS[:2], *(code(7000 + n) for n in range(LABELS - 2))]
    try:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
            reel = film(Path(folder) / "film.y4m", [label_text(one) for one in codes])
            browser = running.chromium.launch(executable_path=chromium(), args=[*FLAGS, f"--use-file-for-fake-video-capture={reel}"])
            page = browser.new_context(**PHONE).new_page()
            page.goto(f"http://127.0.0.1:{line.port}/m/")
            ready(page)
            sign_in(page)
            count_in(page, "302")
            page.wait_for_selector("[data-testid=finder][data-camera=on]")
            page.wait_for_timeout(1500)  # the decoder is compiled once
            page.evaluate(
                """import('./feedback.js').then((m) => { window.at = [];
                  const said = m.given; let saved = said.saved;
                  Object.defineProperty(said, 'saved', { get: () => saved, set: (n) => { saved = n; window.at.push(performance.now()); } });
                  let again = said.again;
                  Object.defineProperty(said, 'again', { get: () => again, set: (n) => { again = n; window.at.push(performance.now()); } }); })"""
            )
            page.evaluate(WATCH)
            for _ in range(600):
                if page.evaluate("window.inView.length") > LABELS * 2:
                    break
                page.wait_for_timeout(200)
            seen: list[list[float]] = page.evaluate("window.inView")
            beeps: list[float] = page.evaluate("window.at")
            long: list[float] = page.evaluate("window.long")
            browser.close()
    finally:
        line.stop()
        server.stop()
    waits = []
    for _number, at in seen[:-1]:
        after = next((beep for beep in beeps if beep >= at - 5), None)
        if after is not None and after - at < 1600:
            waits.append(after - at)
    median = statistics.median(waits) if waits else float("nan")
    return [
        ("camera_label_to_beep_median", median, "ms", median / GOAL_MS, "goal 300 ms"),
        ("camera_label_to_beep_worst", max(waits, default=float("nan")), "ms", None, f"{len(waits)} of {len(seen) - 1} labels"),
        ("camera_main_thread_longest_task", max(long, default=0.0), "ms", max(long, default=0.0) / BLOCKED_MS, "goal 50 ms"),
    ]


def samples() -> Path | None:
    """Where the public pictures are, if they are."""
    for place in (os.environ.get("FOYER_SAMPLES"), *(parent / "shared/samples" for parent in Path(__file__).resolve().parents)):
        if place and (folder := Path(place) / "barcodes").is_dir():
            return folder
    return None


def read_samples() -> list[Line]:
    """How many of the public pictures the phone's decoder and the server's read, with our two kinds of codes."""
    folder = samples()
    if folder is None:
        print("the public sample pictures are not beside the project: not measured", file=sys.stderr)
        return []
    import zxingcpp
    from playwright.sync_api import sync_playwright

    from mobile.floor.serve import Floor
    from tests.floor.office import Office, Server
    from tests.live import chromium

    pictures = [
        (name, path, path.with_suffix(".txt").read_text("utf-8", "replace").strip())
        for name in SAMPLES
        for path in sorted((folder / name).glob("*"))
        if path.suffix in (".png", ".jpg", ".webp") and path.with_suffix(".txt").exists()
    ]
    found: dict[str, list[tuple[bool, bool, float]]] = {}
    server = Server(Office(), Floor())
    try:
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.port}/m/")
            for name, path, text in pictures:
                image = Image.open(path).convert("L")
                here = any(_same(one.text, text) for one in zxingcpp.read_barcodes(image))
                answer: dict[str, Any] = page.evaluate(
                    """async (data) => {
                      const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
                      const image = await createImageBitmap(new Blob([bytes]));
                      window.camera ??= new (await import('./scanner.js')).Camera(null, () => {}, () => {});
                      const began = performance.now();
                      const texts = await window.camera.decode(image, image.width, image.height);
                      return { texts, ms: performance.now() - began };
                    }""",
                    base64.b64encode(path.read_bytes()).decode(),
                )
                found.setdefault(name, []).append((any(_same(one, text) for one in answer["texts"]), here, float(answer["ms"])))
            browser.close()
    finally:
        server.stop()
    lines: list[Line] = []
    for name, results in found.items():
        phone, here = sum(one[0] for one in results), sum(one[1] for one in results)
        lines.append(
            (
                f"samples_{name}_phone_reads",
                phone,
                f"of {len(results)}",
                phone / here if here else None,
                f"zxing-cpp on the server reads {here}",
            )
        )
        lines.append((f"samples_{name}_phone_median", statistics.median(one[2] for one in results), "ms", None, ""))
    return lines


def _same(read: str, wanted: str) -> bool:
    return read.strip() == wanted or read.strip().replace("\r\n", "\n") == wanted.replace("\r\n", "\n")


def run() -> Iterator[Line]:
    """All lines of this part."""
    yield from measure()
    yield from read_samples()


if __name__ == "__main__":
    for name, value, unit, ratio, reference in run():
        print(f"{name} {value:g} {unit} {'-' if ratio is None else format(ratio, '.3g')} {reference or '-'}", flush=True)
