#include "v3bridge/v2_write.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <string>

#include "store/path.h"
#include "v3bridge/directories.h"
#include "v3bridge/removal.h"
#include "v3bridge/v2_code.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using store::Action;
using store::Draft;
using store::Entry;
using store::Family;
using Answer = std::variant<V2Done, V2Error>;

// The name of an in-order child: the index of the write that makes it, so that names rise with time.
std::string in_order_name(std::string_view parent, Seq seq) {
  char digits[24];
  const int length = std::snprintf(digits, sizeof digits, "/%020llu", static_cast<unsigned long long>(seq.value));
  return std::string(parent).append(digits, static_cast<size_t>(length));
}

class Writer {
 public:
  Writer(const store::Store& store, store::Transaction& txn, const V2Write& command)
      : txn_(txn), command_(command), directories_(txn, store.v2_root()), name_(command.path()) {
    if (!store.v2_root().empty()) name_ = composed_ = store.v2_root() + command.path();
    if (command.operation() == V2Write::CREATE_IN_ORDER)
      name_ = composed_ = in_order_name(name_, txn.numbers().seq.next());
  }

  Answer run() {
    if (const char* reason = beyond_limits()) return error(kInvalidForm, reason);
    switch (command_.operation()) {
      case V2Write::SET:
        return set();
      case V2Write::CREATE:
      case V2Write::CREATE_IN_ORDER:
        return create();
      case V2Write::UPDATE:
        return update();
      case V2Write::COMPARE_AND_SWAP:
        return compare_and_swap();
      case V2Write::DELETE:
        return remove();
      case V2Write::COMPARE_AND_DELETE:
        return compare_and_delete();
      default:
        break;  // the enum is open: proto3 hands over numbers it does not know
    }
    return error(kInvalidForm, "unknown operation");
  }

 private:
  Answer set() {
    const Node node = find();
    if (!node) {
      if (const auto blocked = blocking_file()) return error(kNotDirectory, *blocked);
      if (command_.refresh()) return not_found();
    }
    if (directories_.is_root(name_)) return root_is_read_only();
    if (node.directory) return error(kNotFile, shown());
    Draft draft = draft_of(Action::kSet, command_.dir());
    if (!command_.dir()) draft.value = next_value(node.file);
    draft.refresh = command_.refresh();
    return leave(draft, node.file);
  }

  Answer create() {
    if (directories_.is_root(name_)) return root_is_read_only();
    if (const auto blocked = blocking_file()) return error(kNotDirectory, *blocked);
    if (find()) return error(kKeyExists, shown());
    Draft draft = draft_of(Action::kCreate, command_.dir());
    if (!command_.dir()) draft.value = Blob(command_.value());
    return leave(draft, nullptr);
  }

  Answer update() {
    if (directories_.is_root(name_)) return root_is_read_only();
    const Node node = find();
    if (!node) return missing();
    if (node.file) return change(Action::kUpdate, *node.file);
    if (!command_.value().empty()) return error(kNotFile, shown());
    Draft draft = draft_of(Action::kUpdate, true);
    draft.created_seq = node.directory->created_seq();
    draft.refresh = command_.refresh();
    return leave(draft, nullptr);
  }

  Answer compare_and_swap() {
    if (directories_.is_root(name_)) return root_is_read_only();
    const Node node = find();
    if (!node) return missing();
    if (node.directory) return error(kNotFile, shown());
    if (auto difference = compare(*node.file); !difference.empty()) return error(kCompareFailed, difference);
    return change(Action::kCompareAndSwap, *node.file);
  }

  Answer remove() {
    if (directories_.is_root(name_)) return root_is_read_only();
    const Node node = find();
    if (!node) return missing();
    const EventKind kind{Action::kDelete, true};
    if (node.file) return V2Done{remove_key(txn_, directories_, name_, kind)};
    if (!command_.dir() && !command_.recursive()) return error(kNotFile, shown());
    if (node.directory->children() > 0 && !command_.recursive()) return error(kDirectoryNotEmpty, shown());
    return V2Done{remove_directory(txn_, directories_, name_, kind)};
  }

  Answer compare_and_delete() {
    const Node node = find();
    if (!node) return missing();
    if (node.directory) return error(kNotFile, shown());  // of the root: no cause
    if (auto difference = compare(*node.file); !difference.empty()) return error(kCompareFailed, difference);
    return V2Done{remove_key(txn_, directories_, name_, {Action::kCompareAndDelete, true})};
  }

  // What v2 shows at a name: the directory if there is one (T4), else the file, else nothing.
  struct Node {
    const Entry* directory = nullptr;
    const Entry* file = nullptr;
    explicit operator bool() const { return directory || file; }
  };

  Node find() const {
    if (const Entry* directory = txn_.directory(name_)) return {directory, nullptr};
    return {nullptr, txn_.key(name_)};
  }

  Draft draft_of(Action action, bool directory) const {
    Draft draft;
    draft.family = directory ? Family::kDirectory : Family::kKey;
    draft.action = action;
    draft.key = name_;
    draft.is_explicit = directory;
    draft.by_v2 = true;
    if (command_.has_ttl_seconds()) draft.ttl_seconds = std::min(command_.ttl_seconds(), store::kMaxTtlSeconds);
    return draft;
  }

  // Update and compareAndSwap of a file keep its createdIndex (N4).
  Answer change(Action action, const Entry& file) {
    Draft draft = draft_of(action, false);
    draft.value = next_value(&file);
    draft.created_seq = file.created_seq();
    draft.refresh = command_.refresh();
    return leave(draft, &file);
  }

  // One event that leaves a node at name_: the node, its parents, and what becomes of the `file` that was there.
  Answer leave(const Draft& draft, const Entry* file) {
    const bool replaces_file = file && draft.family == Family::kDirectory;
    const bool parents_exist = file || draft.created_seq;
    const EventKind kind{draft.action, true};
    txn_.begin_event();
    txn_.append(draft);
    const std::string_view parent =
        parents_exist ? store::parent_path(name_) : directories_.make_parents(name_, true, kind);
    if (replaces_file) append_tombstone(txn_, Family::kKey, name_, kind);
    directories_.make_explicit(parent, kind);
    return V2Done{txn_.event()};
  }

  // A refresh keeps the value; everything else writes the one given, also if that is none.
  Blob next_value(const Entry* file) const {
    return command_.refresh() && file ? txn_.value(*file) : Blob(command_.value());
  }

  // Empty if both conditions hold, else the cause: only those that fail.
  std::string compare(const Entry& file) const {
    std::string difference;
    if (command_.has_prev_value()) {
      const Blob value = txn_.value(file);
      if (value.view() != command_.prev_value())
        difference.append("[").append(command_.prev_value()).append(" != ").append(value.view()).append("]");
    }
    if (command_.prev_index() != 0 && command_.prev_index() != file.modified_seq().value) {
      if (!difference.empty()) difference += ' ';
      difference += "[" + std::to_string(command_.prev_index()) + " != " + to_string(file.modified_seq()) + "]";
    }
    return difference;
  }

  // The file that the walk to name_ would have to pass, as shown; only the first gap can be one (see Directories).
  std::optional<std::string_view> blocking_file() const {
    if (directories_.is_root(name_)) return std::nullopt;
    const std::string_view gap = directories_.first_gap(name_);
    if (gap.size() == name_.size() || !txn_.key(gap)) return std::nullopt;
    return directories_.shown(gap);
  }

  const char* beyond_limits() const {
    const std::string_view path = shown();
    if (path.size() > store::kMaxPathBytes) return "path too long";
    if (static_cast<size_t>(std::count(path.begin(), path.end(), '/')) > store::kMaxPathElements)
      return "path too deep";
    return nullptr;
  }

  std::string_view shown() const { return directories_.shown(name_); }

  Answer error(int code, std::string_view cause) const { return V2Error{code, std::string(cause), txn_.numbers().seq}; }
  Answer not_found() const { return error(kKeyNotFound, directories_.shown(directories_.first_gap(name_))); }
  Answer root_is_read_only() const { return error(kRootReadOnly, "/"); }
  Answer missing() const {
    if (const auto blocked = blocking_file()) return error(kNotDirectory, *blocked);
    return not_found();
  }

  store::Transaction& txn_;
  const V2Write& command_;
  Directories directories_;
  std::string composed_;   // where the command's path is not the whole name
  std::string_view name_;  // with the v2 root
};

}  // namespace

Answer apply_v2_write(const store::Store& store, store::Transaction& txn, const V2Write& command) {
  return Writer(store, txn, command).run();
}

}  // namespace viaduct::v3bridge
