#include "v3bridge/key_row.h"

#include "mvccpb/kv.pb.h"

namespace viaduct::v3bridge {

KeyRow row_of(const store::Entry& entry, std::string_view value) {
  return {entry.key(), entry.create_revision(), entry.mod_revision(), entry.version(), entry.lease(), value};
}

KeyRow row_of(const store::NodeView& node) {
  return {node.key, node.create_revision, node.mod_revision, node.version, node.lease, node.value.view()};
}

KeyRow row_of(const store::Record& record) {
  return {record.key, record.create_revision, record.revision, record.version, record.lease, record.value.view()};
}

void fill(mvccpb::KeyValue& to, const KeyRow& row) {
  to.set_key(row.key.data(), row.key.size());
  to.set_create_revision(static_cast<int64_t>(row.create_revision.value));
  to.set_mod_revision(static_cast<int64_t>(row.mod_revision.value));
  to.set_version(static_cast<int64_t>(row.version));
  to.set_value(row.value.data(), row.value.size());
  to.set_lease(static_cast<int64_t>(row.lease.value));
}

}  // namespace viaduct::v3bridge
