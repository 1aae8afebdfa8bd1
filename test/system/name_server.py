"""A name server on 127.0.0.1:53 for one domain: name_server.py DOMAIN PORT...
Its _etcd-server._tcp record names m1, m2, ... of the domain, one for each port; each of those is 127.0.0.1. All else does
not exist."""
import socket
import struct
import sys

domain, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
A, SRV = 1, 33


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def decode(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


def records(name, kind):
    hosts = ["m%d.%s" % (n + 1, domain) for n in range(len(ports))]
    if kind == SRV and name == "_etcd-server._tcp." + domain:
        return [struct.pack(">HHH", 0, 0, port) + encode(host) for host, port in zip(hosts, ports)]
    return [socket.inet_aton("127.0.0.1")] if kind == A and name in hosts else []


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(512)
    name, end = decode(query, 12)
    kind = struct.unpack(">H", query[end : end + 2])[0]
    question = query[12 : end + 4]
    answers = [b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data for data in records(name, kind)]
    is_known = answers or records(name, A) or records(name, SRV)
    flags = 0x8580 if is_known else 0x8583  # an authority's answer; no such name
    server.sendto(query[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0) + question + b"".join(answers), client)
