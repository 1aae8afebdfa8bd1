#!/usr/bin/env bash
# Runs kubernetes_like.py with Debian's interpreter, whose grpc it needs, against a fresh server.
set -u
cd "$(dirname "$0")/../.."
exec test/system/with-server timeout 300 /usr/bin/python3 test/clients/kubernetes_like.py
