#!/usr/bin/env bash
# etcd's own command line client against a cluster of three: members, endpoints, and what is left when some are gone.
set -u
cd "$(dirname "$0")/../.."
[ -n "${SERVERS:-}" ] || exec test/system/with-cluster "$0"
. test/system/checks
export ETCDCTL_API=3
all=${SERVERS//http:\/\//}
IFS=, read -ra endpoint <<<"$all"
work=$(mktemp -d)
extra=
trap '[ -z "$extra" ] || kill "$extra" 2>/dev/null; rm -rf "$work"' EXIT
ctl() { timeout 30 etcdctl --endpoints "$all" "$@" 2>&1; }
at() { timeout 30 etcdctl --endpoints "${endpoint[$1]}" "${@:2}" 2>&1; }
hex() { printf '%x' "$1"; }

# id_of NAME: the member's id, in hexadecimal
id_of() { ctl member list | sed -nE "s/^([0-9a-f]+), [a-z]+, $1, .*/\1/p"; }
# leader: the number of the endpoint that leads, from 0
leader() {
  for _ in $(seq 100); do
    for i in 0 1 2; do
      [ "$(at $i endpoint status 2>/dev/null | cut -d, -f5)" = " true" ] && echo $i && return
    done
    sleep 0.1
  done
}
# again COMMAND...: until it succeeds, for twenty seconds
again() {
  for _ in $(seq 100); do
    "$@" >"$work/again" 2>&1 && break
    sleep 0.2
  done
  cat "$work/again"
}

# --- members and endpoints
is "member list" "started infra1 started infra2 started infra3" \
  "$(ctl member list | cut -d, -f2,3 | tr -d , | sort -k2 | xargs)"
is "member list, learners" "false false false" "$(ctl member list | cut -d, -f6 | xargs)"
is "endpoint health" "3" "$(ctl endpoint health | grep -c 'is healthy: successfully committed proposal')"
is "endpoint health --cluster" "3" "$(at 1 endpoint health --cluster | grep -c 'is healthy')"
is "endpoint status: one leads" "false false true" "$(ctl endpoint status | cut -d, -f5 | sort | xargs)"
is "endpoint status: the three agree on the term" 1 "$(ctl endpoint status | cut -d, -f7 | sort -u | wc -l)"
for i in 0 1 2; do is "put at member $i" OK "$(at $i put /from/$i value-$i)"; done
for i in 0 1 2; do is "get at member $i" "value-0 value-1 value-2" "$(at $i get /from/ --prefix --print-value-only | xargs)"; done
sleep 0.5
is "endpoint hashkv --cluster: one hash" 1 "$(ctl endpoint hashkv --cluster | cut -d, -f2 | sort -u | wc -l)"
is "get --consistency=s at a follower" value-2 "$(at $((($(leader) + 1) % 3)) get /from/2 --consistency=s --print-value-only)"

# --- leadership
from=$(leader)
to=$(((from + 1) % 3))
has "move-leader" "Leadership transferred from" "$(ctl move-leader "$(id_of infra$((to + 1)))")"
is "the other one leads" "$to" "$(leader)"
fails "move-leader, asked of followers only" 128 "no leader endpoint given" at "$from" move-leader "$(id_of infra$((from + 1)))"
fails "move-leader to nobody" 1 "etcdserver: bad leader transferee" ctl move-leader 1234

# --- one member more, and again one less
sleep 5 # the strict check wants members to have been connected for so long
ports=($(/usr/bin/python3 -c '
import random, socket
for _ in range(2):
    s = socket.socket()
    s.bind(("127.0.0.1", random.randrange(10000, 32000)))
    print(s.getsockname()[1])'))
client=http://127.0.0.1:${ports[0]}
peer=http://127.0.0.1:${ports[1]}
added=$(ctl member add infra4 --peer-urls="$peer" --learner)
has "member add --learner" "added to cluster" "$added"
fails "a second learner" 1 "etcdserver: too many learner members in cluster" ctl member add infra5 --peer-urls=http://127.0.0.1:1 --learner
initial=$(sed -nE 's/^ETCD_INITIAL_CLUSTER="(.*)"/\1/p' <<<"$added")
fails "member promote, not started" 1 "etcdserver: can only promote a learner member which is in sync with leader" \
  ctl member promote "$(ctl member list | sed -nE 's/^([0-9a-f]+), unstarted.*/\1/p')"
"$VIADUCT" --name infra4 --data-dir "$work/infra4" --listen-client-urls "$client" --advertise-client-urls "$client" \
  --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "$initial" \
  --initial-cluster-state existing ${CLUSTER_FLAGS:-} >"$work/log" 2>&1 &
extra=$!
for _ in $(seq 200); do [ -n "$(id_of infra4)" ] && break; sleep 0.1; done
is "member list shows the learner" "started infra4 true" "$(ctl member list | grep infra4 | cut -d, -f2,3,6 | tr -d , | xargs)"
new=${client#http://}
is "get --consistency=s at a learner" value-1 "$(ETCDCTL_API=3 again etcdctl --endpoints "$new" get /from/1 --consistency=s --print-value-only)"
fails "put at a learner" 1 "etcdserver: rpc not supported for learner" timeout 30 etcdctl --endpoints "$new" put x y
has "member promote" "promoted in cluster" "$(again ctl member promote "$(id_of infra4)")"
is "put at the promoted member" OK "$(ETCDCTL_API=3 again etcdctl --endpoints "$new" put /from/3 value-3)"
has "member update" "updated in cluster" "$(ctl member update "$(id_of infra4)" --peer-urls="$peer")"
fails "member update of nobody" 1 "etcdserver: member not found" ctl member update 1234 --peer-urls="$peer"
has "member remove" "removed from cluster" "$(ctl member remove "$(id_of infra4)")"
for _ in $(seq 100); do kill -0 "$extra" 2>/dev/null || break; sleep 0.1; done
is "the removed member ends" gone "$(kill -0 "$extra" 2>/dev/null && echo running || echo gone)"
fails "member remove of nobody" 1 "etcdserver: member not found" ctl member remove 1234

# --- the leader dies
leading=$(leader)
scripts/cluster kill infra$((leading + 1))
is "put after the leader's death" OK "$(again ctl put /after 1)"
left=$(((leading + 1) % 3))
has "endpoint health, one is dead" "is unhealthy" "$(ctl endpoint health)"
is "get at one that is left" 1 "$(at $left get /after --print-value-only)"
scripts/cluster restart infra$((leading + 1))
is "it comes back with all that was written" 1 "$(again at "$leading" get /after --print-value-only)"
sleep 0.5
is "endpoint hashkv: still one hash" 1 "$(ctl endpoint hashkv | cut -d, -f2 | sort -u | wc -l)"

# --- no majority
for n in 1 2; do scripts/cluster kill infra$n; done
is "get --consistency=s without a majority" 1 "$(at 2 get /after --consistency=s --print-value-only)"
fails "put without a majority" 1 "" at 2 --command-timeout=3s put /after 2
fails "endpoint health without a majority" 1 "unhealthy cluster" at 2 endpoint health
for n in 1 2; do scripts/cluster restart infra$n; done
is "put when they are back" OK "$(again ctl put /after 3)"
is "endpoint health when they are back" "3" "$(again ctl endpoint health | grep -c 'is healthy')"
summary
