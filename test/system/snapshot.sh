#!/usr/bin/env bash
# Snapshots between viaduct and etcd, each way, with etcd's own tools: the same keys, revisions and leases come out.
set -u
cd "$(dirname "$0")/../.."
program=$(realpath "${VIADUCT:-build/bin/viaduct}")
work=$(mktemp -d)
export ETCDCTL_API=3
passed=0
failed=0
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# is NAME WANTED GOT
is() {
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'snapshot: %s\n  wanted: %.600s\n  got:    %.600s\n' "$1" "$2" "$3"
  fi
}

# Below the range of outgoing connections, so that none of those takes a port before the server does.
free_ports() {
  /usr/bin/python3 -c '
import random, socket
sockets = []
while len(sockets) < 2:
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(10000, 32000)))
        sockets.append(s)
    except OSError:
        s.close()
print(*[s.getsockname()[1] for s in sockets])'
}

# start PROGRAM DATA-DIR [FLAG...]: serves on $client, with the peer address $peer, which is chosen if it is empty
peer=
start() {
  local server=$1 directory=$2 ports
  shift 2
  read -r -a ports <<<"$(free_ports)"
  client=http://127.0.0.1:${ports[0]}
  [ -n "$peer" ] || peer=http://127.0.0.1:${ports[1]}
  "$server" --data-dir "$directory" --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" "$@" \
    >"$directory.log" 2>&1 &
  pids+=($!)
  until curl -fs "$client/health" >/dev/null; do
    kill -0 "${pids[-1]}" 2>/dev/null || { cat "$directory.log"; exit 1; }
  done
}
stop() {
  kill "${pids[-1]}"
  wait "${pids[-1]}" 2>/dev/null
  unset 'pids[-1]'
}

ctl() { etcdctl --endpoints "$client" "$@" 2>/dev/null; }
v2() { curl -s "$client/v2/keys$@"; }

# What a client sees, in lines that can be compared. Cluster, member and term are each server's own.
v3_keys() { ctl get --prefix "" -w json ${1:+--rev "$1"} | /usr/bin/python3 -c '
import json, sys
answer = json.load(sys.stdin)
for kv in answer.get("kvs", []):
    print(*[kv.get(name) for name in ("key", "create_revision", "mod_revision", "version", "value", "lease")])'; }
v3_revision() { ctl get nothing -w json | sed 's/.*"revision":\([0-9]*\).*/\1/'; }
leases() { for id in $(ctl lease list | sed 1d | sort); do
  ctl lease timetolive --keys "$id" | sed 's/.*\(TTL([0-9]*s)\).*(\[\(.*\)\]).*/'"$id"' \1 \2/' |
    xargs -n 1 | sort | xargs
done; }
# At the revision before the last one: for that, where it changed no key, our file has a row that no store has.
hash_kv() { ctl endpoint hashkv --rev $((revision - 1)) | sed 's/.*, //'; }
v2_tree() { v2 '/?recursive=true&sorted=true' | sed -E 's/"(ttl)":[0-9]+/"\1":T/g'; }
v2_index() { curl -sI "$client/v2/keys/" | tr -d '\r' | sed -n 's/^X-Etcd-Index: //p'; }
restore() { "$program" restore "$@" --initial-cluster "default=$peer" --initial-advertise-peer-urls "$peer" 2>&1; }

fill() {
  ctl put /app/config one >/dev/null
  ctl put /app/config two >/dev/null
  ctl put "no path" "$(head -c 20000 /dev/zero | tr '\0' x)" >/dev/null
  short=$(ctl lease grant 3000 | cut -d' ' -f2)
  ctl put /leased/1 x --lease "$short" >/dev/null
  ctl put /leased/2 y --lease "$short" >/dev/null
  ctl put /gone z >/dev/null
  ctl del /gone >/dev/null
  for i in $(seq 300); do printf 'put /many/%s value-%s\n' "$i" "$i"; done | xargs -L 100 printf '%s %s %s\n' |
    while read -r _ key value; do printf '\nput %s %s\n\n\n' "$key" "$value" | ctl txn >/dev/null; done
  ctl del --prefix /many/1 >/dev/null
}
fill_v2() {
  v2 /v2/file -XPUT -d value=v2 >/dev/null
  v2 /v2/file -XPUT -d value=again -d prevExist=true >/dev/null
  v2 /v2/empty -XPUT -d dir=true >/dev/null
  v2 /v2/brief -XPUT -d value=ttl -d ttl=2000 >/dev/null
  v2 /v2/queue -XPOST -d value=job >/dev/null
  v2 /v2/removed/file -XPUT -d value=x >/dev/null
  v2 '/v2/removed?recursive=true' -XDELETE >/dev/null
  v2 /v2/last -XPUT -d dir=true >/dev/null
}

# --- viaduct's snapshot
start "$program" "$work/ours"
fill
fill_v2
revision=$(v3_revision) keys=$(v3_keys) past=$(v3_keys 10) held=$(leases) hash=$(hash_kv)
tree=$(v2_tree) index=$(v2_index)
is "there is something to compare" 196 "$(wc -l <<<"$keys")"
is "a hash is a number" "$hash" "$(grep -xE '[0-9]+' <<<"$hash")"
is "etcdctl saves a snapshot" "Snapshot saved at $work/ours.db" "$(ctl snapshot save "$work/ours.db")"
is "its digest stands behind whole sectors" 32 "$(($(stat -c %s "$work/ours.db") % 512))"
is "etcdctl sees its revision" "$revision" \
  "$(etcdctl snapshot status "$work/ours.db" -w json | sed 's/.*"revision":\([0-9]*\).*/\1/')"
is "nothing of it is left beside the data" "" "$(ls "$work/ours" | grep snapshot)"
stop

# --- to etcd
is "etcdctl restores it" 0 "$(etcdctl snapshot restore "$work/ours.db" --data-dir "$work/to-etcd" \
  --initial-cluster "default=$peer" --initial-advertise-peer-urls "$peer" >/dev/null 2>&1; echo $?)"
start etcd "$work/to-etcd" --enable-v2
is "etcd has our revision" "$revision" "$(v3_revision)"
is "etcd serves our keys" "$keys" "$(v3_keys)"
is "etcd serves our history" "$past" "$(v3_keys 10)"
is "etcd has our leases with their keys" "$held" "$(leases)"
is "etcd hashes our history to the same number" "$hash" "$(hash_kv)"
ctl put /by/etcd 1 >/dev/null
is "etcd goes on at the next revision" "$((revision + 1))" "$(v3_revision)"
is "a lease ends with its keys on etcd" "" "$(ctl lease revoke "$short" >/dev/null; ctl get --prefix /leased)"
keys_of_etcd=$(v3_keys)
ctl snapshot save "$work/changed.db" >/dev/null
stop

# --- to viaduct
is "viaduct restores it" 0 "$(restore "$work/ours.db" --data-dir "$work/to-ours" >"$work/restore.log"; echo $?)"
is "as one of its own" 1 "$(grep -c '"made-by":"viaduct"' "$work/restore.log")"
start "$program" "$work/to-ours"
is "our revision is back" "$revision" "$(v3_revision)"
is "our index is back" "$index" "$(v2_index)"
is "v3's view is back" "$keys" "$(v3_keys)"
is "history is back" "$past" "$(v3_keys 10)"
is "v2's view is back, indexes and directories" "$tree" "$(v2_tree)"
is "leases are back" "$held" "$(leases)"
is "the hash is back" "$hash" "$(hash_kv)"
is "a v2 watch reads the history" '{"action":"update"' \
  "$(v2 "/v2/file?wait=true&waitIndex=$((index - 6))" | cut -d, -f1)"
is "it goes on at the next index" "$((index + 1))" "$(v2 /next -XPUT -d value=x >/dev/null; v2_index)"
stop

is "a directory in use is refused" "Error: data-dir \"$work/to-ours\" exists" \
  "$(restore "$work/ours.db" --data-dir "$work/to-ours")"
cp "$work/ours.db" "$work/bent.db"
printf x | dd of="$work/bent.db" bs=1 seek=50000 conv=notrunc 2>/dev/null
is "a damaged file is refused in etcdctl's words" \
  "$(etcdctl snapshot restore "$work/bent.db" --data-dir "$work/bent-etcd" 2>&1 | tail -n 1)" \
  "$(restore "$work/bent.db" --data-dir "$work/bent-ours" | tail -n 1)"

restore "$work/ours.db" --data-dir "$work/bumped" --bump-revision 1000000 --mark-compacted >/dev/null
start "$program" "$work/bumped"
is "a bumped revision is above all there were" "$((revision + 1000000))" "$(v3_revision)"
is "a bumped index as well" "$((index + 1000000))" "$(v2_index)"
is "the keys are the same" "$keys" "$(v3_keys)"
is "history is gone for v3" "Error: etcdserver: mvcc: required revision has been compacted" \
  "$(etcdctl --endpoints "$client" get x --rev "$revision" 2>&1 | tail -n 1)"
is "history is gone for v2" '{"errorCode":401' "$(v2 "/v2/file?wait=true&waitIndex=$index" | cut -d, -f1)"
stop

# --- what etcd made of our file
restore "$work/changed.db" --data-dir "$work/changed" >"$work/restore.log"
is "a file that etcd changed is etcd's" 1 "$(grep -c '"made-by":"etcd"' "$work/restore.log")"
start "$program" "$work/changed"
is "its keys count, not what we had left in it" "$keys_of_etcd" "$(v3_keys)"
stop

# --- etcd's own snapshot
peer=
start etcd "$work/etcd"
fill
ctl compaction 8 >/dev/null
revision=$(v3_revision) keys=$(v3_keys) past=$(v3_keys 9) held=$(leases) hash=$(hash_kv)
ctl snapshot save "$work/etcd.db" >/dev/null
stop
is "viaduct restores etcd's snapshot" 0 "$(restore "$work/etcd.db" --data-dir "$work/from-etcd" >/dev/null; echo $?)"
start "$program" "$work/from-etcd"
is "etcd's revision" "$revision" "$(v3_revision)"
is "etcd's keys" "$keys" "$(v3_keys)"
is "etcd's history" "$past" "$(v3_keys 9)"
is "etcd's leases" "$held" "$(leases)"
is "etcd's hash" "$hash" "$(hash_kv)"
is "v2 sees its keys" two "$(v2 /app/config | sed 's/.*"value":"\([a-z]*\)".*/\1/')"
is "v2 has no empty directory of it" 100 "$(v2 /gone | sed 's/.*"errorCode":\([0-9]*\).*/\1/')"
stop
is "a copy of etcd's database has no digest" "Error: snapshot missing hash but --skip-hash-check=false" \
  "$(restore "$work/etcd/member/snap/db" --data-dir "$work/copy" | tail -n 1)"
is "but can be restored" 0 \
  "$(restore "$work/etcd/member/snap/db" --skip-hash-check --data-dir "$work/copy" >/dev/null; echo $?)"

printf 'snapshot: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
