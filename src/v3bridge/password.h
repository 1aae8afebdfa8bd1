// Passwords as bcrypt keeps them: "$2b$" cost "$" salt-and-hash, which etcd and Go read as well as their own "$2a$".
// A hash takes as long as its cost says, some 60 ms at 10 and twice that for each step: never on a loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/executor.h"

namespace viaduct::v3bridge {

constexpr size_t kMaxPasswordBytes = 1024;  // as a request; bcrypt itself looks at the first 72

// No NUL byte, and no more than kMaxPasswordBytes.
bool is_possible_password(std::string_view password);

std::string hash_password(const std::string& password, int cost);             // cost: 4 to 31
bool password_matches(const std::string& password, const std::string& hash);  // no such hash: false

// Hashes one password at a time, so that the threads it borrows have time for others.
// Threads: any.
class PasswordHasher {
 public:
  // Borrows `workers`, whose tasks may block.
  PasswordHasher(Executor& workers, int cost);

  // False: many wait already, and who asks now had better be sent away.
  bool has_room() const;
  // Calls done(hash) on `home`.
  template <typename F>
  void hash(std::string password, Executor& home, F done) {
    struct Continuation final : Waiting {
      explicit Continuation(F f) : function(std::move(f)) {}
      void run() override { function(std::move(hash)); }
      F function;
    };
    add(std::move(password), home, std::make_unique<Continuation>(std::move(done)));
  }

 private:
  struct Waiting : Task {
    std::string hash;
  };
  class Queue;

  void add(std::string password, Executor& home, std::unique_ptr<Waiting> waiting);

  const std::shared_ptr<Queue> queue_;  // its tasks hold on to it
};

}  // namespace viaduct::v3bridge
