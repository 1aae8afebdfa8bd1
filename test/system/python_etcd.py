"""python3-etcd, the client library that Patroni and many scripts use, against a real server."""

import os
import sys
import threading
import unittest

import etcd

PORT = int(os.environ.get("PORT", "4001"))


def client(**options):
    return etcd.Client(host="127.0.0.1", port=PORT, **options)


class PythonEtcd(unittest.TestCase):
    def setUp(self):
        self.client = client()
        self.root = "/" + self.id().rsplit(".", 1)[-1]

    def test_what_is_written_is_read_back(self):
        written = self.client.write(self.root, "a value")
        read = self.client.read(self.root)
        self.assertEqual(read.value, "a value")
        self.assertEqual(read.modifiedIndex, written.modifiedIndex)
        self.assertTrue(written.newKey)

    def test_a_missing_key_is_an_error_of_its_own(self):
        with self.assertRaises(etcd.EtcdKeyNotFound):
            self.client.read(self.root)

    def test_test_and_set_by_value_and_by_index(self):
        first = self.client.write(self.root, "one")
        self.client.test_and_set(self.root, "two", "one")
        with self.assertRaises(etcd.EtcdCompareFailed):
            self.client.test_and_set(self.root, "three", "one")
        with self.assertRaises(etcd.EtcdCompareFailed):
            self.client.write(self.root, "three", prevIndex=first.modifiedIndex)
        with self.assertRaises(etcd.EtcdAlreadyExist):
            self.client.write(self.root, "three", prevExist=False)
        self.assertEqual(self.client.read(self.root).value, "two")

    def test_update_changes_only_what_was_read(self):
        result = self.client.write(self.root, "one")
        result.value = "two"
        self.assertEqual(self.client.update(result).value, "two")

    def test_a_ttl_counts_down_and_can_be_refreshed(self):
        self.client.write(self.root, "x", ttl=50)
        self.assertIn(self.client.read(self.root).ttl, (49, 50))
        self.client.refresh(self.root, ttl=100)
        read = self.client.read(self.root)
        self.assertEqual((read.value, read.ttl in (99, 100)), ("x", True))

    def test_a_watcher_sees_a_key_expire(self):
        written = self.client.write(self.root, "x", ttl=1)
        event = self.client.watch(self.root, index=written.modifiedIndex + 1, timeout=10)
        self.assertEqual(event.action, "expire")
        with self.assertRaises(etcd.EtcdKeyNotFound):
            self.client.read(self.root)

    def test_a_watch_from_the_past_returns_at_once(self):
        first = self.client.write(self.root, "one")
        self.client.write(self.root, "two")
        self.assertEqual(self.client.watch(self.root, index=first.modifiedIndex).value, "one")
        self.assertEqual(self.client.watch(self.root, index=first.modifiedIndex + 1).value, "two")

    def test_a_watch_without_events_times_out(self):
        with self.assertRaises(etcd.EtcdWatchTimedOut):
            self.client.watch(self.root, timeout=1)

    def test_an_eternal_watch_sees_every_change_in_order(self):
        start = self.client.write(self.root + "/start", "0").modifiedIndex
        writer = threading.Thread(target=lambda: [client().write(self.root + "/n", str(n)) for n in range(20)])
        writer.start()
        seen = []
        for event in client().eternal_watch(self.root, index=start + 1, recursive=True):
            seen.append(event.value)
            if len(seen) == 20:
                break
        writer.join()
        self.assertEqual(seen, [str(n) for n in range(20)])

    def test_directories_are_listed_and_removed(self):
        self.client.write(self.root, None, dir=True)
        for name in ("b", "a", "c/d"):
            self.client.write(self.root + "/" + name, name)
        listed = self.client.read(self.root, recursive=True, sorted=True)
        self.assertEqual([leaf.key for leaf in listed.leaves], [self.root + "/a", self.root + "/b", self.root + "/c/d"])
        with self.assertRaises(etcd.EtcdNotFile):
            self.client.delete(self.root)
        with self.assertRaises(etcd.EtcdDirNotEmpty):
            self.client.delete(self.root, dir=True)
        self.client.delete(self.root, recursive=True)
        self.assertNotIn(self.root, self.client)

    def test_keys_in_order_come_back_in_order(self):
        for value in "123":
            self.client.write(self.root, value, append=True)
        self.assertEqual([leaf.value for leaf in self.client.read(self.root, sorted=True).leaves], ["1", "2", "3"])

    def test_pop_returns_what_was_there(self):
        self.client.write(self.root, "x")
        self.assertEqual(self.client.pop(self.root).value, "x")

    def test_the_cluster_is_known(self):
        self.assertEqual(len(self.client.members), 1)
        self.assertEqual(self.client.machines, ["http://127.0.0.1:%d" % PORT])
        self.assertIn("/v2", self.client.version_prefix)
        self.assertEqual(self.client.stats["state"], "StateLeader")
        self.assertEqual(self.client.leader["name"], "default")

    def test_a_lock_keeps_others_out_until_it_is_released(self):
        first, second = etcd.Lock(client(), "resource"), etcd.Lock(client(), "resource")
        self.assertTrue(first.acquire(lock_ttl=30))
        self.assertFalse(second.acquire(blocking=False, lock_ttl=30))
        first.release()
        self.assertTrue(second.acquire(blocking=True, lock_ttl=30, timeout=10))
        second.release()


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=0).result
    bad = len(outcome.failures) + len(outcome.errors)
    print("python_etcd: %d passed, %d failed" % (outcome.testsRun - bad, bad))
    sys.exit(bad != 0)
