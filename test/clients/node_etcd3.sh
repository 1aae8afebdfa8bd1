#!/usr/bin/env bash
# npm's etcd3, pinned by the lock file beside its test, against a fresh server; skipped, by name, where npm has none.
set -u
cd "$(dirname "$0")/../.."
work=$(realpath "${BUILD:-build/plain}")/clients/node
mkdir -p "$work"
cp test/clients/node/* "$work"
install="timeout 120 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=0"
if ! (cd "$work" && $install) >"$work/npm.log" 2>&1; then
  echo "node_etcd3: npm etcd3 is skipped: no npm, or no registry that has it"
  echo "node_etcd3: 0 passed, 0 failed, 1 skipped"
  exit 0
fi
exec test/system/with-server timeout 100 node "$work/etcd3_test.js"
