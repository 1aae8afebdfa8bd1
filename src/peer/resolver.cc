#include "peer/resolver.h"

#include <poll.h>

#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "peer/wait_for.h"

namespace viaduct::peer {
namespace {

constexpr int kMaxThreads = 64;  // that wait for name servers; beyond it names are not found
std::atomic<int> threads_in_use{0};

// Shared by who asks and the thread that finds out.
struct Query {
  std::string host;
  std::string service;
  WakeUp done;
  std::mutex mutex;
  Addresses addresses;  // guarded by mutex
  int error = 0;        // guarded by mutex
};

int look_up(const std::string& host, const std::string& service, int flags, Addresses& into) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (error == 0) into.reset(found);
  return error;
}

void run(const std::shared_ptr<Query>& query) {
  Addresses found;
  const int error = look_up(query->host, query->service, 0, found);
  {
    const std::lock_guard lock(query->mutex);
    query->addresses = std::move(found);
    query->error = error;
  }
  query->done.signal();
  threads_in_use.fetch_sub(1);
}

bool start(const std::shared_ptr<Query>& query) {
  if (threads_in_use.fetch_add(1) < kMaxThreads) {
    try {
      std::thread(run, query).detach();
      return true;
    } catch (const std::system_error&) {  // no thread to be had
    }
  }
  threads_in_use.fetch_sub(1);
  return false;
}

}  // namespace

Addresses resolve(const std::string& host, uint16_t port, std::chrono::steady_clock::time_point deadline,
                  const Cancellation* cancellation, DialFailure& failure) {
  Addresses addresses;
  const std::string service = std::to_string(port);
  if (look_up(host, service, AI_NUMERICHOST | AI_NUMERICSERV, addresses) == 0) return addresses;
  const auto query = std::make_shared<Query>();
  query->host = host;
  query->service = service;
  if (!start(query)) {
    failure = {DialFailure::Kind::kUnresolved, "lookup " + host + ": too many lookups under way"};
    return nullptr;
  }
  switch (wait_for(query->done.descriptor(), POLLIN, cancellation, deadline)) {
    case Waited::kReady:
      break;
    case Waited::kTimedOut:
      failure = {DialFailure::Kind::kTimedOut, "lookup " + host + ": i/o timeout"};
      return nullptr;
    case Waited::kCancelled:
      failure = {DialFailure::Kind::kCancelled, "cancelled"};
      return nullptr;
  }
  const std::lock_guard lock(query->mutex);
  if (query->error != 0) {
    failure = {DialFailure::Kind::kUnresolved, "lookup " + host + ": " + gai_strerror(query->error)};
  }
  return std::move(query->addresses);
}

}  // namespace viaduct::peer
