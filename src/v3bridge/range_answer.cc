#include "v3bridge/range_answer.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "v3bridge/range_options.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using google::protobuf::RepeatedPtrField;
using mvccpb::KeyValue;
using KeyValues = RepeatedPtrField<KeyValue>;

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
constexpr int kSpareRows = 1000;  // rows that are kept before those that cannot be in the answer go

// Negative: `a` is below `b`.
int compare(const KeyValue& a, const KeyValue& b, RangeRequest::SortTarget target) {
  const auto numbers = [](int64_t x, int64_t y) { return x < y ? -1 : x > y; };
  switch (target) {
    case RangeRequest::KEY:
      return a.key().compare(b.key());
    case RangeRequest::VERSION:
      return numbers(a.version(), b.version());
    case RangeRequest::CREATE:
      return numbers(a.create_revision(), b.create_revision());
    case RangeRequest::MOD:
      return numbers(a.mod_revision(), b.mod_revision());
    case RangeRequest::VALUE:
      return a.value().compare(b.value());
    default:
      return 0;
  }
}

class Answer {
 public:
  Answer(const RangeRequest& request, RangeResponse& response)
      : request_(request), kvs_(*response.mutable_kvs()), response_(response), limit_(limit_of(request)) {
    order_ = request.sort_order();
    if (order_ == RangeRequest::NONE && request.sort_target() != RangeRequest::KEY) order_ = RangeRequest::ASCEND;
    // An order that only a sort_target asks for, not a sort_order, is one of the first rows alone.
    reads_all_ = has_filter(request) || (request.sort_order() != RangeRequest::NONE && !is_in_key_order(request));
  }

  void read(KeySource& source, const KeyRangeView& range, Revision at) {
    wanted_ = reads_all_ || limit_ == kNoLimit ? kNoLimit : limit_ + 1;
    source.each(range, at, detail_of(request_), [this](const KeyRow& row) { return take(row); });
    if (count_ == wanted_) count_ += count_behind(source, range, std::move(last_), at);
    response_.set_count(static_cast<int64_t>(count_));
    finish();
  }

 private:
  bool take(const KeyRow& row) {
    ++count_;
    if (passes(request_, row)) fill(*kvs_.Add(), row);
    if (reads_all_ && kvs_.size() / 2 > kSpareRows && static_cast<uint64_t>(kvs_.size() / 2) > limit_) {
      sort();
      cut(limit_ + 1);  // one beyond the limit, to tell that there is more
    }
    if (count_ < wanted_) return true;
    last_ = row.key;
    return false;
  }

  static uint64_t count_behind(KeySource& source, const KeyRangeView& range, std::string last, Revision at) {
    last += '\0';
    return source.count(KeyRangeView{last, range.end}, at);
  }

  void finish() {
    sort();
    if (static_cast<uint64_t>(kvs_.size()) > limit_) {
      cut(limit_);
      response_.set_more(true);
    }
    if (!request_.keys_only()) return;
    for (KeyValue& kv : kvs_) kv.clear_value();
  }

  // Stable, from order of keys: that decides between equals, in both directions.
  void sort() {
    const RangeRequest::SortTarget target = request_.sort_target();
    if (order_ == RangeRequest::ASCEND && target != RangeRequest::KEY) {
      std::stable_sort(kvs_.pointer_begin(), kvs_.pointer_end(),
                       [&](const KeyValue* a, const KeyValue* b) { return compare(*a, *b, target) < 0; });
    } else if (order_ == RangeRequest::DESCEND) {
      std::stable_sort(kvs_.pointer_begin(), kvs_.pointer_end(),
                       [&](const KeyValue* a, const KeyValue* b) { return compare(*a, *b, target) > 0; });
    }
  }

  void cut(uint64_t size) {
    const int from = static_cast<int>(size);
    kvs_.DeleteSubrange(from, kvs_.size() - from);
  }

  const RangeRequest& request_;
  KeyValues& kvs_;
  RangeResponse& response_;
  const uint64_t limit_;
  RangeRequest::SortOrder order_ = RangeRequest::NONE;
  bool reads_all_ = false;

  uint64_t wanted_ = kNoLimit;  // rows to look at; what is behind them is only counted
  uint64_t count_ = 0;
  std::string last_;  // key of the last one wanted
};

}  // namespace

void answer_range(KeySource& source, const RangeRequest& request, Revision at, RangeResponse& response) {
  const KeyRangeView range{request.key(), request.range_end()};
  if (request.count_only()) return response.set_count(static_cast<int64_t>(source.count(range, at)));
  Answer(request, response).read(source, range, at);
}

}  // namespace viaduct::v3bridge
