#!/usr/bin/env bash
# Runs python_etcd_cluster.py with Debian's interpreter, whose packages it needs, against a fresh cluster of three.
set -u
cd "$(dirname "$0")/../.."
exec test/system/with-cluster /usr/bin/python3 test/clients/python_etcd_cluster.py
