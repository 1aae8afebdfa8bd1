#include "server/data_directory_modes.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "test/support/temporary_directory.h"

namespace viaduct::server {
namespace {

namespace fs = std::filesystem;

class Tree {
 public:
  Tree() {
    directory("", 0700);
    directory("wal", 0700);
    directory("state", 0700);
    for (const char* name : {"lock", "identity.a", "identity.b", "ballast", "wal/1", "state/000001.ldb"})
      file(name, 0600);
    file("stray", 0644);
  }
  const std::string& path() const { return root_.path(); }
  void mode(const std::string& name, unsigned bits) {
    fs::permissions(fs::path(path()) / name, static_cast<fs::perms>(bits));
  }

 private:
  void directory(const std::string& name, unsigned bits) {
    fs::create_directories(fs::path(path()) / name);
    mode(name, bits);
  }
  void file(const std::string& name, unsigned bits) {
    std::ofstream(fs::path(path()) / name) << "x";
    mode(name, bits);
  }
  TemporaryDirectory root_;
};

TEST_CASE("modes of our own making pass, whatever strays have") {
  Tree tree;
  const auto checked = check_modes(tree.path());
  REQUIRE(checked);
  CHECK(!checked->has_value());
}

TEST_CASE("a directory open to others is warned of") {
  for (const unsigned bits : {0750u, 0701u, 0777u}) {
    CAPTURE(bits);
    Tree tree;
    tree.mode("", bits);
    const auto checked = check_modes(tree.path());
    REQUIRE(checked);
    REQUIRE(checked->has_value());
    CHECK(checked->value().find(tree.path()) != std::string::npos);
  }
}

TEST_CASE("one of our files open to others is refused by name") {
  struct Case {
    const char* name;
    unsigned bits;
  };
  for (const Case& c : {Case{"identity.a", 0640}, Case{"wal", 0755}, Case{"wal/1", 0604},
                        Case{"state/000001.ldb", 0644}, Case{"lock", 0660}}) {
    CAPTURE(c.name);
    Tree tree;
    tree.mode(c.name, c.bits);
    const auto checked = check_modes(tree.path());
    REQUIRE(!checked);
    CHECK(checked.error().code == Code::kInvalidArgument);
    CHECK(checked.error().message.starts_with(tree.path() + "/" + c.name + " has mode 0"));
  }
}

TEST_CASE("a log directory elsewhere is checked whole") {
  Tree tree;
  CHECK(!check_modes_of_all(tree.path()));
  tree.mode("stray", 0600);
  CHECK(check_modes_of_all(tree.path()));
  tree.mode("", 0755);
  CHECK(check_modes_of_all(tree.path())->has_value());
}

TEST_CASE("what is not there is not wrong") { CHECK(check_modes("/nonexistent/viaduct")); }

}  // namespace
}  // namespace viaduct::server
