// One snapshot on its way to one member. Keeps the chunk that is not acknowledged, and nothing else of what it has
// sent.
// Threads: confined to one, which blocks; the cancellation ends its waits.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "peer/http_client.h"
#include "peer/links_options.h"
#include "peer/snapshot_wire.h"
#include "peer/token_bucket.h"
#include "peer/transport.h"

namespace viaduct::peer {

class SnapshotTransfer {
 public:
  SnapshotTransfer(const LinksOptions& options, const Peer& to, SnapshotSource& source, TokenBucket& bucket,
                   const Cancellation& cancellation);

  Result<Index> run();  // what the member has installed, or had already

 private:
  using Clock = std::chrono::steady_clock;
  using Step = SnapshotRequest::Step;

  Result<uint64_t> begin();
  Result<void> advance_to(uint64_t offset);
  Result<uint64_t> write(uint64_t offset);
  Result<void> finish();
  HttpReply ask(Step step, uint64_t offset);
  Result<void> pause();
  Result<void> pace(uint64_t bytes);

  const LinksOptions& options_;
  const Peer& to_;
  SnapshotSource& source_;
  TokenBucket& bucket_;
  const Cancellation& cancellation_;
  std::unique_ptr<HttpClient> client_;
  size_t url_ = 0;            // of to_.urls, in use
  std::string chunk_;         // read from the source, not acknowledged to its end
  uint64_t chunk_at_ = 0;     // its offset
  bool source_done_ = false;  // chunk_ is empty and so is what follows
  bool has_all_ = false;      // the member needs none of it
  Clock::time_point progress_at_;
};

}  // namespace viaduct::peer
