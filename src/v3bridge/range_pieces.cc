#include "v3bridge/range_pieces.h"

#include <algorithm>
#include <utility>

#include "v3bridge/range_answer.h"
#include "v3bridge/range_options.h"

namespace viaduct::v3bridge {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

namespace {

constexpr int kPieceRows = 4096;
constexpr size_t kPieceBytes = 1 << 20;

bool is_read_in_pieces(const RangeRequest& request) {
  return is_in_key_order(request) && !request.count_only() && !request.range_end().empty();
}

}  // namespace

RangePieces::RangePieces(const store::Store& store, RangeRequest request)
    : store_(store),
      request_(std::move(request)),
      from_(request_.key()),
      end_(request_.range_end()),
      left_(limit_of(request_)) {}

Read RangePieces::begin() {
  Result<PinnedKeys> keys = PinnedKeys::at(store_, named_revision(request_));
  if (!keys) return {.needs_reader = false, .error = meaning(keys.error()), .head = Revision()};
  keys_.emplace(std::move(keys).value());
  if (!is_read_in_pieces(request_)) answer_range(*keys_, request_, Revision(), whole_);
  return {.needs_reader = false, .error = V3Error::kNone, .head = keys_->now().revision};
}

bool RangePieces::next(RangeResponse& piece) {
  return is_read_in_pieces(request_) ? read_some(piece) : cut_some(piece);
}

bool RangePieces::read_some(RangeResponse& piece) {
  bool is_full = false;
  piece_bytes_ = 0;
  keys_->each(KeyRangeView{from_, end_}, Revision(), detail_of(request_), [&](const KeyRow& row) {
    is_full = !take(row, piece);
    return !is_full && !more_;
  });
  if (is_full) return true;
  if (more_) count_ += keys_->count(KeyRangeView{from_, end_}, Revision());
  piece.set_more(more_);
  piece.set_count(static_cast<int64_t>(count_));
  return false;
}

// False if the piece is full.
bool RangePieces::take(const KeyRow& row, RangeResponse& piece) {
  ++count_;
  from_ = row.key;
  from_ += '\0';
  if (!passes(request_, row)) return true;
  if (left_ == 0) {
    more_ = true;
    return true;
  }
  --left_;
  mvccpb::KeyValue& kv = *piece.add_kvs();
  fill(kv, row);
  if (request_.keys_only()) kv.clear_value();
  piece_bytes_ += row.key.size() + kv.value().size();
  return piece.kvs_size() < kPieceRows && piece_bytes_ < kPieceBytes;
}

bool RangePieces::cut_some(RangeResponse& piece) {
  size_t bytes = 0;
  for (; cut_ < whole_.kvs_size() && piece.kvs_size() < kPieceRows && bytes < kPieceBytes; ++cut_) {
    piece.add_kvs()->Swap(whole_.mutable_kvs(cut_));
    bytes += piece.kvs(piece.kvs_size() - 1).ByteSizeLong();
  }
  if (cut_ < whole_.kvs_size()) return true;
  piece.set_more(whole_.more());
  piece.set_count(whole_.count());
  return false;
}

}  // namespace viaduct::v3bridge
