#!/usr/bin/env bash
# etcd's own command line client, v2 commands, against a real server.
set -u
cd "$(dirname "$0")/../.."
if [ -z "${SERVER:-}" ]; then
  exec test/system/with-server "$0"
fi
. test/system/checks
export ETCDCTL_API=2
etcdctl2() { etcdctl --endpoints "$SERVER" --no-sync "$@" 2>&1; }

is "set shows the value" hello "$(etcdctl2 set /message hello)"
is "get reads it back" hello "$(etcdctl2 get /message)"
is "get --quorum as well" hello "$(etcdctl2 get --quorum /message)"
is "set with a space and a plus" "a +b" "$(etcdctl2 set /odd 'a +b')"
is "set --swap-with-value" new "$(etcdctl2 set --swap-with-value hello /message new)"
fails "set --swap-with-value of another value" 4 "101: Compare failed" etcdctl2 set --swap-with-value hello /message x
fails "get of a missing key" 4 "100: Key not found (/nope)" etcdctl2 get /nope
is "mk makes a key" one "$(etcdctl2 mk /made one)"
fails "mk of a key that exists" 4 "105: Key already exists (/made)" etcdctl2 mk /made two
is "mk --in-order" 3 "$(for i in 1 2 3; do etcdctl2 mk --in-order /queue "$i" >/dev/null; done; etcdctl2 ls /queue | wc -l)"
is "ls --sort of in-order keys" "1 2 3" "$(for key in $(etcdctl2 ls --sort /queue); do etcdctl2 get "$key"; done | xargs)"
is "update" two "$(etcdctl2 update /made two)"
fails "update of a missing key" 4 "100: Key not found" etcdctl2 update /nope x
is "mkdir" "" "$(etcdctl2 mkdir /dir)"
fails "mkdir of a directory that exists" 4 "105: Key already exists (/dir)" etcdctl2 mkdir /dir
fails "get of a directory" 1 "is a directory" etcdctl2 get /dir
is "setdir" "" "$(etcdctl2 setdir /other)"
is "updatedir with a ttl" "" "$(etcdctl2 updatedir --ttl 100 /other)"
is "ls marks directories with -p" "/dir/ /made /message /odd /other/ /queue/" "$(etcdctl2 ls -p --sort / | xargs)"
etcdctl2 set /dir/sub/leaf x >/dev/null
is "ls --recursive" "/dir/sub /dir/sub/leaf" "$(etcdctl2 ls --recursive --sort /dir | xargs)"
fails "rmdir of a directory that is not empty" 4 "108: Directory not empty (/dir)" etcdctl2 rmdir /dir
is "rm --recursive" "" "$(etcdctl2 rm --recursive /dir)"
is "rmdir of an empty directory" "" "$(etcdctl2 rmdir /other)"
is "rm shows what it removed" "PrevNode.Value: two" "$(etcdctl2 rm /made)"
is "rm --with-value" "" "$(etcdctl2 rm --with-value new /message)"
fails "rm --with-value has removed it" 4 "100: Key not found" etcdctl2 get /message
etcdctl2 set --ttl 1 /brief x >/dev/null
is "watch sees a key expire" "[expire] /brief" "$(etcdctl2 watch --recursive /brief | head -n 1)"
index=$(etcdctl2 -o extended set /seen first | sed -n 's/^Modified-Index: //p')
is "watch --after-index reads history" first "$(etcdctl2 watch --after-index $((index - 1)) /seen)"
is "watch --recursive --after-index" "[set] /seen" "$(etcdctl2 watch --recursive --after-index $((index - 1)) / | head -n 1)"
# exec-watch says nothing when it has begun to watch: change the key until it has seen one change.
output=$(mktemp)
timeout 30 etcdctl --endpoints "$SERVER" --no-sync exec-watch --recursive /exec -- env >"$output" 2>&1 &
watcher=$!
for _ in $(seq 200); do
  etcdctl2 set /exec/key "seen" >/dev/null
  grep -q ETCD_WATCH_VALUE "$output" && break
done
kill "$watcher"
is "exec-watch runs its command for an event" "set /exec/key" \
  "$(sed -n -e 's/^ETCD_WATCH_ACTION=//p' -e 's/^ETCD_WATCH_KEY=//p' "$output" | head -n 2 | xargs)"
rm -f "$output"
is "member list" 1 "$(etcdctl2 member list | grep -c isLeader=true)"
is "cluster-health" "cluster is healthy" "$(etcdctl2 cluster-health | tail -n 1)"

summary
