#include "test/cluster/compactions.h"

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::cluster_test {

Status Compactions::ask(V3Client& client, int64_t revision, bool physical, std::chrono::milliseconds time) {
  int64_t known = furthest_;
  while (known < revision && !furthest_.compare_exchange_weak(known, revision)) {
  }
  etcdserverpb::CompactionRequest request;
  request.set_revision(revision);
  request.set_physical(physical);
  etcdserverpb::CompactionResponse response;
  return client.call("KV/Compact", request, response, time);
}

}  // namespace viaduct::cluster_test
