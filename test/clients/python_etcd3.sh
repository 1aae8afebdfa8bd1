#!/usr/bin/env bash
# Runs python_etcd3.py with Debian's interpreter, whose packages it needs, against a fresh server.
set -u
cd "$(dirname "$0")/../.."
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT
test/system/with-server timeout 100 /usr/bin/python3 test/clients/python_etcd3.py
