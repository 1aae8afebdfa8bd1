// A TCP port on loopback that nobody listens on, for a server that is about to start. From below the range that the
// kernel hands to outgoing connections, so that none of those can take it in between.
// Threads: any; no port comes
// twice.
#pragma once

namespace viaduct {

int free_port();  // throws std::runtime_error when it finds none

}  // namespace viaduct
