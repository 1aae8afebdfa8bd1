// Whether two lists of URLs name the same addresses, although one may say a name and the other its address: URL by URL
// once every host is resolved (operations.md 2.5, 2.6).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "server/urls.h"

namespace viaduct::server {

// The first address of a host name, as text. Errors: kUnavailable.
using ResolveHost = std::function<Result<std::string>(const std::string& host)>;

// Asks the system; an address is its own answer. A name that does not resolve is tried again for half a minute in all:
// at the start of a machine, or of all machines of a cluster, names may come after us.
ResolveHost system_resolver();

// Why they differ, in etcd's words; nothing when they do not. localhost and socket files are compared as they are
// written. Order does not count.
std::optional<std::string> difference(Urls left, Urls right, const ResolveHost& resolve);

}  // namespace viaduct::server
