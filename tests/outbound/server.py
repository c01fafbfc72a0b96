"""A scripted TLS server on loopback: each test says, byte by byte, what the peer does."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import trustme

Script = Callable[["Peer"], None]


@dataclass
class Peer:
    """One accepted connection."""

    sock: socket.socket
    server: "Server"

    def read_request(self) -> bytes:
        """One whole request, head and body; empty where the client went away."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.sock.recv(65536)
            if not chunk:
                return b""
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self.sock.recv(65536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return self.server.requests[-1]

    def answer(self, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reset(self) -> None:
        """Close so that the other side sees a reset, not an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.sock.close()


@dataclass
class Server:
    port: int
    requests: list[bytes] = field(default_factory=list)
    accepted: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def serve(script: Script, certificate: trustme.LeafCert | None) -> Iterator[Server]:
    """Run `script` for each connection until the block ends. Without a certificate it speaks no TLS."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    server = Server(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def handle(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(raw):
            raw.settimeout(10)
            sock = raw if context is None else context.wrap_socket(raw, server_side=True)
            with contextlib.closing(sock):
                script(Peer(sock, server))

    def accept() -> None:
        while not server.stopping.is_set():
            try:
                raw, _ = listener.accept()
            except TimeoutError:
                continue
            server.accepted += 1
            threads.append(threading.Thread(target=handle, args=(raw,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        server.stopping.set()
        acceptor.join()
        listener.close()
        for thread in threads:
            thread.join()
