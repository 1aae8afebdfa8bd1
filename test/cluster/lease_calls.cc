#include "test/cluster/lease_calls.h"

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::cluster_test {

using namespace etcdserverpb;

std::optional<Granted> grant_lease(V3Client& client, uint64_t ttl, std::chrono::milliseconds time) {
  LeaseGrantRequest request;
  request.set_ttl(static_cast<int64_t>(ttl));
  LeaseGrantResponse response;
  if (!client.call("Lease/LeaseGrant", request, response, time).ok()) return std::nullopt;
  return Granted{response.id(), response.ttl()};
}

std::optional<int64_t> renew_lease(int port, int64_t id, std::chrono::milliseconds time) {
  LeaseKeepAliveRequest request;
  request.set_id(id);
  LeaseKeepAliveResponse response;
  V3Stream stream(port, "Lease/LeaseKeepAlive", request);
  if (stream.next(response, time) != V3Stream::Next::kMessage) return std::nullopt;
  return response.ttl();
}

bool revoke_lease(V3Client& client, int64_t id, std::chrono::milliseconds time) {
  LeaseRevokeRequest request;
  request.set_id(id);
  LeaseRevokeResponse response;
  return client.call("Lease/LeaseRevoke", request, response, time).ok();
}

}  // namespace viaduct::cluster_test
