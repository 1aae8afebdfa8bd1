#include "test/v3bridge/model.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace viaduct::v3bridge {
namespace {

constexpr uint64_t kV2Leases = uint64_t{1} << 62;

std::string number(uint64_t value) { return std::to_string(value); }

std::string parent(const std::string& name) { return name.substr(0, name.rfind('/')); }

bool below(const std::string& name, const std::string& directory) { return name.rfind(directory + "/", 0) == 0; }

// [from, to) as a DeleteRange means it.
bool in_range(const etcdserverpb::DeleteRangeRequest& range, const std::string& key) {
  if (range.range_end().empty()) return key == range.key();
  return key >= range.key() && (range.range_end() == std::string(1, '\0') || key < range.range_end());
}

}  // namespace

std::string Model::apply(const Command& command, const Stamp& stamp) {
  stamp_ = stamp;
  const uint64_t seq_before = seq_;
  std::string text;
  const auto v3_text = [](int error, uint64_t deleted, const std::string& events) {
    return "v3 error " + std::to_string(error) + " deleted " + number(deleted) + events;
  };
  if (command.has_v2_write()) {
    text = v2(command.v2_write());
  } else if (command.has_put() || command.has_delete_range() || command.has_txn()) {
    text = v3(command);
  } else if (command.has_lease_grant()) {
    const LeaseGrant& grant = command.lease_grant();
    const bool exists = leases_.count(grant.id());
    if (!exists) {
      leases_[grant.id()] = {grant.ttl_seconds(), stamp.cluster_ms + grant.ttl_seconds() * 1000,
                             stamp.wall_ns + static_cast<int64_t>(grant.ttl_seconds()) * 1'000'000'000, false};
    }
    text = v3_text(exists ? 2 : 0, 0, "");
  } else if (command.has_lease_revoke()) {
    const uint64_t id = command.lease_revoke().id();
    uint64_t deleted = 0;
    const bool exists = leases_.count(id);
    const std::string events = exists ? end_lease(id, "delete", deleted) : "";
    text = v3_text(exists ? 0 : 1, deleted, events);
  } else if (command.has_lease_renew()) {
    std::string missing;
    for (uint64_t id : command.lease_renew().ids()) {
      const auto lease = leases_.find(id);
      if (lease == leases_.end()) {
        missing += "\nmissing " + number(id);
        continue;
      }
      lease->second.deadline_ms = stamp.cluster_ms + lease->second.ttl * 1000;
      lease->second.expiration_ns = stamp.wall_ns + static_cast<int64_t>(lease->second.ttl) * 1'000'000'000;
    }
    text = v3_text(0, 0, missing);
  } else if (command.has_lease_expire()) {
    for (uint64_t id : command.lease_expire().ids()) {
      if (!leases_.count(id) || leases_[id].deadline_ms > stamp.cluster_ms) continue;
      const uint64_t before = seq_;
      uint64_t deleted = 0;
      end_lease(id, "expire", deleted);
      if (seq_ != before) ++revision_;
    }
    return v3_text(0, 0, "");
  } else if (command.has_compact()) {
    const uint64_t revision = command.compact().revision();
    const bool too_old = was_compacted_ && revision <= compacted_;
    const int refused = too_old ? 3 : revision > revision_ ? 4 : 0;
    if (!refused) was_compacted_ = true, compacted_ = revision;
    text = v3_text(refused, 0, "");
  }
  if (seq_ != seq_before) ++revision_;
  return text;
}

// --- v2 ---

std::string Model::v2(const V2Write& write) {
  std::string name = root_ + write.path();
  if (write.operation() == V2Write::CREATE_IN_ORDER) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "/%020llu", static_cast<unsigned long long>(seq_ + 1));
    name += digits;
  }
  const bool is_root = name == root_;
  const bool exists = is_directory(name) || files_.count(name);
  const auto compare = [&] {
    const File& file = files_.at(name);
    std::string failed;
    if (write.has_prev_value() && write.prev_value() != file.value)
      failed = "[" + write.prev_value() + " != " + file.value + "]";
    if (write.prev_index() && write.prev_index() != file.modified)
      failed += (failed.empty() ? "[" : " [") + number(write.prev_index()) + " != " + number(file.modified) + "]";
    return failed;
  };
  const std::string shown = name.substr(root_.size());
  switch (write.operation()) {
    case V2Write::SET:
      if (auto failed = walk_error(name, true); !failed.empty()) return failed;
      if (write.refresh() && !exists) return walk_error(name, false);
      if (is_root) return error(107, "/");
      if (is_directory(name)) return error(102, shown);
      return v2_leave(write, "set", name, write.dir());
    case V2Write::CREATE:
    case V2Write::CREATE_IN_ORDER:
      if (is_root) return error(107, "/");
      if (auto failed = walk_error(name, true); !failed.empty()) return failed;
      if (exists) return error(105, shown);
      return v2_leave(write, "create", name, write.dir());
    case V2Write::UPDATE:
      if (is_root) return error(107, "/");
      if (auto failed = walk_error(name, false); !failed.empty()) return failed;
      if (is_directory(name) && !write.value().empty()) return error(102, shown);
      return v2_leave(write, "update", name, is_directory(name));
    case V2Write::COMPARE_AND_SWAP:
      if (is_root) return error(107, "/");
      if (auto failed = walk_error(name, false); !failed.empty()) return failed;
      if (is_directory(name)) return error(102, shown);
      if (auto failed = compare(); !failed.empty()) return error(101, failed);
      return v2_leave(write, "compareAndSwap", name, false);
    case V2Write::DELETE:
      if (is_root) return error(107, "/");
      if (auto failed = walk_error(name, false); !failed.empty()) return failed;
      if (is_directory(name) && !write.dir() && !write.recursive()) return error(102, shown);
      if (is_directory(name) && children(name) && !write.recursive()) return error(108, shown);
      return v2_remove(name, "delete");
    case V2Write::COMPARE_AND_DELETE:
      if (auto failed = walk_error(name, false); !failed.empty()) return failed;
      if (is_directory(name)) return error(102, shown);
      if (auto failed = compare(); !failed.empty()) return error(101, failed);
      return v2_remove(name, "compareAndDelete");
    default:
      return "unknown";
  }
}

std::string Model::v2_leave(const V2Write& write, const std::string& action, const std::string& name, bool directory) {
  const bool fresh = action == "set" || action == "create";  // createdIndex starts anew (N4)
  const bool refresh = write.refresh() && action != "create";
  const uint64_t revision = revision_ + 1;
  ++seq_;
  Draft draft;
  std::string before;
  uint64_t old_lease = 0;
  const bool had_file = files_.count(name) && !directories_.count(name);
  if (had_file) before = prev(files_[name]), old_lease = files_[name].lease;
  if (directories_.count(name)) before = prev(directories_[name]), old_lease = directories_[name].lease;
  const uint64_t lease = write.has_ttl_seconds() ? attach_new_lease(write.ttl_seconds()) : 0;

  draft.text = head(action, name);
  if (directory) {
    const uint64_t created = fresh ? seq_ : directories_.at(name).created;
    directories_[name] = {created, lease, true};
    draft.text += "/ created " + number(created) + ttl(lease);
    make_parents(name, true, draft);
    if (had_file) {
      files_.erase(name);
      draft.companions.push_back("-" + name);
    }
  } else {
    File& file = files_[name];
    if (!refresh) file.value = write.value();
    if (fresh) file.created = seq_;
    if (!had_file) file.create_revision = revision;
    ++file.version;
    file.modified = seq_;
    file.mod_revision = revision;
    file.lease = lease;
    draft.text += "=" + file.value + " version " + number(file.version) + " from " + number(file.create_revision) +
                  " lease " + number(lease) + " created " + number(file.created) + ttl(lease);
    make_parents(name, true, draft);
  }
  if (refresh) draft.text += " refresh";
  draft.text += before;
  make_explicit(parent(name), draft);
  detach(old_lease);
  return finish(draft);
}

std::string Model::v2_remove(const std::string& name, const std::string& action) {
  return is_directory(name) ? remove_directory(name, action) : remove_file(name, action);
}

// --- v3 ---

Model::Changes Model::changes_of(const Command& command) {
  etcdserverpb::RequestOp op;
  if (command.has_put()) *op.mutable_request_put() = command.put();
  if (command.has_delete_range()) *op.mutable_request_delete_range() = command.delete_range();
  if (!command.has_txn()) return {op};
  Changes changes;
  for (const etcdserverpb::RequestOp& part : command.txn().success()) {
    Command nested;
    *nested.mutable_txn() = part.request_txn();
    const Changes inner = part.has_request_txn() ? changes_of(nested) : Changes{part};
    changes.insert(changes.end(), inner.begin(), inner.end());
  }
  return changes;
}

std::string Model::v3(const Command& command) {
  const Changes changes = changes_of(command);
  if (const int error = refusal(changes, command.has_txn())) return "v3 error " + std::to_string(error) + " deleted 0";
  std::string events;
  uint64_t deleted = 0;
  for (const etcdserverpb::RequestOp& change : changes) {
    if (change.has_request_put()) events += "\n" + put(change.request_put());
    if (!change.has_request_delete_range()) continue;
    std::vector<std::string> doomed;
    for (const auto& [key, file] : files_) {
      if (in_range(change.request_delete_range(), key)) doomed.push_back(key);
    }
    for (const std::string& key : doomed) events += "\n" + remove_file(key, "delete");
    deleted += doomed.size();
  }
  return "v3 error 0 deleted " + number(deleted) + events;
}

// Tries the changes on a copy.
int Model::refusal(const Changes& changes, bool in_txn) const {
  Model trial = *this;
  for (const etcdserverpb::RequestOp& change : changes) {
    if (change.has_request_put()) {
      const etcdserverpb::PutRequest& put = change.request_put();
      const bool lacks_key = (put.ignore_value() || put.ignore_lease()) && !trial.files_.count(put.key());
      const bool lacks_lease = put.lease() && !trial.leases_.count(static_cast<uint64_t>(put.lease()));
      if (lacks_key && (in_txn || !lacks_lease)) return 7;
      if (lacks_lease) return 1;
      trial.put(put);
    }
    if (!change.has_request_delete_range()) continue;
    const auto files = trial.files_;
    for (const auto& [key, file] : files) {
      if (in_range(change.request_delete_range(), key)) trial.remove_file(key, "delete");
    }
  }
  return 0;
}

std::string Model::put(const etcdserverpb::PutRequest& put) {
  const std::string& key = put.key();
  ++seq_;
  Draft draft;
  const bool existed = files_.count(key);
  const std::string before = existed ? prev(files_[key]) : "";
  File& file = files_[key];
  const uint64_t old_lease = file.lease;
  if (!put.ignore_value()) file.value = put.value();
  if (!put.ignore_lease()) file.lease = static_cast<uint64_t>(put.lease());
  file.created = file.modified = seq_;
  if (!existed) file.create_revision = revision_ + 1;
  file.mod_revision = revision_ + 1;
  ++file.version;
  draft.text = head("set", key) + "=" + file.value + " version " + number(file.version) + " from " +
               number(file.create_revision) + " lease " + number(file.lease) + " created " + number(file.created) +
               ttl(file.lease);
  if (!visible(key) || is_directory(key)) draft.text += " silent";
  draft.text += before;
  if (visible(key)) make_parents(key, false, draft);
  detach(old_lease);
  return finish(draft);
}

std::string Model::end_lease(uint64_t id, const std::string& action, uint64_t& deleted) {
  std::vector<std::string> keys, directories;
  for (const auto& [key, file] : files_) {
    if (file.lease == id) keys.push_back(key);
  }
  for (const auto& [name, directory] : directories_) {
    if (directory.lease == id) directories.push_back(name);
  }
  const auto covered = [&](const std::string& name) {
    return std::any_of(directories.begin(), directories.end(), [&](const auto& above) { return below(name, above); });
  };
  std::string events;
  for (const std::string& key : keys) {
    if (visible(key) && covered(key)) continue;
    events += "\n" + remove_file(key, action);
    ++deleted;
  }
  for (const std::string& name : directories) {
    if (covered(name)) continue;
    events += "\n" + remove_directory(name, action);
    ++deleted;
  }
  leases_.erase(id);
  return events;
}

// --- both ---

std::string Model::remove_file(const std::string& key, const std::string& action) {
  ++seq_;
  Draft draft;
  const File file = files_.at(key);
  draft.text = head(action, key) + " created " + number(file.created) + " gone";
  if (!visible(key) || is_directory(key)) draft.text += " silent";
  draft.text += prev(file);
  files_.erase(key);
  drop_childless(draft);
  detach(file.lease);
  return finish(draft);
}

std::string Model::remove_directory(const std::string& name, const std::string& action) {
  ++seq_;
  Draft draft;
  const Directory directory = directories_.at(name);
  draft.text = head(action, name) + "/ created " + number(directory.created) + " gone" + prev(directory);
  directories_.erase(name);
  std::set<std::string> along;  // "name" of a key, "name/" of a directory: the same order as (name, family)
  std::set<uint64_t> detached{directory.lease};
  for (const auto& [key, file] : files_) {
    if (visible(key) && (key == name || below(key, name))) along.insert(key), detached.insert(file.lease);
  }
  std::vector<std::pair<std::string, bool>> order;
  for (const std::string& key : along) order.emplace_back(key, false);
  for (const auto& [path, inner] : directories_) {
    if (below(path, name)) order.emplace_back(path, true), detached.insert(inner.lease);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [path, is_dir] : order) {
    draft.companions.push_back("-" + path + (is_dir ? "/" : ""));
    if (is_dir)
      directories_.erase(path);
    else
      files_.erase(path);
  }
  drop_childless(draft);
  for (uint64_t lease : detached) detach(lease);
  return finish(draft);
}

bool Model::visible(const std::string& key) const {
  if (key.rfind(root_ + "/", 0) != 0) return false;
  const std::string path = key.substr(root_.size());
  if (path.size() > 4096 || path.back() == '/' || std::count(path.begin(), path.end(), '/') > 128) return false;
  const std::string closed = path + "/";
  for (const char* bad : {"//", "/./", "/../"}) {
    if (closed.find(bad) != std::string::npos) return false;
  }
  return true;
}

std::vector<std::string> Model::elements_to(const std::string& name) const {
  std::vector<std::string> names;
  for (std::string path = name; path.size() > root_.size(); path = parent(path)) names.insert(names.begin(), path);
  return names;
}

std::string Model::walk_error(const std::string& name, bool last_may_miss) const {
  for (const std::string& step : elements_to(name)) {
    if (is_directory(step)) continue;
    if (files_.count(step)) return step == name ? "" : error(104, step.substr(root_.size()));
    return last_may_miss ? "" : error(100, step.substr(root_.size()));
  }
  return "";
}

std::string Model::error(int code, const std::string& cause) const {
  return std::to_string(code) + " " + cause + " @" + number(seq_);
}

size_t Model::children(const std::string& directory) const {
  size_t count = 0;
  for (const auto& [key, file] : files_) count += visible(key) && parent(key) == directory;
  for (const auto& [name, other] : directories_) count += parent(name) == directory;
  return count;
}

void Model::make_parents(const std::string& name, bool is_explicit, Draft& draft) {
  for (const std::string& step : elements_to(name)) {
    if (step == name || directories_.count(step)) continue;
    directories_[step] = {seq_, 0, is_explicit};
    draft.companions.push_back("+" + step + "/" + (is_explicit ? "" : " implicit"));
  }
}

void Model::make_explicit(const std::string& name, Draft& draft) {
  for (const std::string& step : elements_to(name)) {
    if (directories_.at(step).is_explicit) continue;
    directories_[step].is_explicit = true;
    draft.companions.push_back("+" + step + "/");
  }
}

void Model::drop_childless(Draft& draft) {
  for (bool again = true; again;) {
    again = false;
    for (const auto& [name, directory] : directories_) {
      if (directory.is_explicit || children(name)) continue;
      draft.companions.push_back("-" + name + "/");
      directories_.erase(name);
      again = true;
      break;
    }
  }
}

std::string Model::head(const std::string& action, const std::string& name) const {
  return number(seq_) + "," + number(revision_ + 1) + " " + action + " " + name;
}

std::string Model::prev(const File& file) const {
  return " prev(" + file.value + " created " + number(file.created) + " modified " + number(file.modified) +
         ttl(file.lease) + ")";
}

std::string Model::prev(const Directory& directory) const {
  return " prev(directory created " + number(directory.created) + " modified " + number(directory.created) +
         ttl(directory.lease) + ")";
}

std::string Model::ttl(uint64_t id) const {
  if (!id) return "";
  const Lease& lease = leases_.at(id);
  const int64_t left_ms = static_cast<int64_t>(lease.deadline_ms) - static_cast<int64_t>(stamp_.cluster_ms);
  const int64_t seconds = left_ms > 0 ? (left_ms + 999) / 1000 : -(-left_ms / 1000);
  return " ttl " + std::to_string(seconds) + " until " + std::to_string(lease.expiration_ns);
}

std::string Model::finish(const Draft& draft) {
  std::string text = draft.text;
  if (!draft.companions.empty()) text += " with";
  for (const std::string& companion : draft.companions) text += " " + companion;
  events_.push_back(text);
  return text;
}

uint64_t Model::attach_new_lease(uint64_t ttl_seconds) {
  uint64_t id = kV2Leases + seq_;
  while (leases_.count(id)) ++id;
  leases_[id] = {ttl_seconds, stamp_.cluster_ms + ttl_seconds * 1000,
                 stamp_.wall_ns + static_cast<int64_t>(ttl_seconds) * 1'000'000'000, true};
  return id;
}

void Model::detach(uint64_t lease) {
  if (lease && leases_.count(lease) && leases_[lease].made_by_v2 && !has_attachments(lease)) leases_.erase(lease);
}

bool Model::has_attachments(uint64_t lease) const {
  const auto holds = [&](const auto& named) { return named.second.lease == lease; };
  return std::any_of(files_.begin(), files_.end(), holds) ||
         std::any_of(directories_.begin(), directories_.end(), holds);
}

// --- what it shows ---

std::string Model::get(const std::string& path, bool recursive) const {
  const std::string name = root_ + path;
  if (auto failed = walk_error(name, false); !failed.empty()) return failed;
  std::string text;
  if (name == root_) {
    text = "/ created 0 modified 0\n";
    list(name, recursive, 1, text);
  } else if (is_directory(name)) {
    const Directory& directory = directories_.at(name);
    text = path + "/ created " + number(directory.created) + " modified " + number(directory.created) +
           ttl(directory.lease) + "\n";
    list(name, recursive, 1, text);
  } else {
    const File& file = files_.at(name);
    text = path + "=" + file.value + " created " + number(file.created) + " modified " + number(file.modified) +
           ttl(file.lease) + "\n";
  }
  return text + "@" + number(seq_) + "," + number(revision_);
}

void Model::list(const std::string& directory, bool recursive, int depth, std::string& text) const {
  std::set<std::string> names;
  for (const auto& [key, file] : files_) {
    if (visible(key) && parent(key) == directory) names.insert(key);
  }
  for (const auto& [name, other] : directories_) {
    if (parent(name) == directory) names.insert(name);
  }
  for (const std::string& name : names) {
    if (name[directory.size() + 1] == '_') continue;
    const std::string indent(static_cast<size_t>(2 * depth), ' ');
    const std::string shown = name.substr(root_.size());
    if (!directories_.count(name)) {
      const File& file = files_.at(name);
      text += indent + shown + "=" + file.value + " created " + number(file.created) + " modified " +
              number(file.modified) + ttl(file.lease) + "\n";
      continue;
    }
    const Directory& inner = directories_.at(name);
    text += indent + shown + "/ created " + number(inner.created) + " modified " + number(inner.created) +
            ttl(inner.lease) + "\n";
    if (recursive) list(name, recursive, depth + 1, text);
  }
}

std::vector<std::string> Model::v3_keys() const {
  std::vector<std::string> lines;
  for (const auto& [key, file] : files_) {
    lines.push_back(key + "=" + file.value + " create=" + number(file.create_revision) + " mod=" +
                    number(file.mod_revision) + " version=" + number(file.version) + " lease=" + number(file.lease));
  }
  return lines;
}

std::vector<std::string> Model::internals() const {
  std::vector<std::string> lines;
  size_t shadowed = 0;
  for (const auto& [name, directory] : directories_) {
    lines.push_back(name + (directory.is_explicit ? "/ explicit" : "/ implicit") + " children " +
                    number(children(name)));
    shadowed += files_.count(name);
  }
  for (const auto& [id, lease] : leases_) {
    lines.push_back("lease " + number(id) + " ttl " + number(lease.ttl) + " deadline " + number(lease.deadline_ms) +
                    (lease.made_by_v2 ? " by v2" : ""));
  }
  lines.push_back("shadowed " + number(shadowed));
  return lines;
}

std::vector<uint64_t> Model::lease_ids() const {
  std::vector<uint64_t> ids;
  for (const auto& [id, lease] : leases_) ids.push_back(id);
  return ids;
}

std::vector<uint64_t> Model::expired(uint64_t now_ms) const {
  std::vector<std::pair<uint64_t, uint64_t>> found;
  for (const auto& [id, lease] : leases_) {
    if (lease.deadline_ms <= now_ms) found.emplace_back(lease.deadline_ms, id);
  }
  std::sort(found.begin(), found.end());
  std::vector<uint64_t> ids;
  for (const auto& [deadline, id] : found) ids.push_back(id);
  return ids;
}

std::optional<uint64_t> Model::modified_index(const std::string& path) const {
  const auto file = files_.find(root_ + path);
  return file == files_.end() ? std::nullopt : std::optional(file->second.modified);
}

std::optional<std::string> Model::value(const std::string& path) const {
  const auto file = files_.find(root_ + path);
  return file == files_.end() ? std::nullopt : std::optional(file->second.value);
}

}  // namespace viaduct::v3bridge
