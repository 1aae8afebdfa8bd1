// npm's etcd3 against the server at $SERVER. The last line has the counts.
'use strict';

const assert = require('node:assert/strict');
const { Etcd3, EtcdLockFailedError } = require('etcd3');

const client = new Etcd3({ hosts: process.env.SERVER });
const tests = [];
const test = (name, body) => tests.push({ name, body });
const soon = (emitter, event) =>
  new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    setTimeout(() => reject(new Error(`no ${event} within ten seconds`)), 10000).unref();
  });

test('what is put is read back', async () => {
  await client.put('foo').value('bar');
  assert.equal(await client.get('foo').string(), 'bar');
  assert.equal(await client.get('nope').string(), null);
});

test('numbers, JSON and buffers', async () => {
  await client.put('number').value(42);
  assert.equal(await client.get('number').number(), 42);
  await client.put('json').value(JSON.stringify({ a: 1 }));
  assert.deepEqual(await client.get('json').json(), { a: 1 });
  await client.put('bytes').value(Buffer.from([0, 255]));
  assert.deepEqual([...(await client.get('bytes').buffer())], [0, 255]);
});

test('a prefix with limit, order and count', async () => {
  for (const i of [1, 2, 3]) await client.put(`p/${i}`).value(i);
  assert.deepEqual(await client.getAll().prefix('p/').keys(), ['p/1', 'p/2', 'p/3']);
  assert.deepEqual(await client.getAll().prefix('p/').limit(1).keys(), ['p/1']);
  assert.deepEqual(await client.getAll().prefix('p/').sort('Key', 'Descend').limit(1).keys(), ['p/3']);
  assert.equal(await client.getAll().prefix('p/').count(), 3);
  assert.deepEqual(await client.getAll().prefix('p/').numbers(), { 'p/1': 1, 'p/2': 2, 'p/3': 3 });
});

test('an old revision', async () => {
  await client.put('old').value('one');
  const { header } = await client.get('old').exec();
  await client.put('old').value('two');
  assert.equal(await client.get('old').revision(header.revision).string(), 'one');
});

test('deleting a key and a prefix', async () => {
  for (const i of [1, 2, 3]) await client.put(`d/${i}`).value(i);
  assert.equal((await client.delete().key('d/1')).deleted, '1');
  assert.equal((await client.delete().prefix('d/')).deleted, '2');
  assert.deepEqual(await client.getAll().prefix('d/').keys(), []);
});

test('a transaction takes one of two branches', async () => {
  const create = () =>
    client.if('t', 'Create', '==', 0).then(client.put('t').value('mine')).else(client.get('t')).commit();
  assert.equal((await create()).succeeded, true);
  const second = await create();
  assert.equal(second.succeeded, false);
  assert.equal(second.responses[0].response_range.kvs[0].value.toString(), 'mine');
});

test('software transactional memory', async () => {
  await client.put('counter').value(0);
  const add = () =>
    client.stm({ retries: 50 }).transact(async (tx) => {
      await tx.put('counter').value((await tx.get('counter').number()) + 1);
    });
  await Promise.all([add(), add(), add(), add()]);
  assert.equal(await client.get('counter').number(), 4);
});

test('a watcher sees puts and deletes', async () => {
  const watcher = await client.watch().key('w').create();
  const put = soon(watcher, 'put');
  await client.put('w').value('x');
  assert.equal((await put).value.toString(), 'x');
  const deleted = soon(watcher, 'delete');
  await client.delete().key('w');
  assert.equal((await deleted).key.toString(), 'w');
  await watcher.cancel();
});

test('many watchers, one of them from the past', async () => {
  await client.put('m/a').value('first');
  const { kvs } = await client.get('m/a').exec();
  const past = await client.watch().prefix('m/').startRevision(kvs[0].mod_revision).watcher();
  assert.equal((await soon(past, 'put')).value.toString(), 'first');
  const all = await Promise.all([1, 2, 3, 4].map(() => client.watch().prefix('m/').create()));
  const seen = all.map((one) => soon(one, 'put'));
  await client.put('m/b').value('second');
  for (const event of await Promise.all(seen)) assert.equal(event.key.toString(), 'm/b');
  await Promise.all([past, ...all].map((one) => one.cancel()));
});

test('a lease keeps its keys and takes them along', async () => {
  const lease = client.lease(10);
  await lease.put('leased').value('x');
  await lease.keepaliveOnce();
  assert.ok((await client.leaseClient.leaseTimeToLive({ ID: await lease.grant() })).grantedTTL === '10');
  await lease.revoke();
  assert.equal(await client.get('leased').string(), null);
});

test('a lock is held by one', async () => {
  const lock = await client.lock('lock').ttl(5).acquire();
  await assert.rejects(client.lock('lock').ttl(5).acquire(), EtcdLockFailedError);
  await lock.release();
  await client.lock('lock').ttl(5).do(async () => undefined);
});

test('an election has a leader', async () => {
  const election = client.election('election', 5);
  const campaign = election.campaign('me');
  await soon(campaign, 'elected');
  assert.equal(await election.leader(), 'me');
  const observer = await election.observe();
  assert.equal(observer.leader(), 'me');
  await observer.cancel();
  await campaign.resign();
});

test('errors are known by their texts', async () => {
  await assert.rejects(client.put('').value('x'), /key is not provided/);
  await assert.rejects(client.get('foo').revision('99999999').string(), /future revision/);
  await assert.rejects(client.put('x').value('x').lease('12345'), /lease not found/);
});

test('maintenance and members', async () => {
  assert.match((await client.maintenance.status()).version, /^3\./);
  assert.equal((await client.cluster.memberList({})).members.length, 1);
});

async function main() {
  let failed = 0;
  for (const { name, body } of tests) {
    try {
      await body();
    } catch (error) {
      failed += 1;
      console.log(`node_etcd3: ${name}\n  ${error.stack}`);
    }
  }
  client.close();
  console.log(`node_etcd3: ${tests.length - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

main();
