#include "v3/renewals.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "v3/errors.h"
#include "v3/service.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

constexpr size_t kMaxPerEntry = 10'000;

}  // namespace

// A batch on its way through the log; comes back on the loop of its first asker.
class Renewals::Renewed final : public v3bridge::Completion {
 public:
  Renewed(Renewals& renewals, Batch batch)
      : Completion(*batch.front().loop), renewals_(renewals), batch_(std::move(batch)) {}
  void done(v3bridge::Outcome outcome) override {
    renewals_.next_batch();
    renewals_.settle(std::move(batch_), outcome);
  }

 private:
  Renewals& renewals_;
  Batch batch_;
};

bool Renewals::add(LeaseId id, net::Loop& loop, std::shared_ptr<Asker> asker) {
  const Revision head = current_numbers(engine_.store()).revision;
  Asked asked{{id, head, 0}, &loop, std::move(asker)};
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) return false;
    if (in_flight_) {
      waiting_.push_back(std::move(asked));
      return true;
    }
    in_flight_ = true;
  }
  Batch batch;
  batch.push_back(std::move(asked));
  send(std::move(batch));
  return true;
}

void Renewals::next_batch() {
  Batch batch;
  {
    const std::lock_guard lock(mutex_);
    const auto end = waiting_.begin() + static_cast<ptrdiff_t>(std::min(waiting_.size(), kMaxPerEntry));
    batch.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    in_flight_ = !batch.empty();
  }
  if (!batch.empty()) send(std::move(batch));
}

void Renewals::send(Batch batch) {
  std::vector<uint64_t> ids;
  ids.reserve(batch.size());
  for (const Asked& asked : batch) ids.push_back(asked.answer.id.value);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  Command command;
  command.mutable_lease_renew()->mutable_ids()->Assign(ids.begin(), ids.end());
  engine_.propose(std::move(command), std::make_unique<Renewed>(*this, std::move(batch)));
}

// `missing` is in the order of the command, which is ascending.
void Renewals::fill_in(const store::Store& store, const std::vector<LeaseId>& missing, Batch& batch) {
  for (size_t slice = 0; slice < batch.size(); slice += store::Store::kSliceNodes) {
    const size_t end = std::min(batch.size(), slice + store::Store::kSliceNodes);
    const store::Store::ReadLock lock(store);
    for (size_t i = slice; i < end; ++i) {
      Answer& answer = batch[i].answer;
      const store::Lease* const lease = store.find_lease(answer.id);
      if (lease && !std::binary_search(missing.begin(), missing.end(), answer.id))
        answer.ttl_seconds = lease->ttl_seconds;
    }
  }
}

void Renewals::settle(Batch batch, const v3bridge::Outcome& outcome) {
  const Status status = status_of(engine_, outcome, InVain::kLacksLeader);
  if (status.ok()) fill_in(engine_.store(), std::get<v3bridge::V3Result>(outcome.body).missing, batch);
  // In runs of one loop each; the order of a stream's answers stays.
  std::stable_sort(batch.begin(), batch.end(), [](const Asked& a, const Asked& b) { return a.loop < b.loop; });
  for (auto begin = batch.begin(); begin != batch.end();) {
    net::Loop* const loop = begin->loop;
    const auto end = std::find_if(begin, batch.end(), [&](const Asked& asked) { return asked.loop != loop; });
    Batch run(std::make_move_iterator(begin), std::make_move_iterator(end));
    begin = end;
    if (loop->in_loop_thread()) {
      tell(run, status);
    } else {
      loop->post_function([run = std::move(run), status] { tell(run, status); });
    }
  }
}

void Renewals::tell(const Batch& batch, const Status& status) {
  for (const Asked& asked : batch) {
    if (status.ok()) {
      asked.asker->renewed(asked.answer);
    } else {
      asked.asker->failed(status);
    }
  }
}

}  // namespace viaduct::v3
