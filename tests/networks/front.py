"""Owns servers that speak TLS the way a test wants it, in front of the simulator's API, which speaks plain http."""
import select, socket, ssl, threading, time
from urllib.parse import urlsplit

# For how long a connection may be idle where the server closes such ones.
IDLE = 0.1


def pass_on(client, upstream):
    """Both directions, until either side closes."""
    back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
    back.start()
    pump(client, upstream)
    back.join()


def pump(source, target):
    try:
        while content := source.recv(65536):
            target.sendall(content)
    except OSError:
        pass
    for one in (source, target):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def close_when_idle(client, upstream):
    """One answer after the other; what comes too late finds the connection closed."""
    while True:
        client.settimeout(IDLE)
        try:
            request = client.recv(65536)
        except TimeoutError:
            return
        client.settimeout(30)
        # Whatever form its body has: until the answer begins.
        while request:
            upstream.sendall(request)
            request = b"" if answers(upstream, client) else client.recv(65536)
        head, body = read_head(upstream, b"")
        client.sendall(head + body)
        # A stream has no length: it ends with its connection.
        if length(head) is None:
            client.settimeout(None)
            return pass_on(client, upstream)
        relay(upstream, client, length(head) - len(body))


def answers(upstream, client):
    """Waits for either side; whether it is the server that goes on."""
    return not client.pending() and upstream in select.select([client, upstream], [], [])[0]


def read_head(source, content):
    while b"\r\n\r\n" not in content:
        more = source.recv(65536)
        if not more:
            raise ConnectionError("the other side has closed")
        content += more
    head, blank, body = content.partition(b"\r\n\r\n")
    return head + blank, body


def length(head):
    """What an answer's header announces; nothing where the status says that there is no body."""
    if head.startswith((b"HTTP/1.1 204", b"HTTP/1.1 304")):
        return 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return None


def relay(source, target, count):
    while count > 0:
        content = source.recv(min(count, 65536))
        if not content:
            raise ConnectionError("the other side has closed")
        target.sendall(content)
        count -= len(content)


def redirect_to(authority):
    """Answers everything with a redirect to another server."""

    def answer(client, _upstream):
        head, _ = read_head(client, b"")
        path = head.split(b" ")[1].decode()
        client.sendall(f"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://{authority}{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    return answer


class Front:
    """A TLS server on an address of its own; `versions` are the only ones that it speaks."""

    def __init__(self, api, chain, key, address="10.77.0.1", port=0, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3), behave=pass_on):
        self.upstream, self.behave, self.seen = (urlsplit(api).hostname, urlsplit(api).port), behave, []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)
        if versions[0] < ssl.TLSVersion.TLSv1_2:
            self.context.set_ciphers("DEFAULT:@SECLEVEL=0")
        self.context.minimum_version, self.context.maximum_version = versions
        self.socket = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as client, socket.create_connection(self.upstream) as upstream:
                self.seen.append(client.version())
                self.behave(client, upstream)
        except OSError as error:
            self.seen.append(type(error).__name__)

    def close(self):
        self.socket.close()


def reached(address, port, seconds=20):
    """Waits until something listens there."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection((address, port), 1).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
