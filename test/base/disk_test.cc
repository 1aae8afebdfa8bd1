// What Disk promises, held against the real one and the fake one alike.
#include "base/disk.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <functional>

#include "test/support/fake_disk.h"
#include "test/support/temporary_directory.h"

namespace viaduct {
namespace {

struct Bed {
  Disk& disk;
  std::string root;
  std::string at(const std::string& name) const { return join_path(root, name); }
};

void on_every_disk(const std::function<void(const Bed&)>& check) {
  SUBCASE("on the real disk") {
    const TemporaryDirectory directory;
    PosixDisk disk;
    check({disk, directory.path()});
  }
  SUBCASE("on the fake disk") {
    FakeDisk disk;
    REQUIRE(disk.create_directory("/bed"));
    check({disk, "/bed"});
  }
}

template <typename T>
std::optional<Code> code_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

std::unique_ptr<File> create(const Bed& bed, const std::string& name, Bytes content = "") {
  auto file = bed.disk.open(bed.at(name), OpenMode::kCreate);
  REQUIRE(file);
  REQUIRE((*file)->write_at(0, content));
  return std::move(*file);
}

std::string content_of(const Bed& bed, const std::string& name) {
  const auto content = read_file(bed.disk, bed.at(name), 1 << 20);
  REQUIRE(content);
  return *content;
}

TEST_CASE("open() makes a file only when asked to, and says what is wrong") {
  on_every_disk([](const Bed& bed) {
    CHECK(code_of(bed.disk.open(bed.at("a"), OpenMode::kRead)) == Code::kNotFound);
    CHECK(code_of(bed.disk.open(bed.at("a"), OpenMode::kWrite)) == Code::kNotFound);
    CHECK(code_of(bed.disk.open(bed.at("no/a"), OpenMode::kCreate)) == Code::kNotFound);
    create(bed, "a");
    const auto again = bed.disk.open(bed.at("a"), OpenMode::kCreate);
    REQUIRE(code_of(again) == Code::kAlreadyExists);
    CHECK(again.error().message.find(bed.at("a")) != std::string::npos);
    CHECK(again.error().message.find("exists") != std::string::npos);
    CHECK(code_of(bed.disk.open(bed.at("a/below"), OpenMode::kRead)) == Code::kIo);
  });
}

TEST_CASE("a file gives back what was written where, and fewer bytes only at its end") {
  on_every_disk([](const Bed& bed) {
    const auto file = create(bed, "a", "0123456789");
    REQUIRE(file->write_at(4, "abc"));
    REQUIRE(file->write_at(12, "z"));
    CHECK(content_of(bed, "a") == std::string("0123abc789\0\0z", 13));

    struct Case {
      uint64_t offset;
      size_t wanted;
      std::string got;
    };
    for (const Case& c : {Case{0, 4, "0123"}, Case{3, 5, "3abc7"}, Case{0, 0, ""}, Case{12, 5, "z"}, Case{13, 1, ""},
                          Case{1000, 1, ""}}) {
      CAPTURE(c.offset);
      std::string into(c.wanted, '?');
      const auto got = file->read_at(c.offset, into);
      REQUIRE(got);
      CHECK(into.substr(0, *got) == c.got);
    }
  });
}

TEST_CASE("a file opened for reading refuses writes") {
  on_every_disk([](const Bed& bed) {
    create(bed, "a", "x");
    auto file = bed.disk.open(bed.at("a"), OpenMode::kRead);
    REQUIRE(file);
    CHECK(code_of((*file)->write_at(0, "y")) == Code::kIo);
    CHECK(content_of(bed, "a") == "x");
    CHECK((*file)->sync());
  });
}

TEST_CASE("allocate() only grows, truncate() does both, new bytes are zero") {
  on_every_disk([](const Bed& bed) {
    const auto file = create(bed, "a", "abc");
    REQUIRE(file->allocate(5));
    CHECK(content_of(bed, "a") == std::string("abc\0\0", 5));
    REQUIRE(file->allocate(2));
    CHECK(*file->size() == 5);
    REQUIRE(file->truncate(1));
    REQUIRE(file->truncate(3));
    CHECK(content_of(bed, "a") == std::string("a\0\0", 3));
    REQUIRE(file->truncate(0));
    CHECK(*file->size() == 0);
    REQUIRE(file->sync());
  });
}

TEST_CASE("rename() moves a file over what was there and leaves open files alone") {
  on_every_disk([](const Bed& bed) {
    const auto source = create(bed, "from", "new");
    const auto target = create(bed, "to", "old");
    REQUIRE(bed.disk.rename(bed.at("from"), bed.at("to")));
    CHECK(content_of(bed, "to") == "new");
    CHECK_FALSE(*bed.disk.exists(bed.at("from")));
    CHECK(*target->size() == 3);
    REQUIRE(source->write_at(3, "er"));
    CHECK(content_of(bed, "to") == "newer");
    REQUIRE(bed.disk.rename(bed.at("to"), bed.at("to")));
    CHECK(content_of(bed, "to") == "newer");
    CHECK(code_of(bed.disk.rename(bed.at("from"), bed.at("to"))) == Code::kNotFound);
  });
}

TEST_CASE("directories are made once, listed in order and removed only when empty") {
  on_every_disk([](const Bed& bed) {
    REQUIRE(bed.disk.create_directory(bed.at("d")));
    CHECK(code_of(bed.disk.create_directory(bed.at("d"))) == Code::kAlreadyExists);
    CHECK(code_of(bed.disk.create_directory(bed.at("no/d"))) == Code::kNotFound);
    for (const char* name : {"d/b", "d/a", "d/c"}) create(bed, name);
    CHECK(*bed.disk.list(bed.at("d")) == std::vector<std::string>{"a", "b", "c"});
    CHECK(code_of(bed.disk.remove(bed.at("d"))) == Code::kIo);
    for (const char* name : {"d/b", "d/a", "d/c"}) REQUIRE(bed.disk.remove(bed.at(name)));
    CHECK(bed.disk.list(bed.at("d"))->empty());
    CHECK(bed.disk.sync_directory(bed.at("d")));
    REQUIRE(bed.disk.remove(bed.at("d")));
    CHECK(code_of(bed.disk.remove(bed.at("d"))) == Code::kNotFound);
    CHECK(code_of(bed.disk.list(bed.at("d"))) == Code::kNotFound);
    CHECK(code_of(bed.disk.sync_directory(bed.at("d"))) == Code::kNotFound);
  });
}

TEST_CASE("exists() tells files and directories from nothing, also below a file") {
  on_every_disk([](const Bed& bed) {
    create(bed, "a");
    CHECK(*bed.disk.exists(bed.root));
    CHECK(*bed.disk.exists(bed.at("a")));
    CHECK_FALSE(*bed.disk.exists(bed.at("b")));
    CHECK_FALSE(*bed.disk.exists(bed.at("b/c")));
    CHECK_FALSE(*bed.disk.exists(bed.at("a/b")));
  });
}

TEST_CASE("a removed file stays readable for who has it open") {
  on_every_disk([](const Bed& bed) {
    const auto file = create(bed, "a", "kept");
    REQUIRE(bed.disk.remove(bed.at("a")));
    std::string into(4, '?');
    CHECK(*file->read_at(0, into) == 4);
    CHECK(into == "kept");
  });
}

TEST_CASE("a lock keeps everyone else out until it is released") {
  on_every_disk([](const Bed& bed) {
    auto lock = bed.disk.lock(bed.at("lock"));
    REQUIRE(lock);
    CHECK(*bed.disk.exists(bed.at("lock")));
    CHECK(code_of(bed.disk.lock(bed.at("lock"))) == Code::kLocked);
    lock->reset();
    CHECK(bed.disk.lock(bed.at("lock")));
  });
}

TEST_CASE("free_bytes() knows of some room") {
  on_every_disk([](const Bed& bed) {
    const auto free = bed.disk.free_bytes(bed.root);
    REQUIRE(free);
    CHECK(*free > 0);
  });
}

TEST_CASE("read_file() reads up to its limit") {
  on_every_disk([](const Bed& bed) {
    create(bed, "a", "12345");
    CHECK(*read_file(bed.disk, bed.at("a"), 5) == "12345");
    CHECK(code_of(read_file(bed.disk, bed.at("a"), 4)) == Code::kTooLarge);
    CHECK(code_of(read_file(bed.disk, bed.at("b"), 5)) == Code::kNotFound);
    create(bed, "empty");
    CHECK(*read_file(bed.disk, bed.at("empty"), 0) == "");
  });
}

TEST_CASE("write_file_atomically() replaces a file and needs no tidy directory") {
  on_every_disk([](const Bed& bed) {
    create(bed, "a.tmp", "left over by a crash, and longer");
    REQUIRE(write_file_atomically(bed.disk, bed.at("a"), "one"));
    REQUIRE(write_file_atomically(bed.disk, bed.at("a"), "two"));
    CHECK(content_of(bed, "a") == "two");
    CHECK(*bed.disk.list(bed.root) == std::vector<std::string>{"a"});
  });
}

TEST_CASE("what the server makes is its owner's alone") {
  const TemporaryDirectory directory;
  PosixDisk disk;
  const Bed bed{disk, directory.path()};
  create(bed, "file");
  REQUIRE(disk.create_directory(bed.at("directory")));
  const auto lock = disk.lock(bed.at("lock"));
  REQUIRE(lock);
  const auto mode_of = [&](const char* name) {
    struct stat status;
    REQUIRE(::stat(bed.at(name).c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  CHECK(mode_of("file") == 0600);
  CHECK(mode_of("lock") == 0600);
  CHECK(mode_of("directory") == 0700);
}

TEST_CASE("paths are joined and taken apart without doubled or lost slashes") {
  CHECK(join_path("/a", "b") == "/a/b");
  CHECK(join_path("/a/", "b") == "/a/b");
  CHECK(join_path("/", "b") == "/b");
  CHECK(join_path("", "b") == "b");
  struct Case {
    const char* path;
    const char* parent;
  };
  for (const Case& c : {Case{"/a/b", "/a"}, Case{"/a/b/", "/a"}, Case{"/a//b", "/a"}, Case{"/a", "/"}, Case{"/", "/"},
                        Case{"a/b", "a"}, Case{"a", "."}, Case{"", "."}}) {
    CAPTURE(c.path);
    CHECK(parent_directory(c.path) == c.parent);
  }
}

}  // namespace
}  // namespace viaduct
