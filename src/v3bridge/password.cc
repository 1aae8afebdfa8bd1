#include "v3bridge/password.h"

#include <crypt.h>
#include <string.h>

#include <cassert>
#include <deque>
#include <mutex>
#include <utility>

namespace viaduct::v3bridge {
namespace {

constexpr size_t kMaxWaiting = 64;

constexpr size_t kBcryptBytes = 72;  // of a password; the library refuses some that are much longer

// Empty if `setting` is not one.
std::string crypt_with(const std::string& password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  std::string seen = password.substr(0, kBcryptBytes);
  const char* const hash = crypt_rn(seen.c_str(), setting.c_str(), data.get(), sizeof *data);
  std::string result = hash ? hash : "";
  explicit_bzero(data.get(), sizeof *data);
  explicit_bzero(seen.data(), seen.size());
  return result;
}

}  // namespace

bool is_possible_password(std::string_view password) {
  return password.size() <= kMaxPasswordBytes && password.find('\0') == std::string_view::npos;
}

std::string hash_password(const std::string& password, int cost) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  // Without bytes of ours it takes its salt from the system.
  const char* const made =
      crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), nullptr, 0, setting, sizeof setting);
  assert(made);
  std::string hash = crypt_with(password, setting);
  assert(!hash.empty());
  return hash;
}

bool password_matches(const std::string& password, const std::string& hash) {
  if (!hash.starts_with("$2") || !is_possible_password(password)) return false;
  const std::string again = crypt_with(password, hash);
  if (again.size() != hash.size()) return false;
  unsigned char difference = 0;  // looks at all of it, so that the time tells nothing
  for (size_t i = 0; i < hash.size(); ++i) difference |= static_cast<unsigned char>(again[i] ^ hash[i]);
  return difference == 0;
}

class PasswordHasher::Queue : public std::enable_shared_from_this<Queue> {
 public:
  Queue(Executor& workers, int cost) : workers_(workers), cost_(cost) {}

  bool has_room() {
    const std::lock_guard lock(mutex_);
    return jobs_.size() < kMaxWaiting;
  }
  void add(std::string password, Executor& home, std::unique_ptr<Waiting> waiting) {
    if (push({std::move(password), home, std::move(waiting)}) == 1) start();
  }

 private:
  struct Job {
    std::string password;
    Executor& home;
    std::unique_ptr<Waiting> waiting;
  };

  void start() {
    workers_.post_function([self = shared_from_this()] { self->run_first(); });
  }

  // The job stays in front until it is done, so that nobody starts another; what is added behind does not move it.
  void run_first() {
    Job& job = first();
    job.waiting->hash = hash_password(job.password, cost_);
    explicit_bzero(job.password.data(), job.password.size());
    job.home.post(std::move(job.waiting));
    if (pop() > 0) start();
  }

  // Each answers how many are there then.
  size_t push(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    return jobs_.size();
  }
  size_t pop() {
    const std::lock_guard lock(mutex_);
    jobs_.pop_front();
    return jobs_.size();
  }
  Job& first() {
    const std::lock_guard lock(mutex_);
    return jobs_.front();
  }

  Executor& workers_;
  const int cost_;
  std::mutex mutex_;
  std::deque<Job> jobs_;
};

PasswordHasher::PasswordHasher(Executor& workers, int cost) : queue_(std::make_shared<Queue>(workers, cost)) {}

bool PasswordHasher::has_room() const { return queue_->has_room(); }

void PasswordHasher::add(std::string password, Executor& home, std::unique_ptr<Waiting> waiting) {
  queue_->add(std::move(password), home, std::move(waiting));
}

}  // namespace viaduct::v3bridge
