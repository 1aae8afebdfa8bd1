#!/usr/bin/env bash
# The ways in which clusters come about, with real members: through a discovery URL that a member of another cluster
# serves, by --initial-cluster, by joining a running one, by 0.4's -peers; and --force-new-cluster, by which one member
# goes on alone.
set -u
cd "$(dirname "$0")/../.."
. test/system/checks
program=$(realpath "${VIADUCT:-build/bin/viaduct}")
work=$(mktemp -d)
declare -A pids=()
trap '{ kill -9 "${pids[@]}"; wait; } 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

# Below the range of outgoing connections, so that none of those takes a port before a member does.
ports=($(/usr/bin/python3 -c '
import random, socket
sockets = []
while len(sockets) < 14:
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(10000, 32000)))
        sockets.append(s)
    except OSError:
        s.close()
print(*[s.getsockname()[1] for s in sockets])'))
client() { printf 'http://127.0.0.1:%s' "${ports[$1]}"; }
peer() { printf 'http://127.0.0.1:%s' "${ports[$(($1 + 7))]}"; }

# start NUMBER FLAG...: member m<NUMBER> on its own ports
start() {
  local n=$1
  shift
  "$program" --name "m$n" --data-dir "m$n" --listen-client-urls "$(client "$n")" \
    --advertise-client-urls "$(client "$n")" --listen-peer-urls "$(peer "$n")" \
    --initial-advertise-peer-urls "$(peer "$n")" "$@" >>"m$n.log" 2>&1 &
  pids[$n]=$!
}
stop() { # NUMBER [SIGNAL]
  kill "-${2:-TERM}" "${pids[$1]}" 2>/dev/null
  wait "${pids[$1]}" 2>/dev/null
}
ready() { # NUMBER...: each says so within 30 s
  local n
  for n; do
    for _ in $(seq 600); do
      grep -q '"msg":"ready to serve client requests"' "m$n.log" && continue 2
      kill -0 "${pids[$n]}" 2>/dev/null || break
      sleep 0.05
    done
    tail -n 5 "m$n.log" >&2
    return 1
  done
}
members() { curl -s -m 5 "$(client "$1")/v2/members" | grep -o '"name":"[^"]*"' | sort | tr -d '\n'; }
write() { curl -s -m 10 -o /dev/null -w '%{http_code}' "$(client "$1")/v2/keys/$2" -XPUT -d value="$2"; }
read_key() { curl -s -m 5 "$(client "$1")/v2/keys/$2?quorum=true" | grep -o '"value":"[^"]*"'; }
says() { grep -q -F -- "$2" "m$1.log"; }

# --- A member alone serves as discovery
start 0
check "a member alone starts" ready 0
check "a size of nothing is refused" test "$(curl -s -o /dev/null -w '%{http_code}' "$(client 0)/new?size=0")" = 400
url=$(curl -s "$(client 0)/new?size=3")
check "a discovery URL is made" grep -qE '/v2/keys/_etcd/registry/[0-9a-f]{32}$' <<<"$url"

# --- Three members with one URL, the third by the token alone
start 1 --discovery "$url"
start 2 --discovery "$url"
start 3 --discovery "$url"
check "three members find each other by one URL" ready 1 2 3
check "they are one cluster" test "$(members 1)" = '"name":"m1""name":"m2""name":"m3"'
check "it takes a write" test "$(write 2 found)" = 201
check "which the others have" test "$(read_key 3 found)" = '"value":"found"'
for marker in "enabled capabilities for version" "published {Name:m1" "starting member"; do
  check "the log says: $marker" says 1 "$marker"
done
start 4 --discovery "$url" --discovery-fallback exit
wait "${pids[4]}"
check "a fourth is told that the cluster is full" says 4 "discovery: cluster is full"

# --- A restart goes on, whatever the flags say
stop 3
: >m3.log
start 3 --discovery "http://127.0.0.1:1/gone"
check "a member restarts without the service" ready 3
check "and says that it ignores the token" says 3 "discovery token ignored"
check "as what it was" says 3 "restarting member"

# --- Without its data a member is not let in again
stop 3
rm -rf m3
: >m3.log
static="m1=$(peer 1),m2=$(peer 2),m3=$(peer 3)"
start 3 --discovery "$url"
wait "${pids[3]}"
check "a wiped member is refused" says 3 "failed to join discovery cluster"

# --- It is replaced as a new member instead
old=$(curl -s "$(client 1)/v2/members" | grep -oE '"id":"[0-9a-f]+","name":"m3"' | cut -d'"' -f4)
check "the wiped member is removed" test "$(curl -s -o /dev/null -w '%{http_code}' -XDELETE "$(client 1)/v2/members/$old")" = 204
: >m3.log
start 3 -peers "127.0.0.1:${ports[8]}" -retry-interval 1 -max-retry-attempts 30
check "by 0.4's -peers it comes back as another" ready 3
check "with all the data" test "$(read_key 3 found)" = '"value":"found"'

# --- One that joins after it was added
added() {
  for _ in $(seq 40); do
    curl -s -m 5 -o /dev/null -w '%{http_code}' "$(client 1)/v2/members" -H 'Content-Type: application/json' \
      -d "{\"peerURLs\":[\"$(peer 4)\"]}" | grep -q 201 && return
    sleep 0.25 # the last one to join is not counted as healthy at once
  done
  return 1
}
check "a fourth is added" added
: >m4.log
rm -rf m4
start 4 --initial-cluster "$static" --initial-cluster-state existing
wait "${pids[4]}"
check "one that its own list does not name is refused" says 4 "couldn't find local name"
: >m4.log
start 4 --initial-cluster "$static,m4=$(peer 4)" --initial-cluster-state existing
check "one that was added joins" ready 4
check "with all the data" test "$(read_key 4 found)" = '"value":"found"'

# --- Alone again
for n in 1 2 3 4; do stop "$n" KILL; done
: >m2.log
start 2 --force-new-cluster
check "one of four goes on alone" ready 2
check "and is all of the cluster" test "$(members 2)" = '"name":"m2"'
check "with the data" test "$(read_key 2 found)" = '"value":"found"'
check "and takes writes" test "$(write 2 alone)" = 201
stop 2
: >m2.log
start 2
check "without the flag as well" ready 2
check "nothing is lost" test "$(read_key 2 alone)" = '"value":"alone"'
check "the others are gone for good" test "$(members 2)" = '"name":"m2"'
stop 2

# --- A new cluster by flags, on the same ports
rm -rf m1 m2 m3
for n in 1 2 3; do
  : >"m$n.log"
  start "$n" --initial-cluster "$static" --initial-cluster-token new
done
check "three members found a cluster by flags" ready 1 2 3
check "it is empty" test -z "$(read_key 1 found)"
check "it takes a write" test "$(write 3 fresh)" = 201

summary
