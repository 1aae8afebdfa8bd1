"""python3-etcd with several hosts: it learns the machines from one, and goes to another when that one dies."""

import os
import subprocess
import sys
import threading
import time
import unittest

import etcd

PORTS = [int(port) for port in os.environ["PORTS"].split()]
HOSTS = tuple(("127.0.0.1", port) for port in PORTS)


def client(**options):
    return etcd.Client(host=HOSTS, allow_reconnect=True, read_timeout=10, **options)


def cluster(*words):
    subprocess.run(["scripts/cluster", *words], check=True, capture_output=True)


def again(call):
    """The call's result, once it has one."""
    for _ in range(100):
        try:
            return call()
        except etcd.EtcdException:
            time.sleep(0.2)
    return call()


def member_of(port):
    return "infra%d" % (PORTS.index(port) + 1)


def wait_for_all():
    for port in PORTS:
        again(lambda: etcd.Client(host="127.0.0.1", port=port, read_timeout=5).read("/", quorum=True))


class PythonEtcdCluster(unittest.TestCase):
    def setUp(self):
        self.client = client()
        self.root = "/" + self.id().rsplit(".", 1)[-1]

    def test_it_finds_the_machines_of_the_whole_cluster(self):
        one = etcd.Client(host="127.0.0.1", port=PORTS[0], allow_reconnect=True)
        self.assertEqual(sorted(one.machines), sorted("http://127.0.0.1:%d" % port for port in PORTS))

    def test_it_finds_the_members_and_the_leader(self):
        members = self.client.members
        self.assertEqual(sorted(member["name"] for member in members.values()), ["infra1", "infra2", "infra3"])
        self.assertIn(self.client.leader["name"], ("infra1", "infra2", "infra3"))

    def test_the_leaders_statistics_name_the_followers(self):
        leader = self.client.leader
        port = int(leader["clientURLs"][0].rsplit(":", 1)[-1])
        stats = etcd.Client(host="127.0.0.1", port=port).leader_stats
        self.assertEqual(stats["leader"], leader["id"])
        self.assertEqual(len(stats["followers"]), 2)

    def test_it_goes_on_when_its_member_dies(self):
        self.client.write(self.root, "before")
        base = self.client._base_uri
        mine = member_of(int(base.rsplit(":", 1)[-1]))
        cluster("kill", mine)
        try:
            self.assertEqual(again(lambda: self.client.read(self.root, quorum=True)).value, "before")
            again(lambda: self.client.write(self.root, "after"))
            self.assertNotEqual(self.client._base_uri, base)
        finally:
            cluster("restart", mine)
            wait_for_all()
        self.assertEqual(client().read(self.root, quorum=True).value, "after")

    def test_a_watch_from_an_index_goes_on_at_another_member(self):
        first = self.client.write(self.root, "one").modifiedIndex
        seen = []

        def watch():
            index = first + 1
            while len(seen) < 2:
                event = again(lambda: self.client.watch(self.root, index=index, timeout=30))
                seen.append(event.value)
                index = event.modifiedIndex + 1

        watcher = threading.Thread(target=watch)
        watcher.start()
        writer = client()
        writer.write(self.root, "two")
        while not seen:
            time.sleep(0.01)
        mine = member_of(int(self.client._base_uri.rsplit(":", 1)[-1]))
        cluster("kill", mine)
        try:
            again(lambda: writer.write(self.root, "three"))
            watcher.join(60)
        finally:
            cluster("restart", mine)
            wait_for_all()
        self.assertEqual(seen, ["two", "three"])

    def test_a_lock_outlives_the_leader(self):
        lock = etcd.Lock(self.client, "lock" + self.root.strip("/"))
        self.assertTrue(lock.acquire(lock_ttl=60, blocking=True, timeout=10))
        leader = self.client.leader["name"]
        cluster("kill", leader)
        try:
            other = etcd.Lock(client(), "lock" + self.root.strip("/"))
            self.assertFalse(again(lambda: other.acquire(blocking=False, lock_ttl=60)))
        finally:
            cluster("restart", leader)
            wait_for_all()
        again(lambda: lock.release())


if __name__ == "__main__":
    result = unittest.TextTestRunner(verbosity=1).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(PythonEtcdCluster))
    bad = len(result.failures) + len(result.errors)
    print("python_etcd_cluster: %d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(1 if bad else 0)
