#include "v3bridge/v3_check.h"

#include <map>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "store/key_range.h"
#include "v3bridge/txn_choice.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::PutRequest;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using store::Transaction;
using Operations = std::vector<const RequestOp*>;

LeaseId lease_of(const PutRequest& put) { return LeaseId(static_cast<uint64_t>(put.lease())); }

bool needs_key(const PutRequest& put) { return put.ignore_value() || put.ignore_lease(); }

void collect(const TxnRequest& request, const TxnResponse& chosen, Operations& operations) {
  const auto& branch = chosen_branch(request, chosen);
  for (int i = 0; i < branch.size(); ++i) {
    if (branch[i].has_request_txn())
      collect(branch[i].request_txn(), chosen.responses(i).response_txn(), operations);
    else
      operations.push_back(&branch[i]);
  }
}

// Plays the changes through for the two things that a put asks for: its key and its lease. A lease that v2 made goes
// with its last attachment (L2), so that an earlier change of the same txn may take it away.
class Rehearsal {
 public:
  explicit Rehearsal(const Transaction& txn) : txn_(txn) {}

  // First of all, for each put: what to keep an eye on.
  void expect(const PutRequest& put) {
    if (needs_key(put)) look_up(put.key());
    const store::Lease* const lease = txn_.lease(lease_of(put));
    if (!lease || !lease->made_by_v2 || attachments_.contains(lease->id)) return;
    const auto attached = txn_.attached(lease->id);
    attachments_[lease->id] = attached.size();  // directories are not v3's to detach
    for (const auto& [family, name] : attached) {
      if (family == store::Family::kKey) look_up(name);
    }
  }

  bool exists(const std::string& key) const { return keys_.at(key).exists; }
  bool exists(LeaseId lease) const {
    const auto tracked = attachments_.find(lease);
    return tracked == attachments_.end() ? txn_.lease(lease) != nullptr : tracked->second > 0;
  }

  void put(const PutRequest& put) {
    const auto known = keys_.find(put.key());
    if (known == keys_.end()) {
      if (put.ignore_lease() || !attachments_.contains(lease_of(put))) return;
      keys_[put.key()] = {true, LeaseId()};
      return attach(keys_[put.key()], lease_of(put));
    }
    known->second.exists = true;
    if (!put.ignore_lease()) attach(known->second, lease_of(put));
  }

  void erase(const DeleteRangeRequest& request) {
    const store::KeyRangeView range{request.key(), request.range_end()};
    for (auto key = keys_.lower_bound(range.key); key != keys_.end() && range.contains(key->first); ++key) {
      key->second.exists = false;
      attach(key->second, LeaseId());
    }
  }

 private:
  struct Key {
    bool exists = false;
    LeaseId lease;
  };

  void look_up(const std::string& key) {
    const store::Entry* const entry = txn_.key(key);
    keys_[key] = {entry != nullptr, entry ? entry->lease() : LeaseId()};
  }

  void attach(Key& key, LeaseId lease) {
    if (const auto now = attachments_.find(lease); now != attachments_.end()) ++now->second;
    if (const auto before = attachments_.find(key.lease); before != attachments_.end()) --before->second;
    key.lease = lease;
  }

  const Transaction& txn_;
  std::map<std::string, Key, std::less<>> keys_;
  std::map<LeaseId, size_t> attachments_;  // of leases that v2 made and a put names
};

V3Error check_puts(const Transaction& txn, const Operations& operations) {
  Rehearsal rehearsal(txn);
  for (const RequestOp* op : operations) {
    if (op->has_request_put()) rehearsal.expect(op->request_put());
  }
  for (const RequestOp* op : operations) {
    if (op->has_request_delete_range()) rehearsal.erase(op->request_delete_range());
    if (!op->has_request_put()) continue;
    const PutRequest& put = op->request_put();
    if (needs_key(put) && !rehearsal.exists(put.key())) return V3Error::kKeyNotFound;
    if (lease_of(put) && !rehearsal.exists(lease_of(put))) return V3Error::kLeaseNotFound;
    rehearsal.put(put);
  }
  return V3Error::kNone;
}

// A revision that a range of a txn names is taken as it is: one below 0 is not "now" but below the compaction point.
V3Error check_ranges(const Operations& operations, const store::Numbers& now) {
  for (const RequestOp* op : operations) {
    const int64_t named = op->has_request_range() ? op->request_range().revision() : 0;
    if (named == 0) continue;
    if (named > static_cast<int64_t>(now.revision.value)) return V3Error::kFutureRevision;
    if (named < now.compacted_or_none()) return V3Error::kCompacted;
  }
  return V3Error::kNone;
}

}  // namespace

V3Error check_put(const Transaction& txn, const PutRequest& request) {
  if (lease_of(request) && !txn.lease(lease_of(request))) return V3Error::kLeaseNotFound;
  if (needs_key(request) && !txn.key(request.key())) return V3Error::kKeyNotFound;
  return V3Error::kNone;
}

V3Error check_txn(const Transaction& txn, const TxnRequest& request, const TxnResponse& chosen) {
  Operations operations;
  collect(request, chosen, operations);
  const V3Error error = check_puts(txn, operations);
  return error == V3Error::kNone ? check_ranges(operations, txn.numbers()) : error;
}

V3Error check_ranges(const TxnRequest& request, const TxnResponse& chosen, const store::Numbers& now) {
  Operations operations;
  collect(request, chosen, operations);
  return check_ranges(operations, now);
}

}  // namespace viaduct::v3bridge
