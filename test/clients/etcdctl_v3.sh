#!/usr/bin/env bash
# etcd's own command line client, v3 commands, against a real server.
set -u
cd "$(dirname "$0")/../.."
if [ -z "${SERVER:-}" ]; then
  exec test/system/with-server "$0" "$@"
fi
. test/system/checks
# It takes a minute, and a server of its own lets everything else go on meanwhile.
if [ "${1:-}" = check-perf ]; then
  unset ETCDCTL_ENDPOINTS
  ETCDCTL_API=3 exec timeout 120 etcdctl --endpoints "$SERVER" check perf --load=s
fi
export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$SERVER
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
SERVER='' "$0" check-perf >"$work/perf" 2>&1 &
perf=$!
ctl() { timeout 30 etcdctl "$@" 2>&1; }

# field NAME JSON: the first number of that name
field() { sed -nE "s/.*\"$1\":\"?(-?[0-9]+).*/\1/p" <<<"$2" | head -n 1; }
revision() { field revision "$(ctl get / -w json)"; }
# until_there TEXT FILE: the text has come within ten seconds
until_there() {
  for _ in $(seq 200); do
    grep -q -- "$1" "$2" && return
    sleep 0.05
  done
}
# A command in the background ends with the script, or after a minute.
in_background() { timeout 60 etcdctl "$@" >"$work/$output" 2>&1 & }

# --- put and get
is "put" OK "$(ctl put /a/b 1)"
is "get" "/a/b 1" "$(ctl get /a/b | xargs)"
is "get of a missing key" "" "$(ctl get /nope)"
is "what v3 wrote, v2 reads" 1 "$(curl -s "$SERVER/v2/keys/a/b" | sed -E 's/.*"value":"([^"]*)".*/\1/')"
curl -s -X PUT "$SERVER/v2/keys/a/c" -d value=2 >/dev/null
is "what v2 wrote, v3 reads" 2 "$(ctl get /a/c --print-value-only)"
is "put from standard input" OK "$(echo -n 'a value' | ctl put /stdin)"
is "put --prev-kv" "OK /a/b 1" "$(ctl put /a/b 3 --prev-kv | xargs)"
is "put --ignore-value" OK "$(ctl put /a/b --ignore-value)"
fails "put --ignore-value of a missing key" 1 "etcdserver: key not found" ctl put /nope --ignore-value
fails "put with an unknown lease" 1 "etcdserver: requested lease not found" ctl put /a/b x --lease=1234
for i in 1 2 3 4 5; do ctl put "/k/$i" "v$((6 - i))" >/dev/null; done
is "get --prefix" "/k/1 /k/2 /k/3 /k/4 /k/5" "$(ctl get /k/ --prefix --keys-only | xargs)"
is "get --prefix --limit" "/k/1 /k/2" "$(ctl get /k/ --prefix --keys-only --limit=2 | xargs)"
is "get of a range" "/k/2 /k/3" "$(ctl get /k/2 /k/4 --keys-only | xargs)"
has "get --from-key" "/k/5" "$(ctl get /k/3 --from-key --keys-only | xargs)"
is "get --order" "/k/5 /k/4 /k/3 /k/2 /k/1" "$(ctl get /k/ --prefix --keys-only --order=DESCEND | xargs)"
is "get --sort-by" "/k/5 /k/4 /k/3 /k/2 /k/1" \
  "$(ctl get /k/ --prefix --keys-only --sort-by=VALUE --order=ASCEND | xargs)"
is "get --print-value-only" v5 "$(ctl get /k/1 --print-value-only)"
is "get --hex" '\x2f\x6b\x2f\x31' "$(ctl get /k/1 --hex | head -n 1)"
is "get --consistency=s" v5 "$(ctl get /k/1 --consistency=s --print-value-only)"
before=$(revision)
ctl put /k/1 later >/dev/null
is "get --rev" v5 "$(ctl get /k/1 --rev="$before" --print-value-only)"
fails "get --rev of the future" 1 "required revision is a future revision" ctl get /k/1 --rev=999999
has "get -w json" '"count":1' "$(ctl get /k/1 -w json)"
has "get -w fields" '"Value" : "later"' "$(ctl get /k/1 -w fields)"

# --- del
is "del" 1 "$(ctl del /k/1)"
is "del of a missing key" 0 "$(ctl del /k/1)"
is "del --prev-kv" "1 /k/2 v4" "$(ctl del /k/2 --prev-kv | xargs)"
is "del of a range" 1 "$(ctl del /k/3 /k/4)"
is "del --prefix" 2 "$(ctl del /k/ --prefix)"
ctl put /z/1 x >/dev/null
has "del --from-key" 1 "$(ctl del /z --from-key)"

# --- txn
txn() { printf '%s\n' "$@" | ctl txn; }
is "txn that succeeds" "SUCCESS OK /t 1" "$(txn 'version("/t") = "0"' '' 'put /t 1' 'get /t' '' 'get /t' '' | xargs)"
is "txn that fails" "FAILURE /t 1" "$(txn 'version("/t") = "0"' '' 'put /t 2' '' 'get /t' '' | xargs)"
is "txn on a value" SUCCESS \
  "$(txn 'value("/t") = "1"' 'mod("/t") > "1"' 'create("/t") > "1"' '' 'del /t' '' '' | head -n 1)"
fails "txn with a key twice" 1 "duplicate key given in txn request" txn '' 'put /t 1' 'put /t 2' '' ''
has "txn -i says what it asks for" "compares:" "$(printf '\n\n\n' | ctl txn -i)"

# --- watch
output=watch in_background watch /w --prefix
output=watch_prev in_background watch /w/1 --prev-kv
output=watch_exec in_background watch /w/1 -- env
for _ in $(seq 100); do  # nothing tells that a watch has begun
  ctl put /w/1 seen >/dev/null
  grep -q seen "$work/watch" && grep -q ETCD_WATCH "$work/watch_exec" &&
    [ "$(grep -c seen "$work/watch_prev")" -gt 1 ] && break
done
is "watch --prefix" "PUT /w/1 seen" "$(head -n 3 "$work/watch" | xargs)"
has "watch --prev-kv" "PUT /w/1 seen /w/1 seen" "$(xargs <"$work/watch_prev")"
has "watch runs a command" 'ETCD_WATCH_EVENT_TYPE="PUT"' "$(cat "$work/watch_exec")"
since=$(($(revision) + 1))
ctl put /w/2 one >/dev/null
ctl del /w/2 >/dev/null
curl -s -X PUT "$SERVER/v2/keys/w/2" -d value=by-v2 >/dev/null
output=watch_rev in_background watch /w/2 --rev="$since"
until_there by-v2 "$work/watch_rev"
is "watch --rev, with a write of v2" "PUT /w/2 one DELETE /w/2 PUT /w/2 by-v2" "$(xargs <"$work/watch_rev")"
# Its standard input stays open, or it ends before it has watched.
{ printf 'watch /w/2 --rev=%s\nprogress\n' "$since" && sleep 2; } |
  timeout 10 etcdctl watch -i >"$work/interactive" 2>&1
has "watch -i" "by-v2" "$(cat "$work/interactive")"

# --- lease
lease=$(ctl lease grant 300 | sed -E 's/lease ([0-9a-f]+) granted.*/\1/')
has "lease grant" "granted with TTL(300s)" "lease $(ctl lease grant 300)"
is "put --lease" OK "$(ctl put /leased x --lease="$lease")"
has "lease timetolive --keys" "attached keys([/leased])" "$(ctl lease timetolive --keys "$lease")"
has "lease list" "$lease" "$(ctl lease list)"
has "lease keep-alive --once" "keepalived with TTL(300)" "$(ctl lease keep-alive --once "$lease")"
is "lease revoke" "lease $lease revoked" "$(ctl lease revoke "$lease")"
is "the key of a revoked lease" "" "$(ctl get /leased)"
has "lease timetolive of a revoked lease" "already expired" "$(ctl lease timetolive "$lease")"
fails "lease revoke of an unknown lease" 1 "requested lease not found" ctl lease revoke 1234
short=$(ctl lease grant 2 | sed -E 's/lease ([0-9a-f]+) granted.*/\1/')
output=keep_alive in_background lease keep-alive "$short"
ctl put /short x --lease="$short" >/dev/null
sleep 3
is "lease keep-alive keeps a key alive" x "$(ctl get /short --print-value-only)"
ctl lease revoke "$short" >/dev/null
until_there "expired or revoked" "$work/keep_alive"
has "lease keep-alive ends with the lease" "expired or revoked" "$(cat "$work/keep_alive")"

# --- lock and elect
is "lock runs a command" held "$(ctl lock mine -- echo held | tail -n 1)"
output=lock in_background lock mine
holder=$!
until_there mine/ "$work/lock"
has "lock" "mine/" "$(cat "$work/lock")"
fails "a lock that is held" 124 "" timeout 1 etcdctl lock mine
kill "$holder"
has "a lock that was let go" "mine/" "$(ctl lock mine -- env | grep ETCD_LOCK_KEY)"
output=elect in_background elect who me
until_there me "$work/elect"
has "elect" "me" "$(cat "$work/elect")"
output=listen in_background elect -l who
until_there me "$work/listen"
has "elect -l" "me" "$(cat "$work/listen")"

# --- compaction, defrag, snapshot
ctl put /c 1 >/dev/null
at=$(revision)
ctl put /c 2 >/dev/null
is "compaction" "compacted revision $((at + 1))" "$(ctl compaction $((at + 1)))"
fails "get of a compacted revision" 1 "required revision has been compacted" ctl get /c --rev="$at"
fails "compaction of a compacted revision" 1 "required revision has been compacted" ctl compaction "$at"
has "compaction --physical" "compacted revision" "$(ctl put /c 3 >/dev/null; ctl compaction --physical "$(revision)")"
has "defrag" "Finished defragmenting" "$(ctl defrag)"
has "snapshot save" "Snapshot saved at" "$(ctl snapshot save "$work/snapshot")"
has "snapshot status" '"revision":'"$(revision)" "$(ctl snapshot status "$work/snapshot" -w json)"
has "snapshot restore" "" "$(ctl snapshot restore "$work/snapshot" --data-dir "$work/restored")"
is "snapshot restore makes a data directory" member "$(ls "$work/restored")"

# --- alarms, endpoints, members
is "alarm list" "" "$(ctl alarm list)"
is "alarm disarm" "" "$(ctl alarm disarm)"
has "endpoint health" "is healthy" "$(ctl endpoint health)"
has "endpoint status" '"Status":{"header"' "$(ctl endpoint status -w json)"
has "endpoint hashkv" '"hash":' "$(ctl endpoint hashkv -w json)"
has "member list" "started, default" "$(ctl member list)"
fails "member remove of an unknown member" 1 "member not found" ctl member remove 2a
fails "member add with a bad URL" 1 "" ctl member add x --peer-urls=foo
fails "move-leader to an unknown member" 1 "" ctl move-leader 2a

# --- auth, while it is off
fails "auth enable without root" 1 "root user does not exist" ctl auth enable
is "auth disable" "Authentication Disabled" "$(ctl auth disable)"
is "user list" "" "$(ctl user list)"
is "user add" "User ann created" "$(ctl user add ann:secret)"
is "role add" "Role reader created" "$(ctl role add reader)"
is "role grant-permission" "Role reader updated" "$(ctl role grant-permission reader read /a/ --prefix)"
has "role get" "[/a/, /a0) (prefix /a/)" "$(ctl role get reader)"
is "user grant-role" "Role reader is granted to user ann" "$(ctl user grant-role ann reader)"
has "user get" "Roles: reader" "$(ctl user get ann)"
is "user list with a user" ann "$(ctl user list)"
is "user revoke-role" "Role reader is revoked from user ann" "$(ctl user revoke-role ann reader)"
is "role revoke-permission" "Permission of range [/a/, /a0) is revoked from role reader" \
  "$(ctl role revoke-permission reader /a/ --prefix)"
is "role delete" "Role reader deleted" "$(ctl role delete reader)"
is "user delete" "User ann deleted" "$(ctl user delete ann)"
fails "a user that is not there" 1 "user name not found" ctl user get ann

wait "$perf"
is "check perf: exit code" 0 $?
has "check perf" "PASS: Throughput" "$(cat "$work/perf")"
summary
