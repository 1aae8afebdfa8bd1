"""python3-etcd3gw, a client of the JSON gateway, against a real server, by each of the prefixes it has used."""

import os
import sys
import threading
import unittest

import etcd3gw
from etcd3gw import exceptions

PORT = int(os.environ.get("PORT", "2379"))
PREFIX = os.environ.get("PREFIX", "/v3/")


class PythonEtcd3gw(unittest.TestCase):
    def setUp(self):
        self.client = etcd3gw.Etcd3Client(host="127.0.0.1", port=PORT, timeout=10, api_path=PREFIX)
        self.root = "/" + self.id().rsplit(".", 1)[-1] + PREFIX

    def test_what_is_put_is_read_back(self):
        self.assertTrue(self.client.put(self.root, "a value"))
        self.assertEqual(self.client.get(self.root), [b"a value"])
        self.assertEqual(self.client.get(self.root + "nope"), [])

    def test_metadata(self):
        self.client.put(self.root, "1")
        ((value, meta),) = self.client.get(self.root, metadata=True)
        self.assertEqual((value, meta["key"], meta["version"]), (b"1", self.root.encode(), "1"))

    def test_a_prefix_sorted(self):
        for i in range(4):
            self.client.put(f"{self.root}{i}", str(9 - i))
        values = [value for value, _ in self.client.get_prefix(self.root, sort_order="descend", sort_target="value")]
        self.assertEqual(values, [b"9", b"8", b"7", b"6"])

    def test_deletes(self):
        for i in range(3):
            self.client.put(f"{self.root}{i}", "x")
        self.assertTrue(self.client.delete(self.root + "0"))
        self.assertFalse(self.client.delete(self.root + "0"))
        self.assertTrue(self.client.delete_prefix(self.root))
        self.assertEqual(self.client.get_prefix(self.root), [])

    def test_create_and_replace(self):
        self.assertTrue(self.client.create(self.root, "1"))
        self.assertFalse(self.client.create(self.root, "2"))
        self.assertFalse(self.client.replace(self.root, "nope", "3"))
        self.assertTrue(self.client.replace(self.root, "1", "3"))
        self.assertEqual(self.client.get(self.root), [b"3"])

    def test_a_lease(self):
        lease = self.client.lease(ttl=100)
        self.client.put(self.root, "1", lease=lease)
        self.assertIn(lease.ttl(), (99, 100))
        self.assertEqual(lease.refresh(), 100)
        self.assertEqual(lease.keys(), [self.root.encode()])
        self.assertTrue(lease.revoke())
        self.assertEqual(self.client.get(self.root), [])

    def test_a_lock(self):
        lock = self.client.lock(self.root.strip("/"), ttl=10)
        self.assertTrue(lock.acquire())
        self.assertTrue(lock.is_acquired())
        self.assertFalse(self.client.lock(self.root.strip("/"), ttl=10).acquire())
        self.assertTrue(lock.release())
        with self.client.lock(self.root.strip("/"), ttl=10) as again:
            self.assertTrue(again.is_acquired())

    def test_a_watch(self):
        events, cancel = self.client.watch(self.root)
        self.client.put(self.root, "1")
        self.client.delete(self.root)
        self.assertEqual(next(events)["kv"]["value"], b"1")
        self.assertEqual(next(events)["type"], "DELETE")
        cancel()

    def test_a_watch_of_a_prefix_once(self):
        threading.Timer(0.3, self.client.put, (self.root + "x", "1")).start()
        event = self.client.watch_prefix_once(self.root, timeout=10)
        self.assertEqual(event["kv"]["key"], (self.root + "x").encode())

    def test_a_watch_that_times_out(self):
        with self.assertRaises(exceptions.WatchTimedOut):
            self.client.watch_once(self.root, timeout=1)

    def test_status_and_members(self):
        self.assertIn("version", self.client.status())
        self.assertEqual(len(self.client.members()), 1)

    def test_errors(self):
        with self.assertRaises(exceptions.Etcd3Exception):
            self.client.put("", "x")


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"python_etcd3gw {PREFIX}: {result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed != 0)
