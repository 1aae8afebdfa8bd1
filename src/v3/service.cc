#include "v3/service.h"

#include <cstdint>
#include <limits>
#include <string>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3 {
namespace {

// What etcd's log entry has beside the request: tag, length and id of its header, tag and length of the request.
constexpr size_t kEnvelopeBytes = 18;

}  // namespace

void fill_header(const v3bridge::Engine& engine, Revision revision, etcdserverpb::ResponseHeader& header) {
  header.set_cluster_id(engine.cluster_id().value);
  header.set_member_id(engine.member_id().value);
  header.set_revision(static_cast<int64_t>(revision.value));
  header.set_raft_term(engine.raft_status().term.value);
}

store::Numbers current_numbers(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.numbers();
}

Status status_of(const v3bridge::Engine& engine, const v3bridge::Outcome& outcome, InVain in_vain) {
  const auto* const refusal = std::get_if<v3bridge::Refusal>(&outcome.body);
  const bool timed_out = refusal && refusal->kind == v3bridge::Refusal::Kind::kTimeout;
  if (timed_out && in_vain == InVain::kLacksLeader && !engine.raft_status().leader) return kNoLeader;
  return status_of(outcome);
}

Status check_request_size(size_t bytes, const ServiceOptions& options) {
  return bytes + kEnvelopeBytes > options.max_request_bytes ? Status(kRequestTooLarge) : Status();
}

Status check_response_size(size_t bytes) {
  constexpr size_t kMaxBytes = std::numeric_limits<int32_t>::max();
  if (bytes <= kMaxBytes) return {};
  return {StatusCode::kResourceExhausted, "grpc: trying to send message larger than max (" + std::to_string(bytes) +
                                              " vs. " + std::to_string(kMaxBytes) + ")"};
}

}  // namespace viaduct::v3
