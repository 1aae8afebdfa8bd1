#include "test/v3/watch_world.h"

#include <future>
#include <utility>

namespace viaduct::v3 {

using etcdserverpb::WatchRequest;
using etcdserverpb::WatchResponse;

void QueuedTasks::post(std::unique_ptr<Task> task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
}

bool QueuedTasks::run_one() {
  std::unique_ptr<Task> task;
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task->run();
  return true;
}

size_t QueuedTasks::size() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size();
}

WatchWorld::WatchWorld(WatchOptions options)
    : service_(std::make_unique<WatchService>(engine, options, counters)),
      loop_(std::make_unique<net::Loop>(clock, limits_, net_counters_)) {
  add_watch_methods(methods, *service_);
  loop_->start();
}

WatchWorld::~WatchWorld() { loop_->stop(); }

void WatchWorld::put(const std::string& key, const std::string& value, LeaseId lease) {
  transact([&](store::Transaction& t) { store::StoreFixture::append_put(t, key, value, lease); });
}

void WatchWorld::remove(const std::string& key) {
  transact([&](store::Transaction& t) { store::StoreFixture::append_delete(t, store::Family::kKey, key); });
}

void WatchWorld::transact(const Body& body) { group({body}); }

void WatchWorld::group(const std::vector<Body>& transactions) {
  engine.fixture->begin_group();
  for (const Body& body : transactions) {
    store::Transaction transaction = engine.fixture->begin(engine.fixture.stamp, "tester");
    body(transaction);
  }
  for (store::EventPtr& event : engine.fixture.commit()) held_.push_back(std::move(event));
  if (!holds_back_) publish();
}

void WatchWorld::hold_back() { holds_back_ = true; }

void WatchWorld::publish() {
  holds_back_ = false;
  if (!held_.empty()) engine.hub().publish(held_, held_.back()->seq());
  held_.clear();
}

void WatchWorld::compact(uint64_t revision) { engine.fixture.compact(revision); }

void WatchWorld::on_loop(const std::function<void()>& function) {
  std::promise<void> done;
  loop_->post_function([&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

void WatchWorld::run_loop() {
  static constexpr int kPostedByPosted = 6;  // deep, at most
  for (int i = 0; i < kPostedByPosted; ++i) on_loop([] {});
}

void WatchWorld::settle() {
  do {
    run_loop();
  } while (engine.queued().run_one());
}

void WatchWorld::pass(std::chrono::nanoseconds time) {
  clock.advance(time);
  on_loop([this] { loop_->sweep(); });
  settle();
}

WatchClient::WatchClient(WatchWorld& world) : world_(world) {
  world_.on_loop(
      [&] { stream_ = std::make_unique<FakeStream>(world_.methods, "/etcdserverpb.Watch/Watch", &world_.loop()); });
}

WatchClient::~WatchClient() { leave(); }

void WatchClient::leave() {
  world_.on_loop([&] { stream_.reset(); });
}

WatchRequest WatchClient::request(const Create& create) {
  WatchRequest request;
  auto& wanted = *request.mutable_create_request();
  wanted.set_key(create.key);
  wanted.set_range_end(create.range_end);
  wanted.set_start_revision(create.start);
  wanted.set_watch_id(create.id);
  wanted.set_prev_kv(create.prev_kv);
  wanted.set_fragment(create.fragment);
  wanted.set_progress_notify(create.progress_notify);
  if (create.no_put) wanted.add_filters(etcdserverpb::WatchCreateRequest::NOPUT);
  if (create.no_delete) wanted.add_filters(etcdserverpb::WatchCreateRequest::NODELETE);
  return request;
}

void WatchClient::send_only(WatchRequest request) {
  world_.on_loop([&] { stream_->inbound->on_message(request); });
}

Lines WatchClient::send(WatchRequest request) {
  send_only(std::move(request));
  return take();
}

Lines WatchClient::create(const Create& create) { return send(request(create)); }

Lines WatchClient::cancel(int64_t id) {
  WatchRequest request;
  request.mutable_cancel_request()->set_watch_id(id);
  return send(request);
}

Lines WatchClient::ask_progress() {
  WatchRequest request;
  request.mutable_progress_request();
  return send(request);
}

Lines WatchClient::take() {
  world_.settle();
  return take_now();
}

Lines WatchClient::take_now() {
  Lines lines;
  world_.on_loop([&] {
    for (size_t i = 0; i < said().messages.size(); ++i) lines.push_back(to_text(said().message<WatchResponse>(i)));
    said().messages.clear();
  });
  return lines;
}

std::vector<WatchResponse> WatchClient::responses() {
  world_.settle();
  std::vector<WatchResponse> all;
  world_.on_loop([&] {
    for (size_t i = 0; i < said().messages.size(); ++i) all.push_back(said().message<WatchResponse>(i));
    said().messages.clear();
  });
  return all;
}

void WatchClient::set_backlog(size_t bytes) {
  world_.on_loop([&] { said().backlog = bytes; });
}

void WatchClient::drain() {
  world_.on_loop([&] {
    said().backlog = 0;
    inbound().on_drained();
  });
}

namespace {

std::string numbers(const mvccpb::KeyValue& kv) {
  std::string text = " (" + std::to_string(kv.create_revision()) + "," + std::to_string(kv.mod_revision()) + "," +
                     std::to_string(kv.version()) + ")";
  if (kv.lease() != 0) text += " lease " + std::to_string(kv.lease());
  return text;
}

std::string to_text(const mvccpb::Event& event) {
  std::string text;
  if (event.type() == mvccpb::Event::DELETE) {
    CHECK(event.kv().value().empty());
    CHECK(event.kv().create_revision() == 0);
    text = " -" + event.kv().key() + " (" + std::to_string(event.kv().mod_revision()) + ")";
  } else {
    text = " " + event.kv().key() + "=" + event.kv().value() + numbers(event.kv());
  }
  if (!event.has_prev_kv()) return text;
  CHECK(event.prev_kv().key() == event.kv().key());
  return text + " <- " + event.prev_kv().value() + numbers(event.prev_kv());
}

}  // namespace

std::string to_text(const WatchResponse& response) {
  CHECK(response.header().cluster_id() == 0xc);
  CHECK(response.header().member_id() == 0xa);
  CHECK(response.header().raft_term() == 7);
  std::string text = std::to_string(response.watch_id()) + " @" + std::to_string(response.header().revision());
  if (response.created()) text += " created";
  if (response.canceled()) text += " canceled";
  if (response.compact_revision() != 0) text += " compacted " + std::to_string(response.compact_revision());
  if (!response.cancel_reason().empty()) text += " (" + response.cancel_reason() + ")";
  if (response.fragment()) text += " fragment";
  for (const mvccpb::Event& event : response.events()) text += to_text(event);
  return text;
}

}  // namespace viaduct::v3
