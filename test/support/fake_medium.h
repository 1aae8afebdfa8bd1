// What FakeDisk keeps beneath its interface: files and directories, each with what surely is on the medium and the list
// of operations that are not yet, and the rules of FM-2 and FM-4 for what a power cut leaves of them.
//   Data:      a write is kept, lost or cut at a sector border, independently of every other, later ones included.
//   Size:      growing a file is an operation of its own: it may survive without the data, which then reads as zeros.
//   Directory: a link, an unlink and a rename each survive or not, apart from the data of the file they name.
//   Sync:      a failed one leaves its operations undecided for ever; a later one that succeeds does not cover them.
// Threads: none of its own; FakeDisk locks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace viaduct {

inline constexpr uint64_t kSectorBytes = 512;

// Decides what a power cut leaves behind, one question after another.
class Chooser {
 public:
  virtual ~Chooser() = default;
  virtual size_t choose(size_t alternatives) = 0;  // 0 .. alternatives - 1
  bool keep() { return choose(2) == 1; }
};

class RandomChooser final : public Chooser {
 public:
  explicit RandomChooser(Random& random) : random_(random) {}
  size_t choose(size_t alternatives) override { return random_.below(alternatives); }

 private:
  Random& random_;
};

// Walks the whole tree of decisions: ask questions, then advance() and ask again, until advance() says false. Which
// questions are asked may depend on the answers to earlier ones.
class ExhaustiveChooser final : public Chooser {
 public:
  size_t choose(size_t alternatives) override;
  bool advance();

 private:
  struct Decision {
    size_t chosen;
    size_t alternatives;
  };
  std::vector<Decision> path_;
  size_t asked_ = 0;
};

// Operations in the order they were made, until a sync makes them certain.
template <typename Operation>
class UnsyncedList {
 public:
  void add(Operation operation) { items_.push_back({std::move(operation), State::kUnsynced}); }

  // Hands to `fold`, and forgets, all that no longer depends on an undecided operation before it.
  template <typename Fold>
  void sync(Fold fold) {
    for (Item& item : items_) {
      if (item.state == State::kUnsynced) item.state = State::kCertain;
    }
    size_t folded = 0;
    for (; folded < items_.size() && items_[folded].state == State::kCertain; ++folded) fold(items_[folded].operation);
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(folded));
  }

  void fail_sync() {
    for (Item& item : items_) {
      if (item.state == State::kUnsynced) item.state = State::kAbandoned;
    }
  }

  // visit(operation, certain) in order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Item& item : items_) visit(item.operation, item.state == State::kCertain);
  }

 private:
  enum class State { kUnsynced, kAbandoned, kCertain };
  struct Item {
    Operation operation;
    State state;
  };
  std::vector<Item> items_;
};

class FakeFile {
 public:
  FakeFile() = default;
  explicit FakeFile(std::string content) : cached_(content), durable_(std::move(content)) {}

  const std::string& content() const { return cached_; }  // what reads return, on the medium or not
  void write(uint64_t offset, Bytes data);
  void resize(uint64_t bytes);
  void sync();
  void fail_sync() { unsynced_.fail_sync(); }
  std::string after_power_cut(Chooser& chooser) const;

 private:
  struct Operation {
    bool is_resize;
    uint64_t at;       // offset of the data, or the new size
    std::string data;  // empty for a resize
  };
  static void apply(const Operation& operation, std::string& image);
  static void apply_torn(const Operation& operation, std::string& image, Chooser& chooser);

  std::string cached_;
  std::string durable_;
  UnsyncedList<Operation> unsynced_;
};

class FakeDirectory {
 public:
  struct Entry {  // one of the two
    std::shared_ptr<FakeFile> file;
    std::shared_ptr<FakeDirectory> directory;
    bool operator==(const Entry&) const = default;
  };
  using Entries = std::map<std::string, Entry>;

  const Entries& entries() const { return cached_; }
  void link(const std::string& name, Entry entry);
  void unlink(const std::string& name);
  void rename(const std::string& from, const std::string& to);  // `from` is there; replaces `to`
  void sync();
  void fail_sync() { unsynced_.fail_sync(); }
  std::shared_ptr<FakeDirectory> after_power_cut(Chooser& chooser) const;
  uint64_t content_bytes() const;              // of all files below
  void append_listing(std::string& to) const;  // names and contents below; equal for equal trees only

 private:
  struct Operation {
    std::string name;
    Entry entry;  // null: `name` goes; otherwise it goes from wherever it was to `name`
  };
  static void apply(const Operation& operation, Entries& entries);
  void make(Operation operation);

  Entries cached_;
  Entries durable_;
  UnsyncedList<Operation> unsynced_;
};

}  // namespace viaduct
