#include "v3bridge/outcome.h"

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3bridge {

void DeleteTxnResponse::operator()(etcdserverpb::TxnResponse* response) const { delete response; }

}  // namespace viaduct::v3bridge
