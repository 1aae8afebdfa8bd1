#include "test/support/fake_medium.h"

#include <algorithm>
#include <cassert>

namespace viaduct {
namespace {

// A write of up to so many sectors keeps any subset of them; a longer one, to keep the choices countable, all, none,
// or the part before or after one border.
constexpr size_t kMaxIndependentSectors = 6;

struct Piece {
  uint64_t offset;
  Bytes data;
};

std::vector<Piece> cut_at_sectors(uint64_t offset, Bytes data) {
  std::vector<Piece> pieces;
  while (!data.empty()) {
    const Bytes front = data.substr(0, kSectorBytes - offset % kSectorBytes);
    pieces.push_back({offset, front});
    offset += front.size();
    data.remove_prefix(front.size());
  }
  return pieces;
}

void overwrite(std::string& image, const Piece& piece) {
  const uint64_t end = piece.offset + piece.data.size();
  if (image.size() < end) image.resize(end);
  std::copy(piece.data.begin(), piece.data.end(), image.begin() + static_cast<std::ptrdiff_t>(piece.offset));
}

}  // namespace

size_t ExhaustiveChooser::choose(size_t alternatives) {
  if (asked_ == path_.size()) path_.push_back({0, alternatives});
  assert(path_[asked_].alternatives == alternatives);
  return path_[asked_++].chosen;
}

bool ExhaustiveChooser::advance() {
  asked_ = 0;
  while (!path_.empty() && path_.back().chosen + 1 == path_.back().alternatives) path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().chosen;
  return true;
}

void FakeFile::write(uint64_t offset, Bytes data) {
  if (data.empty()) return;
  const uint64_t end = offset + data.size();
  if (end > cached_.size()) resize(end);
  overwrite(cached_, {offset, data});
  unsynced_.add({false, offset, std::string(data)});
}

void FakeFile::resize(uint64_t bytes) {
  cached_.resize(bytes);
  unsynced_.add({true, bytes, ""});
}

void FakeFile::sync() {
  unsynced_.sync([this](const Operation& operation) { apply(operation, durable_); });
}

void FakeFile::apply(const Operation& operation, std::string& image) {
  if (operation.is_resize) {
    image.resize(operation.at);
  } else {
    overwrite(image, {operation.at, operation.data});
  }
}

void FakeFile::apply_torn(const Operation& operation, std::string& image, Chooser& chooser) {
  const std::vector<Piece> pieces = cut_at_sectors(operation.at, operation.data);
  if (pieces.size() <= kMaxIndependentSectors) {
    for (const Piece& piece : pieces) {
      if (chooser.keep()) overwrite(image, piece);
    }
    return;
  }
  const size_t border = chooser.choose(pieces.size());  // 0 with the front is none, with the back is all
  const bool keep_front = chooser.keep();
  for (size_t i = 0; i < pieces.size(); ++i) {
    if ((i < border) == keep_front) overwrite(image, pieces[i]);
  }
}

std::string FakeFile::after_power_cut(Chooser& chooser) const {
  std::string image = durable_;
  unsynced_.for_each([&](const Operation& operation, bool certain) {
    if (!certain && !operation.is_resize) return apply_torn(operation, image, chooser);
    if (certain || chooser.keep()) apply(operation, image);
  });
  return image;
}

void FakeDirectory::link(const std::string& name, Entry entry) { make({name, std::move(entry)}); }
void FakeDirectory::unlink(const std::string& name) { make({name, {}}); }
void FakeDirectory::rename(const std::string& from, const std::string& to) { make({to, cached_.at(from)}); }

void FakeDirectory::make(Operation operation) {
  apply(operation, cached_);
  unsynced_.add(std::move(operation));
}

void FakeDirectory::apply(const Operation& operation, Entries& entries) {
  if (operation.entry == Entry{}) {
    entries.erase(operation.name);
    return;
  }
  std::erase_if(entries, [&](const auto& named) { return named.second == operation.entry; });
  entries[operation.name] = operation.entry;
}

void FakeDirectory::sync() {
  unsynced_.sync([this](const Operation& operation) { apply(operation, durable_); });
}

std::shared_ptr<FakeDirectory> FakeDirectory::after_power_cut(Chooser& chooser) const {
  Entries left = durable_;
  unsynced_.for_each([&](const Operation& operation, bool certain) {
    if (certain || chooser.keep()) apply(operation, left);
  });
  auto image = std::make_shared<FakeDirectory>();
  for (const auto& [name, entry] : left) {
    image->durable_[name] = entry.file ? Entry{std::make_shared<FakeFile>(entry.file->after_power_cut(chooser)), {}}
                                       : Entry{{}, entry.directory->after_power_cut(chooser)};
  }
  image->cached_ = image->durable_;
  return image;
}

uint64_t FakeDirectory::content_bytes() const {
  uint64_t total = 0;
  for (const auto& [name, entry] : cached_) {
    total += entry.file ? entry.file->content().size() : entry.directory->content_bytes();
  }
  return total;
}

void FakeDirectory::append_listing(std::string& to) const {
  put_varint(to, cached_.size());
  for (const auto& [name, entry] : cached_) {
    put_length_prefixed(to, name);
    to.push_back(entry.file ? 'f' : 'd');
    if (entry.file) {
      put_length_prefixed(to, entry.file->content());
    } else {
      entry.directory->append_listing(to);
    }
  }
}

}  // namespace viaduct
