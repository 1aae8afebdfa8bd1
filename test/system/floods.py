"""Floods from clients that mean no good, while another goes on with its work: what each costs that one.

Each flood runs for some seconds from processes of its own. Judged: the normal client gets every answer, the server's memory
stays within bounds, and when the flood is over, its connections are gone. Shown: the normal client's latencies.
"""
import http.client
import json
import multiprocessing
import os
import socket
import statistics
import struct
import sys
import time

PORT = int(os.environ["PORT"])
SECONDS = float(os.environ.get("FLOOD_SECONDS", "3"))
MEMORY_LIMIT = 700 << 20  # beyond what it had before the first flood; unfinished requests alone may take 512 MiB a loop
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"floods: {name}: {detail}")


def connect(timeout=5):
    return socket.create_connection(("127.0.0.1", PORT), timeout=timeout)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):  # HPACK: a literal without indexing
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


GET_VERSION = b"".join(literal(*field) for field in [
    (b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/version"), (b":authority", b"a")])


def http2():
    s = connect()
    s.sendall(PREFACE + frame(SETTINGS, 0, 0))
    return s


def until(deadline, attack):
    """Again and again; the server may end a connection at any time, and a new one is made."""
    while time.monotonic() < deadline:
        try:
            attack(deadline)
        except OSError:
            pass


# --- the floods; each ends at `deadline` or when its connection does

def slow_heads(deadline):
    """Slowloris: many requests that never come to an end."""
    sockets = []
    while time.monotonic() < deadline:
        while len(sockets) < 400:
            s = connect()
            s.sendall(b"GET /v2/keys/a HTTP/1.1\r\nHost: a\r\n")
            sockets.append(s)
        for s in list(sockets):
            try:
                s.sendall(b"X-A: b\r\n")
            except OSError:
                sockets.remove(s)
        time.sleep(0.1)


def slow_bodies(deadline):
    sockets = [connect() for _ in range(200)]
    for s in sockets:
        s.sendall(b"PUT /v2/keys/slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nvalue=" + b"x" * 500000)
    while time.monotonic() < deadline:
        for s in sockets:
            s.sendall(b"x")
        time.sleep(0.1)


def connections(deadline):
    while time.monotonic() < deadline:
        connect().close()


def garbage(deadline):
    while time.monotonic() < deadline:
        with connect() as s:
            s.sendall(os.urandom(2000))


def rapid_reset(deadline):
    s = http2()
    stream = 1
    while time.monotonic() < deadline:
        burst = b""
        for _ in range(100):
            burst += frame(HEADERS, END_STREAM | END_HEADERS, stream, GET_VERSION)
            burst += frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
            stream += 2
        s.sendall(burst)


def endless_headers(deadline):
    """CONTINUATION without end."""
    s = http2()
    s.sendall(frame(HEADERS, END_STREAM, 1, GET_VERSION))
    while time.monotonic() < deadline:
        s.sendall(frame(CONTINUATION, 0, 1, literal(b"x-a", b"b" * 100) * 100))


def unread_answers(deadline):
    """Asks to acknowledge, and does not take the acknowledgements."""
    s = http2()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while time.monotonic() < deadline:
        s.sendall(frame(PING, 0, 0, b"12345678") * 100 + frame(SETTINGS, 0, 0) * 100)


def unread_watches(deadline):
    """Watchers of everything that never read, while others write large values."""
    watchers = []
    for _ in range(100):
        s = connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /v2/keys/?wait=true&stream=true&recursive=true HTTP/1.1\r\nHost: a\r\n\r\n")
        watchers.append(s)
    writer = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    while time.monotonic() < deadline:
        writer.request("PUT", "/v2/keys/flood/big", "value=" + "v" * 50000,
                       {"Content-Type": "application/x-www-form-urlencoded"})
        writer.getresponse().read()


def dropped_watches(deadline):
    """Long polls that are given up at once."""
    while time.monotonic() < deadline:
        for s in [connect() for _ in range(50)]:
            s.sendall(b"GET /v2/keys/nothing?wait=true HTTP/1.1\r\nHost: a\r\n\r\n")
            s.close()


def large_listings(deadline):
    """Answers of a megabyte that are asked for and not read, pipelined."""
    s = connect()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while time.monotonic() < deadline:
        s.sendall(b"GET /v2/keys/large?recursive=true HTTP/1.1\r\nHost: a\r\n\r\n" * 20)


FLOODS = [slow_heads, slow_bodies, connections, garbage, rapid_reset, endless_headers, unread_answers, unread_watches,
          dropped_watches, large_listings]


# --- the one who has work to do

def work(seconds):
    """Writes and reads for that long; the latencies in milliseconds, and what went wrong."""
    client = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    latencies, wrong = [], []
    deadline = time.monotonic() + seconds
    n = 0
    while time.monotonic() < deadline:
        n += 1
        begin = time.monotonic()
        try:
            client.request("PUT", "/v2/keys/work", f"value={n}", {"Content-Type": "application/x-www-form-urlencoded"})
            put = client.getresponse()
            put.read()
            client.request("GET", "/v2/keys/work")
            value = json.loads(client.getresponse().read())["node"]["value"]
            if put.status not in (200, 201) or value != str(n):
                wrong.append(f"{put.status} {value} instead of {n}")
        except Exception as failure:
            wrong.append(repr(failure))
            client = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        latencies.append(1000 * (time.monotonic() - begin))
    return latencies, wrong


def shown(latencies):
    return f"{len(latencies):6d} pairs, median {statistics.median(latencies):7.2f} ms, " \
           f"p99 {statistics.quantiles(latencies, n=100)[98]:7.2f} ms, longest {max(latencies):7.2f} ms"


def server_pid():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
        except OSError:
            continue
        if f"http://127.0.0.1:{PORT}".encode() in words and not words[0].endswith(b"python3"):
            return int(pid)
    raise RuntimeError("no server listens")


def resident_bytes(pid):
    return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")


def sockets_of(pid):
    def target(fd):
        try:
            return os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:  # closed meanwhile
            return ""
    return sum(target(fd).startswith("socket:") for fd in os.listdir(f"/proc/{pid}/fd"))


def soon(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def main():
    pid = server_pid()
    filler = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    for n in range(1000):
        filler.request("PUT", f"/v2/keys/large/{n}", "value=" + "v" * 1000,
                       {"Content-Type": "application/x-www-form-urlencoded"})
        filler.getresponse().read()
    filler.close()
    quiet, wrong = work(1)
    check("quiet", not wrong, wrong[:3])
    print(f"{'no flood':16s} {shown(quiet)}")
    before, open_before = resident_bytes(pid), sockets_of(pid)
    for flood in FLOODS:
        name = flood.__name__.replace("_", " ")
        deadline = time.monotonic() + SECONDS
        attackers = [multiprocessing.Process(target=until, args=(deadline, flood)) for _ in range(2)]
        for attacker in attackers:
            attacker.start()
        latencies, wrong = work(SECONDS)
        peak = resident_bytes(pid)
        for attacker in attackers:
            attacker.join(20)
            attacker.kill()
        print(f"{name:16s} {shown(latencies)}, {peak >> 20} MB")
        check(f"{name}: every answer is right", not wrong, wrong[:3])
        check(f"{name}: memory", peak - before < MEMORY_LIMIT, f"{peak >> 20} MB, {before >> 20} MB before")
        check(f"{name}: its connections go", soon(lambda: sockets_of(pid) <= open_before + 10),
              f"{sockets_of(pid)} sockets, {open_before} before")
    print(f"floods: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
