#include "v3/watch_service.h"

#include <algorithm>

#include "etcdserverpb/rpc.pb.h"
#include "v3/watch_loop.h"
#include "v3/watch_stream.h"

namespace viaduct::v3 {

WatchService::WatchService(v3bridge::Engine& engine, const WatchOptions& options, WatchCounters& counters)
    : engine_(engine), options_(options), counters_(counters) {}

WatchService::~WatchService() = default;

std::unique_ptr<Inbound> WatchService::open(Call& call) { return std::make_unique<WatchStream>(of(call.loop()), call); }

WatchLoop& WatchService::of(net::Loop& loop) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(loops_.begin(), loops_.end(), [&](const auto& item) { return item.first == &loop; });
  if (found != loops_.end()) return *found->second;
  auto made = std::make_unique<WatchLoop>(engine_, loop, options_, counters_);
  return *loops_.emplace_back(&loop, std::move(made)).second;
}

void add_watch_methods(Methods& methods, WatchService& service) {
  methods.add_stream<etcdserverpb::WatchRequest, etcdserverpb::WatchResponse>(
      Method::Kind::kBidirectional, "/etcdserverpb.Watch/Watch", {"/watch"},
      [&service](Call& call) { return service.open(call); });
}

}  // namespace viaduct::v3
