"""A workload shaped like the Kubernetes API server's, over gRPC.

Every object is created, updated and deleted by a txn on its mod_revision, lists are paged at one revision, one watch
sees all of it from the list's revision on and asks for progress, and old revisions are compacted meanwhile. The state
built from the events must equal the state that is read. Uses the schema in proto/, made into Python by protoc."""

import collections
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc

PORT = int(os.environ.get("PORT", "2379"))
SEED = int(os.environ.get("SEED", "1"))
PREFIX = b"/registry/pods/"
END = b"/registry/pods0"
PAGE = 20
WRITERS = 4
WRITES = 250

generated = tempfile.TemporaryDirectory()
subprocess.run(["protoc", "-Iproto", f"--python_out={generated.name}", "etcdserverpb/rpc.proto", "mvccpb/kv.proto",
                "authpb/auth.proto"], check=True)
sys.path.insert(0, generated.name)
from etcdserverpb import rpc_pb2 as rpc  # noqa: E402
from mvccpb import kv_pb2 as kv  # noqa: E402


class Etcd:
    def __init__(self):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{PORT}")

    def call(self, method, request, response):
        stub = self.channel.unary_unary("/etcdserverpb." + method, request_serializer=type(request).SerializeToString,
                                        response_deserializer=response.FromString)
        return stub(request, timeout=20)

    def range(self, key, **options):
        return self.call("KV/Range", rpc.RangeRequest(key=key, **options), rpc.RangeResponse)

    def swap(self, key, revision, success, with_read=True):
        """Does `success` if the key is still at the revision; else reads it."""
        compare = rpc.Compare(key=key, target=rpc.Compare.MOD, mod_revision=revision)
        read = [rpc.RequestOp(request_range=rpc.RangeRequest(key=key))] if with_read else []
        return self.call("KV/Txn", rpc.TxnRequest(compare=[compare], success=[success], failure=read), rpc.TxnResponse)

    def put(self, key, revision, value, with_read=True):
        return self.swap(key, revision, rpc.RequestOp(request_put=rpc.PutRequest(key=key, value=value)), with_read)

    def delete(self, key, revision):
        return self.swap(key, revision, rpc.RequestOp(request_delete_range=rpc.DeleteRangeRequest(key=key)))


class Watch:
    """One stream; `events` has them in order, `progress` the revisions of progress notices."""

    def __init__(self, etcd, start_revision):
        self.requests = queue.Queue()
        self.events = queue.Queue()
        self.progress = queue.Queue()
        self.requests.put(rpc.WatchRequest(create_request=rpc.WatchCreateRequest(
            key=PREFIX, range_end=END, start_revision=start_revision, prev_kv=True, progress_notify=True)))
        stub = etcd.channel.stream_stream("/etcdserverpb.Watch/Watch",
                                          request_serializer=rpc.WatchRequest.SerializeToString,
                                          response_deserializer=rpc.WatchResponse.FromString)
        self.stream = stub(iter(self.requests.get, None), metadata=[("hasleader", "true")])
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            for answer in self.stream:
                if answer.canceled:
                    self.events.put(answer)
                for event in answer.events:
                    self.events.put(event)
                if not answer.events and not answer.created and not answer.canceled:
                    self.progress.put(answer.header.revision)
        except grpc.RpcError:
            pass  # the end of the test

    def ask_for_progress(self):
        self.requests.put(rpc.WatchRequest(progress_request=rpc.WatchProgressRequest()))
        return self.progress.get(timeout=20)

    def close(self):
        self.requests.put(None)
        self.stream.cancel()
        self.thread.join(20)


def list_all(etcd, revision=0):
    """Pages through the prefix at one revision; the objects by key, that revision, and the number that was counted."""
    objects, start = {}, PREFIX
    while True:
        page = etcd.range(start, range_end=END, limit=PAGE, revision=revision)
        revision = revision or page.header.revision
        objects.update((one.key, one) for one in page.kvs)
        if not page.more:
            return objects, revision, etcd.range(PREFIX, range_end=END, revision=revision, count_only=True).count
        start = page.kvs[-1].key + b"\0"


def write(etcd, seed, counts):
    """Creates, updates and deletes at random, by what it last knew of each object: often outdated, as in life."""
    rng = random.Random(seed)
    known = collections.defaultdict(int)
    for i in range(WRITES):
        key = PREFIX + b"ns%d/pod-%03d" % (rng.randrange(3), rng.randrange(40))
        if known[key] and rng.randrange(3) == 0:
            answer = etcd.delete(key, known[key])
        else:
            answer = etcd.put(key, known[key], b"%d-%d" % (seed, i) + b"x" * rng.randrange(2000))
        counts["done" if answer.succeeded else "refused"] += 1
        if not answer.succeeded:
            found = answer.responses[0].response_range.kvs
            known[key] = found[0].mod_revision if found else 0
        else:
            deleted = answer.responses[0].WhichOneof("response") == "response_delete_range"
            known[key] = 0 if deleted else answer.header.revision


def compact(etcd, stop):
    """As the API servers agree on it: who moves the version of one key compacts what was current the round before."""
    version, revision = 0, 0
    while not stop.wait(0.2):
        key = b"compact_rev_key"
        compare = rpc.Compare(key=key, target=rpc.Compare.VERSION, version=version)
        put = rpc.RequestOp(request_put=rpc.PutRequest(key=key, value=b"%d" % revision))
        read = rpc.RequestOp(request_range=rpc.RangeRequest(key=key))
        answer = etcd.call("KV/Txn", rpc.TxnRequest(compare=[compare], success=[put], failure=[read]), rpc.TxnResponse)
        if not answer.succeeded:
            version = answer.responses[0].response_range.kvs[0].version
            continue
        if revision:
            etcd.call("KV/Compact", rpc.CompactionRequest(revision=revision), rpc.CompactionResponse)
        version, revision = version + 1, answer.header.revision


class KubernetesLike(unittest.TestCase):
    def setUp(self):
        self.etcd = Etcd()
        self.addCleanup(self.etcd.channel.close)
        self.etcd.call("KV/DeleteRange", rpc.DeleteRangeRequest(key=PREFIX, range_end=END), rpc.DeleteRangeResponse)

    def follow(self, watch, objects, until):
        """Applies events, each of which must follow from the state before it, up to a revision."""
        last = 0
        while last < until:
            event = watch.events.get(timeout=20)
            self.assertIsInstance(event, kv.Event)
            one, before = event.kv, objects.get(event.kv.key)
            self.assertGreater(one.mod_revision, last)
            last = one.mod_revision
            self.assertEqual(event.prev_kv if event.HasField("prev_kv") else None, before)
            if event.type == kv.Event.DELETE:
                self.assertIsNotNone(objects.pop(one.key))
                continue
            self.assertEqual(one.create_revision == one.mod_revision, before is None)
            self.assertEqual(one.version, before.version + 1 if before else 1)
            objects[one.key] = one

    def test_events_from_a_list_on_lead_to_the_state_that_is_read(self):
        for i in range(3 * PAGE + 1):
            self.etcd.put(PREFIX + b"ns0/seed-%03d" % i, 0, b"first", with_read=False)
        objects, revision, count = list_all(self.etcd)
        self.assertEqual((len(objects), count), (3 * PAGE + 1, 3 * PAGE + 1))
        watch = Watch(self.etcd, revision + 1)
        counts = collections.Counter()
        writers = [threading.Thread(target=write, args=(Etcd(), SEED * 100 + i, counts)) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        notices = []
        while any(writer.is_alive() for writer in writers):
            # Pages read while others write are of one revision all the same.
            page, at, counted = list_all(self.etcd)
            self.assertEqual(len(page), counted)
            self.assertTrue(all(one.mod_revision <= at for one in page.values()))
            notices.append(watch.ask_for_progress())
        for writer in writers:
            writer.join()
        self.assertEqual(counts["done"] + counts["refused"], WRITERS * WRITES)
        self.assertGreater(counts["refused"], 0)
        final, _, _ = list_all(self.etcd)
        self.follow(watch, objects, max(one.mod_revision for one in final.values()))
        while not watch.events.empty():  # deletes that came after the last object that is left
            objects.pop(watch.events.get().kv.key, None)
        self.assertEqual(objects, final)
        self.assertEqual(notices, sorted(notices))
        watch.close()

    def test_progress_is_not_told_before_the_events_it_covers(self):
        watch = Watch(self.etcd, 0)
        for i in range(50):
            revision = self.etcd.put(PREFIX + b"ns1/p", 0 if i == 0 else revision, b"%d" % i).header.revision
            self.assertGreaterEqual(watch.ask_for_progress(), revision)
            self.assertEqual(watch.events.get_nowait().kv.mod_revision, revision)
        watch.close()

    def test_old_revisions_are_compacted_while_lists_and_writes_go_on(self):
        stop = threading.Event()
        compactor = threading.Thread(target=compact, args=(Etcd(), stop))
        compactor.start()
        counts = collections.Counter()
        first = self.etcd.put(PREFIX + b"ns2/first", 0, b"x").header.revision
        write(self.etcd, SEED, counts)
        deadline = time.monotonic() + 20
        with self.assertRaises(grpc.RpcError) as refused:
            while time.monotonic() < deadline:
                self.etcd.range(PREFIX, range_end=END, limit=PAGE, revision=first)
        self.assertEqual(refused.exception.details(), "etcdserver: mvcc: required revision has been compacted")
        watch = Watch(self.etcd, first)
        cancelled = watch.events.get(timeout=20)
        self.assertGreater(cancelled.compact_revision, first)
        watch.close()
        stop.set()
        compactor.join()
        objects, _, counted = list_all(self.etcd)
        self.assertEqual(len(objects), counted)

    def test_an_object_is_created_once(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(Etcd().put(PREFIX + b"ns0/one", 0, b"x").succeeded))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [False] * 7 + [True])

    def test_health_is_a_read_of_a_missing_key(self):
        self.assertEqual(len(self.etcd.range(b"/registry/health").kvs), 0)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"kubernetes_like: {result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed != 0)
