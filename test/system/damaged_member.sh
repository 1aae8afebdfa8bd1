#!/usr/bin/env bash
# Members of a running cluster whose own data was damaged, rolled back or lost, by decay or by an operator (CC-12, RB-38).
set -u
cd "$(dirname "$0")/../.."
[ -n "${SERVERS:-}" ] || exec test/system/with-cluster "$0"
. test/system/checks
export ETCDCTL_API=3
all=${SERVERS//http:\/\//}
IFS=, read -ra endpoint <<<"$all"
read -ra ports <<<"$CLUSTER_PORTS"
log=$CLUSTER_DIRECTORY/../log
ctl() { timeout 30 etcdctl --endpoints "$all" "$@" 2>&1; }
at() { timeout 30 etcdctl --endpoints "${endpoint[$1]}" "${@:2}" 2>&1; }
id_of() { ctl member list | sed -nE "s/^([0-9a-f]+), [a-z]+, $1, .*/\1/p"; }
put_some() { for i in $(seq 30); do ctl put "$1/$i" "$(head -c 2000 /dev/zero | tr '\0' v)" >/dev/null; done; }
says() { grep -F "$1 |" "$log" | grep -q -F -- "$2"; }
# soon COMMAND...: succeeds within twenty seconds
soon() {
  for _ in $(seq 200); do "$@" && return; sleep 0.1; done
  return 1
}
one_hash() { [ "$(ctl endpoint hashkv | cut -d, -f2 | sort -u | wc -l)" = 1 ]; }
has_ended() { ! kill -0 "$(cat "$CLUSTER_DIRECTORY/$1.pid")" 2>/dev/null; }
newest_segment() { ls "$CLUSTER_DIRECTORY/$1"/wal/*.wal | tail -n 1; }

put_some /first

# --- decay in the middle of a log
scripts/cluster kill infra3
dd if=/dev/urandom of="$(newest_segment infra3)" bs=1 seek=20000 count=600 conv=notrunc status=none
put_some /second
scripts/cluster restart infra3
check "a damaged log: the member says so" soon says infra3 "part of the log is lost"
check "a damaged log: it has all again" soon says infra3 "this member has all again that was committed"
is "a damaged log: what was written meanwhile" 30 "$(at 2 get /second --prefix --keys-only --consistency=s | grep -c /second)"
check "a damaged log: one hash" soon one_hash
check "a damaged log: what is left of it stays" test -e "$(newest_segment infra3).damaged"

# --- a log that is gone
scripts/cluster kill infra2
rm -r "$CLUSTER_DIRECTORY"/infra2/wal
scripts/cluster restart infra2
check "no log: it has all again" soon says infra2 "this member has all again that was committed"
check "no log: one hash" soon one_hash

# --- data of an earlier day
scripts/cluster kill infra1
cp -r "$CLUSTER_DIRECTORY"/infra1 "$CLUSTER_DIRECTORY"/infra1.old
scripts/cluster restart infra1
check "before the loss: one hash" soon one_hash
put_some /third
check "before the loss: all is everywhere" soon one_hash
scripts/cluster kill infra1
rm -r "$CLUSTER_DIRECTORY"/infra1
mv "$CLUSTER_DIRECTORY"/infra1.old "$CLUSTER_DIRECTORY"/infra1
lost=$(id_of infra1)
scripts/cluster restart infra1
check "rolled back: it is found out" soon says infra1 "this member does not have all that it once acknowledged"
check "rolled back: it ends" soon has_ended infra1
is "rolled back: the cluster goes on" OK "$(at 1 put /fourth 1)"
has "rolled back: it is replaced" "removed from cluster" "$(at 1 member remove "$lost")"
# The strict check wants the others to have been connected for a while.
add() { at 1 member add infra1 --peer-urls="http://127.0.0.1:${ports[1]}" | grep -q "added to cluster"; }
check "rolled back: by a new member" soon add
summary
