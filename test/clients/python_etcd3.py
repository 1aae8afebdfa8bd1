"""python3-etcd3, a gRPC client, against a real server."""

import os
import sys
import threading
import unittest

import etcd3

# A watch that is closed while it reconnects ends its thread with an exception, which nobody needs to see.
threading.excepthook = lambda _: None
PORT = int(os.environ.get("PORT", "2379"))


class PythonEtcd3(unittest.TestCase):
    def setUp(self):
        self.client = etcd3.client(host="127.0.0.1", port=PORT, timeout=10)
        self.root = "/" + self.id().rsplit(".", 1)[-1]
        self.addCleanup(self.client.close)

    def test_what_is_put_is_read_back(self):
        self.client.put(self.root, "a value")
        value, meta = self.client.get(self.root)
        self.assertEqual((value, meta.key, meta.version), (b"a value", self.root.encode(), 1))
        self.assertEqual(self.client.get(self.root + "/nope"), (None, None))

    def test_a_prefix_and_a_range(self):
        for i in range(5):
            self.client.put(f"{self.root}/{i}", str(i))
        self.assertEqual([v for v, _ in self.client.get_prefix(self.root + "/")], [b"0", b"1", b"2", b"3", b"4"])
        backwards = self.client.get_prefix(self.root + "/", sort_order="descend", sort_target="key")
        self.assertEqual([v for v, _ in backwards], [b"4", b"3", b"2", b"1", b"0"])
        some = self.client.get_range(f"{self.root}/1", f"{self.root}/3")
        self.assertEqual([v for v, _ in some], [b"1", b"2"])
        self.assertEqual([m.key for _, m in self.client.get_prefix(self.root + "/", keys_only=True)][0],
                         f"{self.root}/0".encode())

    def test_prev_kv(self):
        self.client.put(self.root, "1")
        self.assertEqual(self.client.put(self.root, "2", prev_kv=True).prev_kv.value, b"1")
        self.assertEqual(self.client.delete(self.root, prev_kv=True, return_response=True).prev_kvs[0].value, b"2")

    def test_deletes(self):
        for i in range(3):
            self.client.put(f"{self.root}/{i}", "x")
        self.assertTrue(self.client.delete(self.root + "/0"))
        self.assertFalse(self.client.delete(self.root + "/0"))
        self.assertEqual(self.client.delete_prefix(self.root + "/").deleted, 2)

    def test_put_if_not_exists_and_replace(self):
        self.assertTrue(self.client.put_if_not_exists(self.root, "1"))
        self.assertFalse(self.client.put_if_not_exists(self.root, "2"))
        self.assertFalse(self.client.replace(self.root, "nope", "3"))
        self.assertTrue(self.client.replace(self.root, "1", "3"))
        self.assertEqual(self.client.get(self.root)[0], b"3")

    def test_a_transaction(self):
        self.client.put(self.root, "1")
        tx = self.client.transactions
        succeeded, responses = self.client.transaction(
            compare=[tx.value(self.root) == "1", tx.version(self.root) > 0],
            success=[tx.put(self.root, "2"), tx.get(self.root)],
            failure=[tx.delete(self.root)],
        )
        self.assertTrue(succeeded)
        self.assertEqual(responses[1][0][0], b"2")

    def test_a_nested_transaction(self):
        tx = self.client.transactions
        inner = tx.txn(compare=[tx.version(self.root) == 0], success=[tx.put(self.root + "/in", "1")], failure=[])
        succeeded, _ = self.client.transaction(compare=[], success=[tx.put(self.root, "1"), inner], failure=[])
        self.assertTrue(succeeded)
        self.assertEqual(self.client.get(self.root + "/in")[0], b"1")

    def test_a_watch(self):
        events, cancel = self.client.watch(self.root)
        self.client.put(self.root, "1")
        self.client.delete(self.root)
        first = next(events)
        self.assertEqual((type(first).__name__, first.value), ("PutEvent", b"1"))
        self.assertEqual(type(next(events)).__name__, "DeleteEvent")
        cancel()

    def test_a_watch_of_a_prefix_from_the_past(self):
        first = self.client.put(self.root + "/1", "1").header.revision
        self.client.put(self.root + "/2", "2")
        events, cancel = self.client.watch_prefix(self.root + "/", start_revision=first)
        self.assertEqual([next(events).key for _ in range(2)], [f"{self.root}/{i}".encode() for i in (1, 2)])
        cancel()

    def test_a_watch_below_a_compaction(self):
        first = self.client.put(self.root, "1").header.revision
        second = self.client.put(self.root, "2").header.revision
        self.client.compact(second)
        events, cancel = self.client.watch(self.root, start_revision=first)
        with self.assertRaises(etcd3.exceptions.RevisionCompactedError):
            next(events)
        cancel()

    def test_many_watches_on_one_connection(self):
        watches = [self.client.watch(f"{self.root}/{i}") for i in range(50)]
        for i in range(50):
            self.client.put(f"{self.root}/{i}", str(i))
        self.assertEqual([next(events).value for events, _ in watches], [str(i).encode() for i in range(50)])
        for _, cancel in watches:
            cancel()

    def test_a_lease(self):
        lease = self.client.lease(100)
        self.client.put(self.root, "1", lease=lease)
        self.assertEqual(lease.granted_ttl, 100)
        self.assertEqual(list(lease.keys), [self.root.encode()])
        self.assertEqual([answer.TTL for answer in lease.refresh()], [100])
        lease.revoke()
        self.assertIsNone(self.client.get(self.root)[0])

    def test_a_lease_that_expires(self):
        lease = self.client.lease(1)
        events, cancel = self.client.watch(self.root)
        self.client.put(self.root, "1", lease=lease)
        next(events)
        self.assertEqual(type(next(events)).__name__, "DeleteEvent")
        cancel()

    def test_a_lock(self):  # uncontended: the packaged client cannot wait with the packaged tenacity
        for _ in range(2):
            with self.client.lock(self.root, ttl=10) as lock:
                self.assertTrue(lock.is_acquired())
            self.assertFalse(lock.is_acquired())

    def test_status_and_members(self):
        status = self.client.status()
        members = list(self.client.members)
        self.assertEqual(len(members), 1)
        self.assertEqual(status.leader.id, members[0].id)
        self.assertGreater(status.db_size, 0)

    def test_alarms_defragmentation_and_hash(self):
        self.assertEqual(list(self.client.list_alarms()), [])
        self.client.defragment()
        self.assertGreater(self.client.hash(), 0)

    def test_a_snapshot(self):
        with open(os.path.join(os.environ["WORK"], "snapshot"), "wb+") as file:
            self.client.snapshot(file)
            self.assertEqual(file.tell() % 512, 32)

    def test_errors(self):
        with self.assertRaises(etcd3.exceptions.PreconditionFailedError):
            self.client.lease(10, lease_id=self.client.lease(10, lease_id=4711).id)

    def test_values_as_bytes_and_large(self):
        value = bytes(range(256)) * 4000
        self.client.put(self.root, value)
        self.assertEqual(self.client.get(self.root)[0], value)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"python_etcd3: {result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed != 0)
