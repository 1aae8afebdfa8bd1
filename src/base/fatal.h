// What a test or a simulation does when fatal() (result.h) would end the process. Null otherwise.
#pragma once

#include <string>

namespace viaduct {

// Called by fatal(), on the thread that is in trouble and before anything else; where it returns, the process ends as
// ever.
extern void (*on_fatal)(const std::string& message);

}  // namespace viaduct
