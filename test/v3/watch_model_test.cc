// Random histories, watches and clients against a list of all that happened: every watch is told exactly the events
// that are for it, in order, whole revisions together, whatever else goes on.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "base/random.h"
#include "store/key_range.h"
#include "test/v3/watch_world.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::WatchResponse;
using store::StoreFixture;

struct Change {
  int64_t revision;
  std::string text;  // as an event is written in watch_world.h, with what was before
  std::string key;
  bool deletion;
};

struct Value {
  std::string value;
  int64_t create_revision, mod_revision, version;

  std::string text() const {
    return value + " (" + std::to_string(create_revision) + "," + std::to_string(mod_revision) + "," +
           std::to_string(version) + ")";
  }
};

// One watch as the model sees it.
struct Expected {
  Create create;
  int64_t next = 0;      // first revision that it may still be told
  bool created = false;  // its client knows
  bool ended = false;
};

class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed), world_(options()) {
    for (int i = 0; i < 3; ++i) clients_.push_back(std::make_unique<Client>(world_));
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    world_.publish();
    for (auto& client : clients_) drain(*client);
    check_all();
    for (auto& client : clients_) {
      for (const auto& [id, watch] : client->watches) {
        CAPTURE(id);
        if (!watch.ended) CHECK(next_for(watch) == std::nullopt);
      }
    }
  }

 private:
  struct Client {
    explicit Client(WatchWorld& world) : stream(world) {}
    WatchClient stream;
    std::map<int64_t, Expected> watches;
    int64_t next_id = 1;
    int64_t cancelled = 0;  // its answer is expected
    bool slow = false;
    int64_t newest = 0;  // that it was told
  };

  static WatchOptions options() {
    WatchOptions options;
    options.stream_bytes = 2000;
    options.watch_bytes = 400;
    options.fragment_bytes = 150;
    return options;
  }

  void step() {
    switch (random_.below(13)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return write();
      case 5:
      case 6:
        return create(some_client());
      case 7:
        return cancel(some_client());
      case 8:
        return slow_down_or_drain(some_client());
      case 9:
        if (random_.below(4) == 0) compact();
        return;
      case 10:
        return ask_progress(some_client());
      case 11:
        return random_.below(3) == 0 ? world_.hold_back() : world_.publish();
      default:
        return check_all();
    }
  }

  Client& some_client() { return *clients_[random_.below(clients_.size())]; }
  std::string some_key() { return std::string(1, static_cast<char>('a' + random_.below(5))); }

  void write() {
    std::vector<WatchWorld::Body> transactions(1 + random_.below(3));
    for (WatchWorld::Body& body : transactions) {
      const int64_t revision = static_cast<int64_t>(head_ + 1);
      std::map<std::string, std::optional<std::string>> changes;  // by key: a value, or gone
      for (uint64_t i = 1 + random_.below(3); i > 0; --i) {
        const std::string key = some_key();
        if (changes.contains(key)) continue;
        const bool deletes = live_.contains(key) && random_.below(3) == 0;
        changes[key] = deletes ? std::nullopt : std::optional("v" + std::to_string(revision));
      }
      body = [changes](store::Transaction& t) {
        for (const auto& [key, value] : changes) {
          if (value) {
            StoreFixture::append_put(t, key, *value);
          } else {
            StoreFixture::append_delete(t, store::Family::kKey, key);
          }
        }
      };
      for (const auto& [key, value] : changes) note(revision, key, value);
      ++head_;
    }
    world_.group(transactions);
  }

  void note(int64_t revision, const std::string& key, const std::optional<std::string>& value) {
    const auto before = live_.find(key);
    const std::string was = before == live_.end() ? "" : " <- " + before->second.text();
    if (!value) {
      log_.push_back({revision, "-" + key + " (" + std::to_string(revision) + ")" + was, key, true});
      live_.erase(before);
      return;
    }
    const Value now = before == live_.end()
                          ? Value{*value, revision, revision, 1}
                          : Value{*value, before->second.create_revision, revision, before->second.version + 1};
    log_.push_back({revision, key + "=" + now.text() + was, key, false});
    live_[key] = now;
  }

  void create(Client& client) {
    Create wanted{.key = some_key(), .id = client.next_id++};
    if (random_.below(2) == 0) wanted.range_end = random_.below(3) == 0 ? std::string(1, '\0') : "f";
    wanted.prev_kv = random_.below(2) == 0;
    wanted.fragment = random_.below(4) == 0;
    wanted.no_put = random_.below(6) == 0;
    wanted.no_delete = random_.below(6) == 0;
    const int64_t compacted = static_cast<int64_t>(compacted_);
    switch (random_.below(3)) {
      case 0:
        break;
      case 1:
        wanted.start = std::max<int64_t>(compacted + 1, 1 + static_cast<int64_t>(random_.below(head_)));
        break;
      default:
        wanted.start = static_cast<int64_t>(head_ + 1 + random_.below(4));
    }
    const int64_t next = wanted.start == 0 ? static_cast<int64_t>(head_) + 1 : wanted.start;
    client.watches[wanted.id] = {.create = wanted, .next = next};
    client.stream.send_only(WatchClient::request(wanted));
  }

  void cancel(Client& client) {
    if (client.watches.empty()) return;
    const auto gone = std::next(client.watches.begin(), static_cast<ptrdiff_t>(random_.below(client.watches.size())));
    check(client, client.stream.responses());
    etcdserverpb::WatchRequest request;
    request.mutable_cancel_request()->set_watch_id(gone->first);
    client.stream.send_only(request);
    client.cancelled = gone->first;
    client.watches.erase(gone);
    check(client, client.stream.responses());
    CHECK(client.cancelled == 0);
  }

  void slow_down_or_drain(Client& client) {
    if (client.slow) return drain(client);
    client.slow = true;
    client.stream.set_backlog(random_.below(2) == 0 ? 500 : 5000);
  }

  void drain(Client& client) {
    do {
      client.slow = false;
      client.stream.drain();
      world_.settle();
    } while (world_.counters.behind > 0 && check(client, client.stream.responses()));
  }

  void compact() {
    const uint64_t revision = compacted_ + random_.below(head_ - compacted_ + 1);
    if (revision <= compacted_) return;
    compacted_ = revision;
    world_.compact(revision);
    if (random_.below(2) == 0) world_.engine.fixture.clean();
  }

  void ask_progress(Client& client) {
    etcdserverpb::WatchRequest request;
    request.mutable_progress_request();
    client.stream.send_only(request);
  }

  void check_all() {
    for (auto& client : clients_) check(*client, client->stream.responses());
  }

  bool is_for(const Expected& watch, const Change& change) const {
    const store::KeyRange range{watch.create.key, watch.create.range_end};
    return range.contains(change.key) && !(change.deletion ? watch.create.no_delete : watch.create.no_put);
  }

  std::optional<int64_t> next_for(const Expected& watch) const {
    for (const Change& change : log_) {
      if (change.revision >= watch.next && is_for(watch, change)) return change.revision;
    }
    return std::nullopt;
  }

  // All that the watch has to be told of one revision.
  Lines told_of(const Expected& watch, int64_t revision) const {
    Lines lines;
    for (const Change& change : log_) {
      if (change.revision != revision || !is_for(watch, change)) continue;
      const size_t before = change.text.find(" <- ");
      lines.push_back(watch.create.prev_kv ? change.text : change.text.substr(0, before));
    }
    return lines;
  }

  bool check(Client& client, const std::vector<WatchResponse>& responses) {
    Lines parts;  // events of fragments so far
    for (const WatchResponse& response : responses) {
      if (response.watch_id() == -1) {
        check_progress(client, response.header().revision());
        continue;
      }
      CAPTURE(response.watch_id());
      if (response.watch_id() == client.cancelled) {
        CHECK(response.canceled());
        CHECK(response.compact_revision() == 0);
        client.cancelled = 0;
        continue;
      }
      const auto found = client.watches.find(response.watch_id());
      REQUIRE(found != client.watches.end());
      Expected& watch = found->second;
      REQUIRE(!watch.ended);
      if (response.created()) {
        CHECK(!response.canceled());
        CHECK(!std::exchange(watch.created, true));
        client.newest = std::max(client.newest, response.header().revision());
        continue;
      }
      CHECK(watch.created);
      if (response.canceled()) {
        CHECK(static_cast<uint64_t>(response.compact_revision()) <= compacted_);
        CHECK(watch.next <= response.compact_revision());
        watch.ended = true;
        continue;
      }
      const Lines lines = split(response);
      parts.insert(parts.end(), lines.begin(), lines.end());
      if (response.fragment()) continue;
      check_events(watch, parts);
      client.newest = std::max(client.newest, watch.next - 1);
      parts.clear();
    }
    return !responses.empty();
  }

  static Lines split(const WatchResponse& response) {
    Lines lines;
    for (const mvccpb::Event& event : response.events()) {
      WatchResponse one;
      *one.mutable_header() = response.header();
      *one.add_events() = event;
      const std::string text = to_text(one);
      lines.push_back(text.substr(text.find(' ', text.find('@')) + 1));
    }
    return lines;
  }

  void check_events(Expected& watch, const Lines& lines) {
    for (size_t i = 0; i < lines.size();) {
      const std::optional<int64_t> revision = next_for(watch);
      REQUIRE(revision);
      for (const std::string& line : told_of(watch, *revision)) {
        REQUIRE(i < lines.size());
        const std::string& told = lines[i++];
        const bool is_compacted = static_cast<uint64_t>(*revision) <= compacted_;  // and what it replaced may be gone
        if (!is_compacted || told != line.substr(0, line.find(" <- "))) REQUIRE(told == line);
      }
      watch.next = *revision + 1;
    }
  }

  // All that is for some watch up to there was told before.
  void check_progress(Client& client, int64_t revision) {
    CHECK(revision >= client.newest);
    client.newest = revision;
    for (const auto& [id, watch] : client.watches) {
      if (!watch.created || watch.ended) continue;
      CHECK(watch.create.start <= revision);
      const std::optional<int64_t> next = next_for(watch);
      CHECK((!next || *next > revision));
    }
  }

  SeededRandom random_;
  WatchWorld world_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Change> log_;
  std::map<std::string, Value> live_;
  uint64_t head_ = 1;
  uint64_t compacted_ = 0;
};

}  // namespace

TEST_CASE("every watch is told exactly what is for it, in random histories") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Model(seed).run(150);
  }
}

TEST_CASE("watches that begin while others write miss nothing and see nothing twice") {
  WatchWorld world;
  std::atomic<bool> stop = false;
  std::thread readers([&] {
    while (!stop) {
      if (!world.engine.queued().run_one()) std::this_thread::yield();
    }
  });
  static constexpr int64_t kWrites = 3000;
  std::thread writer([&] {
    for (int64_t i = 0; i < kWrites; ++i) world.put("a", "v");
  });
  std::vector<std::unique_ptr<WatchClient>> clients;
  while (static_cast<int64_t>(world.revision()) <= kWrites && clients.size() < 50) {
    clients.push_back(std::make_unique<WatchClient>(world));
    clients.back()->send_only(WatchClient::request({.key = "a", .start = 2}));
  }
  writer.join();
  for (auto& client : clients) {
    int64_t next = 2;
    while (next <= kWrites + 1) {
      std::vector<std::string> messages;
      world.on_loop([&] { messages.swap(client->said().messages); });
      for (const std::string& message : messages) {
        WatchResponse response;
        REQUIRE(response.ParseFromString(message));
        for (const mvccpb::Event& event : response.events()) REQUIRE(event.kv().mod_revision() == next++);
      }
    }
  }
  stop = true;
  readers.join();
}

}  // namespace viaduct::v3
