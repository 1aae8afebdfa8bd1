// The members of a cluster by SRV records of the DNS (operations.md 2.8): _etcd-server-ssl._tcp.<domain> for those
// reached by https, _etcd-server._tcp.<domain> for those by http.
#pragma once

#include "base/result.h"
#include "server/config.h"
#include "server/outside.h"

namespace viaduct::server {

// The initial cluster that the records of --discovery-srv name. The record that resolves to an advertised address of
// this member bears its name; the others are 0, 1, 2 and so on. One of the two kinds is enough.
// Errors: etcd's texts.
Result<InitialCluster> cluster_by_srv(const Config& config, const Outside& outside);

}  // namespace viaduct::server
