#include "test/support/fake_disk.h"

#include <algorithm>
#include <cassert>

namespace viaduct {
namespace {

constexpr uint64_t kMaxChoices = uint64_t{1} << 20;

Error failure(Code code, const std::string& path, const char* reason) { return Error{code, path + ": " + reason}; }
Error missing(const std::string& path) { return failure(Code::kNotFound, path, "no such file or directory"); }

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> names;
  for (size_t start = 0; start < path.size();) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string name = path.substr(start, end - start);
    if (!name.empty() && name != ".") names.push_back(name);
    start = end + 1;
  }
  return names;
}

}  // namespace

class FakeDisk::Handle final : public File {
 public:
  Handle(FakeDisk& disk, std::shared_ptr<FakeFile> file, std::string path, bool writable)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)), writable_(writable), epoch_(disk.epoch_) {}

  Result<size_t> read_at(uint64_t offset, std::span<char> into) override {
    const std::lock_guard guard(disk_.mutex_);
    VIADUCT_TRY(enter("read", false));
    const std::string& content = file_->content();
    if (offset >= content.size()) return size_t{0};
    return content.copy(into.data(), into.size(), offset);
  }

  Result<void> write_at(uint64_t offset, Bytes data) override {
    const std::lock_guard guard(disk_.mutex_);
    if (auto entered = enter("write", true); !entered) {
      if (usable(true)) file_->write(offset, data.substr(0, data.size() / 2));
      return entered;
    }
    const uint64_t limit = file_->content().size() + disk_.unused_bytes();
    const uint64_t fitting = std::min<uint64_t>(data.size(), limit - std::min(limit, offset));
    file_->write(offset, data.substr(0, fitting));
    if (fitting < data.size()) return failure(Code::kNoSpace, path_, "no space left");
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard guard(disk_.mutex_);
    if (auto entered = enter("sync", false); !entered) {
      file_->fail_sync();
      return entered;
    }
    file_->sync();
    return {};
  }

  Result<void> allocate(uint64_t bytes) override {
    const std::lock_guard guard(disk_.mutex_);
    VIADUCT_TRY(enter("allocate", true));
    if (bytes <= file_->content().size()) return {};
    return resize(bytes);
  }

  Result<void> truncate(uint64_t bytes) override {
    const std::lock_guard guard(disk_.mutex_);
    VIADUCT_TRY(enter("truncate", true));
    return resize(bytes);
  }

  Result<uint64_t> size() override {
    const std::lock_guard guard(disk_.mutex_);
    VIADUCT_TRY(enter("size", false));
    return file_->content().size();
  }

 private:
  Result<void> usable(bool to_write) const {
    if (epoch_ != disk_.epoch_) return failure(Code::kIo, path_, "power was cut");
    if (to_write && !writable_) return failure(Code::kIo, path_, "opened for reading only");
    return {};
  }

  Result<void> enter(const char* call, bool to_write) {
    VIADUCT_TRY(disk_.enter(call, path_));
    return usable(to_write);
  }

  Result<void> resize(uint64_t bytes) {
    const uint64_t present = file_->content().size();
    if (bytes > present && bytes - present > disk_.unused_bytes()) {
      return failure(Code::kNoSpace, path_, "no space left");
    }
    file_->resize(bytes);
    return {};
  }

  FakeDisk& disk_;
  const std::shared_ptr<FakeFile> file_;
  const std::string path_;
  const bool writable_;
  const uint64_t epoch_;
};

class FakeDisk::Lock final : public FileLock {
 public:
  Lock(FakeDisk& disk, std::shared_ptr<FakeFile> file) : disk_(disk), file_(std::move(file)) {}
  ~Lock() override {
    const std::lock_guard guard(disk_.mutex_);
    disk_.locked_.erase(file_.get());
  }

 private:
  FakeDisk& disk_;
  const std::shared_ptr<FakeFile> file_;
};

Result<std::unique_ptr<File>> FakeDisk::open(const std::string& path, OpenMode mode) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("open", path));
  VIADUCT_TRY_ASSIGN(place, find(path));
  if (place.entry.directory) return failure(Code::kIo, path, "is a directory");
  if (mode == OpenMode::kCreate) {
    if (place.entry.file) return failure(Code::kAlreadyExists, path, "file exists");
    place.entry.file = std::make_shared<FakeFile>();
    place.directory->link(place.name, place.entry);
  }
  if (!place.entry.file) return missing(path);
  return std::unique_ptr<File>(std::make_unique<Handle>(*this, place.entry.file, path, mode != OpenMode::kRead));
}

Result<void> FakeDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("rename", from));
  VIADUCT_TRY_ASSIGN(source, find(from));
  VIADUCT_TRY_ASSIGN(target, find(to));
  assert(source.directory == target.directory);
  if (source.entry == FakeDirectory::Entry{}) return missing(from);
  if (source.entry == target.entry) return {};
  if (target.entry.directory && !target.entry.directory->entries().empty()) {
    return failure(Code::kIo, to, "directory not empty");
  }
  source.directory->rename(source.name, target.name);
  return {};
}

Result<void> FakeDisk::remove(const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("remove", path));
  VIADUCT_TRY_ASSIGN(place, find(path));
  if (place.entry == FakeDirectory::Entry{}) return missing(path);
  if (place.entry.directory && !place.entry.directory->entries().empty()) {
    return failure(Code::kIo, path, "directory not empty");
  }
  place.directory->unlink(place.name);
  return {};
}

Result<void> FakeDisk::create_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("create_directory", path));
  VIADUCT_TRY_ASSIGN(place, find(path));
  if (place.entry != FakeDirectory::Entry{}) return failure(Code::kAlreadyExists, path, "file exists");
  place.directory->link(place.name, {{}, std::make_shared<FakeDirectory>()});
  return {};
}

Result<void> FakeDisk::sync_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto entered = enter("sync_directory", path);
  VIADUCT_TRY_ASSIGN(directory, find_directory(path));
  if (!entered) {
    directory->fail_sync();
    return entered;
  }
  directory->sync();
  return {};
}

Result<std::vector<std::string>> FakeDisk::list(const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("list", path));
  VIADUCT_TRY_ASSIGN(directory, find_directory(path));
  std::vector<std::string> names;
  for (const auto& [name, entry] : directory->entries()) names.push_back(name);
  return names;
}

Result<bool> FakeDisk::exists(const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("exists", path));
  if (find_directory(path)) return true;
  const auto place = find(path);
  return place && place->entry.file != nullptr;
}

Result<std::unique_ptr<FileLock>> FakeDisk::lock(const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("lock", path));
  VIADUCT_TRY_ASSIGN(place, find(path));
  if (place.entry.directory) return failure(Code::kIo, path, "is a directory");
  if (!place.entry.file) {
    place.entry.file = std::make_shared<FakeFile>();
    place.directory->link(place.name, place.entry);
  }
  if (!locked_.insert(place.entry.file.get()).second) return failure(Code::kLocked, path, "held by another");
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(*this, place.entry.file));
}

Result<uint64_t> FakeDisk::free_bytes(const std::string& path) {
  const std::lock_guard guard(mutex_);
  VIADUCT_TRY(enter("free_bytes", path));
  return unused_bytes();
}

void FakeDisk::crash(Random& random) {
  const std::lock_guard guard(mutex_);
  RandomChooser chooser(random);
  root_ = root_->after_power_cut(chooser);
  locked_.clear();
  fault_.reset();
  ++epoch_;
}

void FakeDisk::end_process() {
  const std::lock_guard guard(mutex_);
  locked_.clear();
  ++epoch_;
}

std::unique_ptr<FakeDisk> FakeDisk::crash_image(Random& random) const {
  const std::lock_guard guard(mutex_);
  RandomChooser chooser(random);
  auto image = std::make_unique<FakeDisk>();
  image->root_ = root_->after_power_cut(chooser);
  return image;
}

void FakeDisk::for_each_crash_image(const std::function<void(FakeDisk&)>& visit) const {
  std::set<std::string> seen;
  ExhaustiveChooser chooser;
  uint64_t choices = 0;
  do {
    ++choices;
    assert(choices <= kMaxChoices);
    FakeDisk image;
    {
      const std::lock_guard guard(mutex_);
      image.root_ = root_->after_power_cut(chooser);
    }
    std::string listing;
    image.root_->append_listing(listing);
    if (seen.insert(std::move(listing)).second) visit(image);
  } while (chooser.advance());
}

void FakeDisk::fail_call(uint64_t n, Error error, Repeat repeat, std::string only) {
  assert(n > 0);
  const std::lock_guard guard(mutex_);
  fault_ = Fault{n, std::move(error), repeat, std::move(only)};
  failed_call_.clear();
}

void FakeDisk::stop_failing() {
  const std::lock_guard guard(mutex_);
  fault_.reset();
}

std::string FakeDisk::failed_call() const {
  const std::lock_guard guard(mutex_);
  return failed_call_;
}

uint64_t FakeDisk::calls() const {
  const std::lock_guard guard(mutex_);
  return calls_;
}

void FakeDisk::set_free_bytes(uint64_t bytes) {
  const std::lock_guard guard(mutex_);
  capacity_bytes_ = root_->content_bytes() + bytes;
}

Result<void> FakeDisk::enter(const char* call, const std::string& path) {
  ++calls_;
  if (!fault_) return {};
  const std::string label = std::string(call) + " " + path;
  if (label.find(fault_->only) == std::string::npos) return {};
  if (fault_->remaining_calls > 1) {
    --fault_->remaining_calls;
    return {};
  }
  failed_call_ = label;
  Error error{fault_->error.code, label + ": " + fault_->error.message};
  if (fault_->repeat == Repeat::kOnce) fault_.reset();
  return error;
}

Result<FakeDisk::Place> FakeDisk::find(const std::string& path) const {
  std::vector<std::string> names = split(path);
  if (names.empty()) return failure(Code::kIo, path, "is the root directory");
  Place place{root_, std::move(names.back()), {}};
  names.pop_back();
  for (const std::string& name : names) {
    const auto& entries = place.directory->entries();
    const auto next = entries.find(name);
    if (next == entries.end()) return missing(path);
    if (!next->second.directory) return failure(Code::kIo, path, "not a directory");
    place.directory = next->second.directory;
  }
  const auto found = place.directory->entries().find(place.name);
  if (found != place.directory->entries().end()) place.entry = found->second;
  return place;
}

Result<std::shared_ptr<FakeDirectory>> FakeDisk::find_directory(const std::string& path) const {
  if (split(path).empty()) return root_;
  VIADUCT_TRY_ASSIGN(place, find(path));
  if (place.entry.file) return failure(Code::kIo, path, "not a directory");
  if (!place.entry.directory) return missing(path);
  return place.entry.directory;
}

uint64_t FakeDisk::unused_bytes() const {
  const uint64_t used = root_->content_bytes();
  return capacity_bytes_ - std::min(capacity_bytes_, used);
}

}  // namespace viaduct
