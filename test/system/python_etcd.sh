#!/usr/bin/env bash
# Runs python_etcd.py with Debian's interpreter, whose packages it needs, against a fresh server.
set -u
cd "$(dirname "$0")/../.."
exec test/system/with-server /usr/bin/python3 test/system/python_etcd.py
