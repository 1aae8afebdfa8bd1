#!/usr/bin/env bash
# TLS against a real server, with curl, etcdctl and openssl: mutual TLS on every listener, revocation, rotation, one port
# for http and https, self-signed certificates.
set -u
cd "$(dirname "$0")/../.."
. test/system/checks
program=$(realpath "${VIADUCT:-build/bin/viaduct}")
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

# Below the range of outgoing connections, so that none of those takes a port before the server does.
read -r client peer metrics web <<<"$(/usr/bin/python3 -c '
import random, socket
sockets = []
while len(sockets) < 4:
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(10000, 32000)))
        sockets.append(s)
    except OSError:
        s.close()
print(*[s.getsockname()[1] for s in sockets])')"

# --- Certificates
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 9 \
    -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
}
# issue NAME CN SERIAL CA: writes NAME.pem and NAME.key
issue() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$2" 2>/dev/null |
    openssl x509 -req -CA "$4.pem" -CAkey "$4.key" -set_serial "$3" -days 9 -out "$1.pem" \
      -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n') 2>/dev/null
}
# revoke NAME...: the list of all of them
revoke() {
  : >index.txt
  local name
  for name; do openssl ca -config ca.conf -revoke "$name.pem" 2>/dev/null; done
  openssl ca -config ca.conf -gencrl -out revoked.new 2>/dev/null
  mv revoked.new revoked.pem
}
cat >ca.conf <<'END'
[ca]
default_ca=own
[own]
database=index.txt
crlnumber=crlnumber
default_md=sha256
default_crl_days=9
certificate=ca.pem
private_key=ca.key
END
echo 01 >crlnumber
authority ca
authority stranger
issue server server 0x10 ca
issue root root 0x11 ca
issue other other 0x12 ca
issue gone gone 0xdeadbeef ca
issue foreign root 0x11 stranger
revoke gone

# --- Servers
start() {
  "$program" --data-dir "$1" --listen-peer-urls "$peer_url" --initial-advertise-peer-urls "$peer_url" \
    --initial-cluster "default=$peer_url" "${@:2}" >>log 2>&1 &
  server=$!
  until grep -q 'ready to serve client requests' log; do
    kill -0 "$server" 2>/dev/null || { cat log; exit 1; }
    sleep 0.05
  done
}
stop() {
  kill "$server"
  wait "$server" 2>/dev/null
  : >log
}
with() { curl -sS --max-time 10 --cacert ca.pem --cert "$1.pem" --key "$1.key" "${@:2}" 2>&1; }
# exit status alone
status_with() { with "$@" >/dev/null; echo $?; }
etcdctl3() { ETCDCTL_API=3 etcdctl --endpoints "https://127.0.0.1:$client" --cacert ca.pem "$@" 2>&1; }
etcdctl2() { ETCDCTL_API=2 etcdctl --endpoints "https://127.0.0.1:$client" --no-sync --ca-file ca.pem "$@" 2>&1; }

# --- Mutual TLS on every listener
peer_url=https://127.0.0.1:$peer
url=https://127.0.0.1:$client
mutual=(--cert-file server.pem --key-file server.key --trusted-ca-file ca.pem --client-cert-auth
  --client-crl-file revoked.pem --peer-cert-file server.pem --peer-key-file server.key --peer-trusted-ca-file ca.pem
  --peer-crl-file revoked.pem --peer-client-cert-auth --listen-metrics-urls "https://127.0.0.1:$metrics")
start mutual --listen-client-urls "$url,http://127.0.0.1:$client" --advertise-client-urls "$url" "${mutual[@]}"

is "PUT with a certificate" '{"action":"set","node":{"key":"/a","value":"x"' \
  "$(with root "$url/v2/keys/a" -XPUT -d value=x | cut -d, -f1-3)"
is "curl speaks HTTP/2" 2 "$(with root -o /dev/null -w '%{http_version}' "$url/v2/keys/a")"
is "and HTTP/1.1 when told to" 1.1 "$(with root --http1.1 -o /dev/null -w '%{http_version}' "$url/v2/keys/a")"
is "the same port serves plain HTTP" x "$(curl -s "http://127.0.0.1:$client/v2/keys/a" | sed 's/.*"value":"\([^"]*\).*/\1/')"
is "a watch over TLS" set "$(
  with root "$url/v2/keys/w?wait=true" >watched &
  until curl -s "http://127.0.0.1:$client/v2/keys/w?quorum=true" -XPUT -d value=1 >/dev/null && grep -q action watched; do :; done
  sed 's/{"action":"\([a-z]*\).*/\1/' watched)"
is "v3 put" OK "$(etcdctl3 --cert root.pem --key root.key put k v)"
is "v3 get" "k v" "$(etcdctl3 --cert root.pem --key root.key get k | xargs)"
ETCDCTL_API=3 etcdctl --endpoints "$url" --cacert ca.pem --cert root.pem --key root.key watch k --rev 1 >seen 2>&1 &
watcher=$!
for _ in $(seq 100); do [ "$(wc -l <seen)" -ge 3 ] && break; sleep 0.05; done
kill $watcher
is "v3 watch" "PUT k v" "$(xargs <seen)"
is "v3 endpoint health" 1 "$(etcdctl3 --cert root.pem --key root.key endpoint health | grep -c 'is healthy')"
is "v2 etcdctl" hello "$(etcdctl2 --cert-file root.pem --key-file root.key set /message hello)"
is "the gateway" '"aw=="' "$(with root "$url/v3/kv/range" -d '{"key":"aw=="}' | grep -o '"aw=="')"
fails "v3 with a revoked certificate" 1 "context deadline exceeded" \
  etcdctl3 --dial-timeout 1s --command-timeout 1s --cert gone.pem --key gone.key get k

for port in client:$client/version metrics:$metrics/health peer:$peer/version; do
  name=${port%%:*}
  at=https://127.0.0.1:${port#*:}
  is "$name listener: the right certificate" 0 "$(status_with root "$at")"
  is "$name listener: another of our authority" 0 "$(status_with other "$at")"
  for refused in gone foreign; do
    for version in 1.2 1.3; do
      case "$(status_with "$refused" --tlsv$version --tls-max $version "$at")" in
        35 | 55 | 56) is "$name listener: $refused, TLS $version" ok ok ;;
        *) is "$name listener: $refused, TLS $version" refused let-in ;;
      esac
    done
  done
  fails "$name listener: no certificate" 56 "certificate required" curl -sS --cacert ca.pem "$at"
done
has "a refused certificate is in the log" 'transport: certificate serial deadbeef revoked' "$(cat log)"
has "with the names that it has" '"dns-names":"[localhost]"' "$(grep deadbeef log | head -n 1)"
has "so is a missing one" "tls: client didn't provide a certificate" "$(cat log)"
fails "plain HTTP where only TLS is" 52 "Empty reply" curl -sS "http://127.0.0.1:$peer/version"
has "is in the log, too" 'tls: first record does not look like a TLS handshake' "$(cat log)"
fails "TLS 1.1 is not spoken" 35 "" curl -sS --cacert ca.pem --cert root.pem --key root.key --tls-max 1.1 "$url/version"

# --- Files that change under a running server
serial() {
  openssl s_client -connect "127.0.0.1:$client" -cert root.pem -key root.key </dev/null 2>/dev/null |
    openssl x509 -noout -serial
}
is "the first certificate" serial=10 "$(serial)"
issue server server 0x20 ca
is "the next handshake has the new one" serial=20 "$(serial)"
with root -N "$url/v2/keys/w?wait=true&stream=true" >parked 2>/dev/null &
parked=$!
is "before it is revoked" 0 "$(status_with root "$url/version")"
revoke gone root
is "revoked while the server runs" 56 "$(status_with root --tlsv1.3 "$url/version")"
is "who is not still comes in" 0 "$(status_with other "$url/version")"
for _ in $(seq 50); do kill -0 $parked 2>/dev/null || break; sleep 0.1; done
fails "an open watch of the revoked has ended" 1 "" kill -0 $parked
stop

# --- The listener for HTTP alone, and sockets in the file system
start http --listen-client-urls "$url" --advertise-client-urls "$url" \
  --listen-client-http-urls "https://127.0.0.1:$web" "${mutual[@]}"
for name in other:0 gone:56 foreign:56 root:56; do
  is "client-http listener: ${name%:*}" "${name#*:}" "$(status_with "${name%:*}" --tlsv1.3 "https://127.0.0.1:$web/version")"
done
stop
start file --listen-client-urls "unixs://sock:1" --advertise-client-urls "$url" "${mutual[@]}"
is "unixs" 0 "$(status_with other --unix-socket sock:1 https://localhost/version)"
is "unixs, revoked" 56 "$(status_with gone --tlsv1.3 --unix-socket sock:1 https://localhost/version)"
stop

# --- Certificates of the server's own making
start auto --listen-client-urls "$url" --advertise-client-urls "$url" --auto-tls --peer-auto-tls
is "auto-tls is not trusted" 60 "$(curl -s "$url/version" >/dev/null; echo $?)"
is "but serves" 0 "$(curl -sk "$url/version" >/dev/null; echo $?)"
is "peers as well" 0 "$(curl -sk "$peer_url/version" >/dev/null; echo $?)"
is "etcdctl with --insecure-skip-tls-verify" OK \
  "$(ETCDCTL_API=3 etcdctl --endpoints "$url" --insecure-skip-tls-verify --insecure-transport=false put a b 2>&1)"
is "the key is its owner's alone" "600 600" "$(stat -c %a auto/fixtures/client/key.pem auto/fixtures/peer/key.pem | xargs)"
made=$(cat auto/fixtures/client/cert.pem)
stop
start auto --listen-client-urls "$url" --advertise-client-urls "$url" --auto-tls --peer-auto-tls
is "and is kept" "$made" "$(cat auto/fixtures/client/cert.pem)"
is "and trusted by who has it" 0 "$(curl -s --cacert auto/fixtures/client/cert.pem "$url/version" >/dev/null; echo $?)"
stop

# --- What cannot work is said at once
refuses() {
  fails "$1" 1 "$2" "$program" --data-dir wrong --listen-client-urls "$url" --advertise-client-urls "$url" \
    --listen-peer-urls "$peer_url" --initial-advertise-peer-urls "$peer_url" --initial-cluster "default=$peer_url" "${@:3}"
}
refuses "https without files" "TLS key/cert (--cert-file, --key-file) must be provided for client url $url with HTTPS scheme"
refuses "no key" "KeyFile and CertFile must both be present[key: , cert: server.pem]" --peer-auto-tls --cert-file server.pem
refuses "no such file" "open nope.pem: no such file or directory" --peer-auto-tls --cert-file nope.pem --key-file server.key
refuses "another key" "tls: private key does not match public key" --peer-auto-tls --cert-file server.pem --key-file root.key
refuses "cipher suite" 'unexpected TLS cipher suite \"X\"' --auto-tls --cipher-suites X
refuses "peers without files" "cannot listen on TLS for 127.0.0.1:$peer: KeyFile and CertFile are not presented" --auto-tls

summary
