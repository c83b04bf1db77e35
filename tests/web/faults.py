"""A TCP proxy that can fall silent: what a dead Wi-Fi, a pulled cable and a stopped server look like to a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class FaultProxy:
    """Forwards to `target`. `freeze()` holds every byte in both directions (nothing is closed), `thaw()` lets them all go on; `cut()` closes and refuses."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._flow = threading.Event()
        self._flow.set()
        self._open = True
        self._ending = False
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """From now on nothing arrives, and nobody is told."""
        self._flow.clear()

    def thaw(self) -> None:
        """Everything that was held arrives."""
        self._flow.set()

    def cut(self) -> None:
        """Close every connection and accept no new one."""
        self._open = False
        self._drop()

    def mend(self) -> None:
        """Accept connections again."""
        self._open = True

    def close(self) -> None:
        self._ending = True
        self._flow.set()
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while not self._ending:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                client.close()
                continue
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._flow.wait()
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._sockets |= {client, server}
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flow.wait()
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                one.close()


@contextmanager
def fault_proxy(url: str) -> Iterator[FaultProxy]:
    """A proxy before the server at `url`."""
    host, _, port = url.removeprefix("http://").partition(":")
    proxy = FaultProxy((host, int(port)))
    try:
        yield proxy
    finally:
        proxy.close()
