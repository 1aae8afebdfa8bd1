// The parts of the flag table, kept in files of their own; flag_table.h puts them together.
#pragma once

#include <span>
#include <vector>

#include "server/flag_table.h"

namespace viaduct::server {

std::span<const Flag> server_flags();        // member, clustering, monitoring, logging, proxy
std::span<const Flag> security_flags();      // TLS and auth
std::span<const Flag> experimental_flags();  // etcd's experimental and unsafe ones, also under their later names
std::span<const Flag> viaduct_flags();       // our own
std::span<const Flag> legacy_flags();        // etcd 0.4 and 2.x

}  // namespace viaduct::server
