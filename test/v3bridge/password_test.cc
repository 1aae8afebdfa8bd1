#include "v3bridge/password.h"

#include <doctest/doctest.h>

#include <deque>
#include <string>

namespace viaduct::v3bridge {
namespace {

constexpr int kLeastCost = 4;

// Runs its tasks when it is told to.
class Patient final : public Executor {
 public:
  void post(std::unique_ptr<Task> task) override { tasks_.push_back(std::move(task)); }
  size_t waiting() const { return tasks_.size(); }
  void run_all() {
    for (; !tasks_.empty(); tasks_.pop_front()) tasks_.front()->run();
  }

 private:
  std::deque<std::unique_ptr<Task>> tasks_;
};

TEST_CASE("a hash fits its password and no other, and is never the same twice") {
  for (const std::string& password :
       {std::string(), std::string("secret"), std::string("schl\xc3\xbcssel"), std::string(72, 'a')}) {
    CAPTURE(password);
    const std::string hash = hash_password(password, kLeastCost);
    CHECK(hash.starts_with("$2b$04$"));
    CHECK(hash.size() == 60);
    CHECK(hash != hash_password(password, kLeastCost));
    CHECK(password_matches(password, hash));
    CHECK_FALSE(password_matches("Secret", hash));
    CHECK_FALSE(password_matches("x" + password, hash));
  }
}

TEST_CASE("hashes that etcd wrote can be checked") {
  // The first two are from the test vectors of bcrypt's first implementation.
  CHECK(password_matches("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
  CHECK(password_matches("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"));
  CHECK_FALSE(password_matches("U*V", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}

TEST_CASE("nothing matches what is no bcrypt hash") {
  for (const char* hash : {"", "$2b$", "$2b$04$short", "plain", "$6$salt$hash", "*0", "$1$aa$bb"}) {
    CAPTURE(hash);
    CHECK_FALSE(password_matches("", hash));
    CHECK_FALSE(password_matches("plain", hash));
  }
}

TEST_CASE("a password has a longest length and no NUL byte, behind which nobody would look") {
  CHECK(is_possible_password(""));
  CHECK(is_possible_password(std::string(1024, 'a')));
  CHECK_FALSE(is_possible_password(std::string(1025, 'a')));
  CHECK_FALSE(is_possible_password(std::string("a\0b", 3)));
  CHECK_FALSE(password_matches(std::string("a\0b", 3), hash_password("a", kLeastCost)));
}

TEST_CASE("bcrypt looks at the first 72 bytes of a password") {
  const std::string hash = hash_password(std::string(1024, 'a'), kLeastCost);
  CHECK(password_matches(std::string(72, 'a'), hash));
  CHECK(password_matches(std::string(72, 'a') + "b", hash));
  CHECK_FALSE(password_matches(std::string(71, 'a'), hash));
}

TEST_CASE("passwords are hashed one after another, and each hash comes to who asked") {
  Patient workers, home;
  PasswordHasher hasher(workers, kLeastCost);
  std::string first, second;
  hasher.hash("one", home, [&](std::string hash) { first = std::move(hash); });
  hasher.hash("two", home, [&](std::string hash) { second = std::move(hash); });
  CHECK(workers.waiting() == 1);
  workers.run_all();
  CHECK(first.empty());
  home.run_all();
  CHECK(password_matches("one", first));
  CHECK(password_matches("two", second));
}

TEST_CASE("when many passwords wait there is no room for more until one was hashed") {
  Patient workers, home;
  PasswordHasher hasher(workers, kLeastCost);
  for (int i = 0; i < 63; ++i) hasher.hash("p", home, [](std::string) {});
  CHECK(hasher.has_room());
  hasher.hash("p", home, [](std::string) {});
  CHECK_FALSE(hasher.has_room());
  workers.run_all();
  CHECK(hasher.has_room());
  CHECK(home.waiting() == 64);
}

TEST_CASE("what waits to be hashed outlives the hasher, not its thread") {
  Patient workers, home;
  {
    PasswordHasher hasher(workers, kLeastCost);
    hasher.hash("p", home, [](std::string) {});
  }
  workers.run_all();
  CHECK(home.waiting() == 1);
}

}  // namespace
}  // namespace viaduct::v3bridge
