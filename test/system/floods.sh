#!/usr/bin/env bash
# Runs floods.py against a fresh server. FLOOD_SECONDS=10 floods it for longer.
set -u
cd "$(dirname "$0")/../.."
test/system/with-server timeout 300 /usr/bin/python3 test/system/floods.py
