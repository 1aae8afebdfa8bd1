#!/usr/bin/env bash
# Three members that find each other by SRV records, asked of a name server of the test's own. It needs port 53 and the
# system's resolver, so all runs in namespaces for network and mounts of its own; skipped where those may not be made.
set -u
cd "$(dirname "$0")/../.."
if [ "${1:-}" != inside ]; then
  unshare -mn ip link set lo up 2>/dev/null && exec unshare -mn "$0" inside
  printf 'srv: 0 passed, 0 failed, 1 skipped (no namespaces for this user)\n'
  exit 0
fi
. test/system/checks
program=$(realpath "${VIADUCT:-build/bin/viaduct}")
name_server=$(realpath test/system/name_server.py)
work=$(mktemp -d)
pids=()
trap '{ kill -9 "${pids[@]}"; wait; } 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

ip link set lo up
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n' >resolv.conf
printf 'hosts: files dns\n' >nsswitch.conf
mount --bind resolv.conf /etc/resolv.conf
mount --bind nsswitch.conf /etc/nsswitch.conf

member() { # NUMBER FLAG..., in a shell of its own, which becomes the member
  local n=$1
  shift
  exec "$program" --name "m$n" --data-dir "m$n" --listen-client-urls "http://127.0.0.1:1000$n" \
    --advertise-client-urls "http://127.0.0.1:1000$n" --listen-peer-urls "http://127.0.0.1:1100$n" \
    --initial-advertise-peer-urls "http://${host:-127.0.0.1}:1100$n" "$@" 2>&1
}
ready() { # NUMBER...
  local n
  for n; do
    for _ in $(seq 600); do
      grep -q '"msg":"ready to serve client requests"' "m$n.log" && continue 2
      sleep 0.05
    done
    tail -n 5 "m$n.log" >&2
    return 1
  done
}
fails "without a name server the start fails, and says why" 1 "DNS SRV" member 4 --discovery-srv cluster.test

/usr/bin/python3 "$name_server" cluster.test 11001 11002 11003 >name_server.log 2>&1 &
pids+=($!)
until grep -q ready name_server.log; do kill -0 "${pids[-1]}" || exit 1; done

fails "a domain without records is refused" 1 "DNS SRV" member 5 --discovery-srv other.test
fails "who is in no record is refused" 1 'cannot find local etcd member \"m6\" in SRV records' \
  member 6 --discovery-srv cluster.test

for n in 1 2 3; do
  host=m$n.cluster.test member "$n" --discovery-srv cluster.test >"m$n.log" &
  pids+=($!)
done
check "three members find each other by SRV records" ready 1 2 3
members=$(curl -s -m 5 http://127.0.0.1:10001/v2/members)
check "each has its own name" test "$(grep -o '"name":"[^"]*"' <<<"$members" | sort | tr -d '\n')" = '"name":"m1""name":"m2""name":"m3"'
check "and the address of its record" test "$(grep -o 'm[123].cluster.test:1100[123]' <<<"$members" | sort -u | wc -l)" = 3
check "a write at one is read at another" test \
  "$(curl -s -m 10 -o /dev/null -w '%{http_code}' http://127.0.0.1:10002/v2/keys/a -XPUT -d value=1)$(
    curl -s -m 10 'http://127.0.0.1:10003/v2/keys/a?quorum=true' | grep -o '"value":"1"')" = '201"value":"1"'

summary
