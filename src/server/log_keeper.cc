#include "server/log_keeper.h"

#include <algorithm>

#include "base/log.h"

namespace viaduct::server {

void LogKeeper::appended(const std::vector<EntryPtr>& entries) {
  if (entries.empty()) return;
  uint64_t bytes = 0;
  for (const EntryPtr& entry : entries) bytes += entry->data.size();
  retention_.appended(entries.back()->index, bytes);
  counts_.wal_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

void LogKeeper::step(Index applied, const LogNeeds& needs) {
  needs_ = needs;
  if (!spare_under_way_ && wal_.wants_spare()) prepare_spare();
  applied = std::min(applied, raft_.log().applied());  // raft's log is cut as well
  if (barrier_under_way_ || applied.value < wal_.last_mark().index.value + snapshot_count_) return;
  if (const Result<Term> term = wal_.term(applied)) make_durable({applied, *term});
}

void LogKeeper::prepare_spare() {
  spare_under_way_ = true;
  maintenance_.post_function([this] {
    const Result<void> made = wal_.prepare_spare();
    if (!made) log::warn("wal: no spare segment", {{"error", made.error().message}});
    inbox_.push_function([this] { spare_under_way_ = false; });
  });
}

void LogKeeper::make_durable(wal::Mark mark) {
  barrier_under_way_ = true;
  maintenance_.post_function([this, mark] {
    store_.barrier();
    inbox_.push_function([this, mark] { cut(mark); });
  });
}

void LogKeeper::cut(wal::Mark mark) {
  barrier_under_way_ = false;
  if (mark.index <= wal_.last_mark().index) return;  // an installed snapshot was marked meanwhile
  if (const Result<void> marked = wal_.mark(mark); !marked) fatal("wal: cannot mark: " + marked.error().message);
  const Index up_to = retention_.cut_point(mark.index, needs_);
  if (!up_to) return;
  if (const Result<void> done = wal_.cut(up_to); !done) fatal("wal: cannot cut: " + done.error().message);
  raft_.compact(wal_.first_index().previous());
  counts_.log_cuts.fetch_add(1, std::memory_order_relaxed);
  log::info("wal: cut", {{"mark", mark.index.value}, {"first_index", wal_.first_index().value}});
}

}  // namespace viaduct::server
