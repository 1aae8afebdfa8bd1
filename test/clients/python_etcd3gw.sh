#!/usr/bin/env bash
# Runs python_etcd3gw.py, once by each prefix of the gateway, against a fresh server.
set -u
cd "$(dirname "$0")/../.."
if [ -z "${SERVER:-}" ]; then
  exec test/system/with-server "$0"
fi
passed=0
failed=0
for PREFIX in /v3/ /v3beta/ /v3alpha/; do
  output=$(PREFIX=$PREFIX timeout 100 /usr/bin/python3 test/clients/python_etcd3gw.py 2>&1)
  printf '%s\n' "$output"
  if [[ ${output##*$'\n'} =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1))
  fi
done
printf 'python_etcd3gw: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
