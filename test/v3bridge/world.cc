#include "test/v3bridge/world.h"

#include <doctest/doctest.h>

#include "store/record.h"
#include "store/transaction.h"

namespace viaduct::v3bridge {

using store::Family;
using store::Record;
using store::Store;

namespace {

Command initialize(const std::string& v2_root) {
  Command command;
  command.mutable_initialize()->set_v2_root(v2_root);
  return command;
}

}  // namespace

World::World(const std::string& v2_root, store::Options options) : options_(std::move(options)) {
  options_.directory = "/state";
  open();
  apply(initialize(v2_root));
}

World::World(const Command& first) {
  options_.directory = "/state";
  open();
  apply(first);
}

void World::open() {
  auto opened = Store::open(disk_, options_);
  REQUIRE(opened);
  store_ = std::move(opened).value();
  bridge_.emplace(*store_);
}

Outcome World::apply(const Command& command) {
  const bool alone = !group_is_open_;
  if (alone) open_group();
  Outcome outcome = bridge_->apply(command, stamp_);
  applied_ = applied_.next();
  if (alone) close_group();
  return outcome;
}

void World::open_group() {
  store_->begin_group();
  group_is_open_ = true;
}

void World::close_group() {
  for (store::EventPtr& event : store_->commit_group({applied_, Term(1), stamp_})) events_.push_back(std::move(event));
  group_is_open_ = false;
}

void World::restart() {
  store_.reset();
  open();
}

void World::advance_ms(uint64_t ms) {
  stamp_.cluster_ms += ms;
  stamp_.wall_ns += static_cast<int64_t>(ms) * 1'000'000;
}

store::Numbers World::numbers() const {
  const Store::ReadLock lock(*store_);
  return store_->numbers();
}

std::variant<Listing, V2Error> World::get(const std::string& path, bool recursive) const {
  const ReadRequest request{path, recursive};
  auto slow = read_slow(*store_, request, now_ms());
  const auto fast = read_fast(*store_, request, now_ms());
  if (const auto* listing = std::get_if<Listing>(&fast)) CHECK(to_text(*listing) == to_text(std::get<Listing>(slow)));
  if (const auto* missing = std::get_if<NotThere>(&fast)) CHECK(to_text(*missing) == to_text(std::get<NotThere>(slow)));
  if (const auto* missing = std::get_if<NotThere>(&slow)) {
    CHECK(missing->revision == numbers().revision);
    return *missing;
  }
  return std::get<Listing>(std::move(slow));
}

std::vector<std::string> World::v3_keys() const {
  std::vector<std::string> lines;
  auto snapshot = store_->snapshot(Revision());
  REQUIRE(snapshot);
  for (std::string from;;) {
    const auto slice = (*snapshot)->slice(Family::kKey, from, "", Store::kSliceNodes);
    for (const store::NodeView& key : slice) {
      lines.push_back(key.key + "=" + std::string(key.value.view()) + " create=" + to_string(key.create_revision) +
                      " mod=" + to_string(key.mod_revision) + " version=" + std::to_string(key.version) +
                      " lease=" + to_string(key.lease));
    }
    if (slice.size() < Store::kSliceNodes) return lines;
    from = slice.back().key + '\0';
  }
}

Command v2_write(V2Write::Operation operation, const std::string& path, const std::string& value) {
  Command command;
  V2Write& write = *command.mutable_v2_write();
  write.set_operation(operation);
  write.set_path(path);
  write.set_value(value);
  return command;
}

Command v2_set(const std::string& path, const std::string& value) { return v2_write(V2Write::SET, path, value); }

Command v2_make_directory(const std::string& path) {
  Command command = v2_write(V2Write::SET, path);
  command.mutable_v2_write()->set_dir(true);
  return command;
}

Command v2_delete(const std::string& path, bool recursive) {
  Command command = v2_write(V2Write::DELETE, path);
  command.mutable_v2_write()->set_recursive(recursive);
  return command;
}

Command with_ttl(Command command, uint64_t seconds) {
  command.mutable_v2_write()->set_ttl_seconds(seconds);
  return command;
}

Command v3_put(const std::string& key, const std::string& value, uint64_t lease) {
  Command command;
  etcdserverpb::PutRequest& put = *command.mutable_put();
  put.set_key(key);
  put.set_value(value);
  put.set_lease(static_cast<int64_t>(lease));
  return command;
}

Command v3_delete(const std::string& key, const std::string& range_end) {
  Command command;
  command.mutable_delete_range()->set_key(key);
  command.mutable_delete_range()->set_range_end(range_end);
  return command;
}

Command v3_txn(const std::vector<Command>& parts) {
  Command command;
  command.mutable_txn();
  for (const Command& part : parts) {
    etcdserverpb::RequestOp& op = *command.mutable_txn()->add_success();
    if (part.has_put()) *op.mutable_request_put() = part.put();
    if (part.has_delete_range()) *op.mutable_request_delete_range() = part.delete_range();
    if (part.has_txn()) *op.mutable_request_txn() = part.txn();
  }
  return command;
}

Command grant(uint64_t id, uint64_t ttl_seconds) {
  Command command;
  command.mutable_lease_grant()->set_id(id);
  command.mutable_lease_grant()->set_ttl_seconds(ttl_seconds);
  return command;
}

Command revoke(uint64_t id) {
  Command command;
  command.mutable_lease_revoke()->set_id(id);
  return command;
}

Command renew(uint64_t id) {
  Command command;
  command.mutable_lease_renew()->add_ids(id);
  return command;
}

Command expire(std::vector<uint64_t> ids) {
  Command command;
  command.mutable_lease_expire()->mutable_ids()->Add(ids.begin(), ids.end());
  return command;
}

Command compact(uint64_t revision) {
  Command command;
  command.mutable_compact()->set_revision(revision);
  return command;
}

std::string prefix_end(std::string prefix) {
  ++prefix.back();
  return prefix;
}

namespace {

std::string ttl_text(const std::optional<store::ShownTtl>& ttl) {
  if (!ttl) return "";
  return " ttl " + std::to_string(ttl->ttl_seconds) + " until " + std::to_string(ttl->expiration_ns);
}

std::string companion_text(const Record& companion) {
  std::string text = companion.tombstone ? " -" : " +";
  text += companion.key;
  if (companion.family == Family::kDirectory) text += '/';
  if (companion.family == Family::kDirectory && !companion.tombstone && !companion.is_explicit) text += " implicit";
  return text;
}

}  // namespace

std::string to_text(const Listing& listing) {
  std::string text;
  for (const V2Node& node : listing.nodes) {
    text += std::string(2 * node.depth, ' ') + node.key;
    text += node.dir ? "/" : "=" + std::string(node.value.view());
    text += " created " + to_string(node.created) + " modified " + to_string(node.modified) + ttl_text(node.ttl) + "\n";
  }
  return text + "@" + to_string(listing.index) + "," + to_string(listing.revision);
}

std::string to_text(const V2Error& error) {
  return std::to_string(error.code) + " " + error.cause + " @" + to_string(error.index);
}

std::string to_text(const std::variant<Listing, V2Error>& answer) {
  return std::visit([](const auto& value) { return to_text(value); }, answer);
}

std::string to_text(const store::Event& event) {
  const Record& record = event.record;
  const bool is_directory = record.family == Family::kDirectory;
  std::string text = to_string(record.id.seq) + "," + to_string(record.revision) + " " + action_name(record.action);
  text += " " + record.key + (is_directory ? "/" : "");
  if (!is_directory && !record.tombstone) {
    text += "=" + std::string(record.value.view()) + " version " + std::to_string(record.version) + " from " +
            to_string(record.create_revision) + " lease " + to_string(record.lease);
  }
  text += " created " + to_string(record.created_seq) + ttl_text(record.ttl);
  if (record.tombstone) text += " gone";
  if (record.refresh) text += " refresh";
  if (record.silent) text += " silent";
  if (event.prev) {
    text += " prev(";
    if (event.prev->family == Family::kDirectory) text += "directory";
    text += std::string(event.prev->value.view()) + " created " + to_string(event.prev->created_seq) + " modified " +
            to_string(event.prev->modified_seq()) + ttl_text(record.prev_ttl) + ")";
  }
  if (!event.companions.empty()) text += " with";
  for (const Record& companion : event.companions) text += companion_text(companion);
  return text;
}

std::string to_text(const Outcome& outcome) {
  if (const auto* done = std::get_if<V2Done>(&outcome.body)) return to_text(*done->event);
  if (const auto* error = std::get_if<V2Error>(&outcome.body)) return to_text(*error);
  if (const auto* refusal = std::get_if<Refusal>(&outcome.body)) return "refused: " + refusal->text;
  const auto& result = std::get<V3Result>(outcome.body);
  std::string text =
      "v3 error " + std::to_string(static_cast<int>(result.error)) + " deleted " + std::to_string(result.deleted);
  for (const store::EventPtr& event : result.events) text += "\n" + to_text(*event);
  for (LeaseId id : result.missing) text += "\nmissing " + to_string(id);
  return text;
}

}  // namespace viaduct::v3bridge
