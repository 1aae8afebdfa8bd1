#include "v3/lock.h"

#include <memory>
#include <utility>

#include "v3/ownership.h"
#include "v3/unknown_errors.h"
#include "v3lockpb/v3lock.pb.h"

namespace viaduct::v3 {
namespace {

using v3lockpb::LockRequest;
using v3lockpb::LockResponse;
using v3lockpb::UnlockRequest;
using v3lockpb::UnlockResponse;
using CallPtr = std::unique_ptr<Call>;

constexpr KnownError kSessionExpired{StatusCode::kUnknown, "mutex: session is expired"};

void lock(Ownership& ownership, CallPtr call, const LockRequest& request) {
  const Claim claim{
      .name = request.name(), .lease = LeaseId(static_cast<uint64_t>(request.lease())), .lost = kSessionExpired};
  ownership.acquire(std::move(call), request.ByteSizeLong(), claim,
                    [&engine = ownership.engine()](Call& owner, const Owned& owned) {
                      LockResponse response;
                      fill_header(engine, owned.owned, *response.mutable_header());
                      response.set_key(owned.key);
                      owner.reply(response);
                    });
}

void unlock(Ownership& ownership, CallPtr call, UnlockRequest& request) {
  if (request.key().empty()) return call->fail(kEmptyKey);
  const size_t bytes = request.ByteSizeLong();
  Command command;
  command.mutable_delete_range()->mutable_key()->swap(*request.mutable_key());
  propose(ownership.engine(), ownership.options(), std::move(call), bytes, std::move(command),
          [&engine = ownership.engine()](CallPtr done, const v3bridge::Outcome& outcome) {
            UnlockResponse response;
            fill_header(engine, outcome.revision, *response.mutable_header());
            done->reply(response);
          });
}

}  // namespace

void add_lock_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, KeySignals& signals) {
  // Both methods hold on to it.
  const auto ownership = std::make_shared<Ownership>(engine, options, signals);
  methods.add_unary<LockRequest, LockResponse>("/v3lockpb.Lock/Lock", {"/lock/lock"},
                                               [ownership](CallPtr call, LockRequest& request) {
                                                 lock(*ownership, with_unknown_errors(std::move(call)), request);
                                               });
  methods.add_unary<UnlockRequest, UnlockResponse>("/v3lockpb.Lock/Unlock", {"/lock/unlock"},
                                                   [ownership](CallPtr call, UnlockRequest& request) {
                                                     unlock(*ownership, with_unknown_errors(std::move(call)), request);
                                                   });
}

}  // namespace viaduct::v3
