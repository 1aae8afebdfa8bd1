// The one list of settings: every flag that etcd 0.4 to 3.6 takes and those of our own. Command line, environment,
// configuration file, --help and manual page all read it, so that none of them can know a flag the others do not.
// Threads: constant data.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace viaduct::server {

enum class Kind {
  kBool,      // bare or with =
  kUint,      // as Go's flag.Uint: 10, 0x0a, 012
  kInt,       // may be negative
  kDuration,  // as Go's time.ParseDuration: 1h30m
  kString,
  kChoice,   // one of `words`
  kUrls,     // comma separated URLs
  kOrigins,  // comma separated URLs or *
  kList,     // comma separated; a sequence in the configuration file
  kAddress,  // ip:port, as 0.4 and 2.x had it
  kSwitch,   // given up long ago; bare or with =, whatever the value
  kWord,     // the same, where 0.4 took the value from the next argument too
};

enum class Status {
  kUsed,      // does what it says
  kNoEffect,  // has no meaning here; accepted in silence
  kLater,     // its part is not there yet; a warning when used
  kRefused,   // the same, where to go on without it would be unsafe: refuses to start when used
  kAlias,     // another name of `words`
  kIgnored,   // what etcd ignores with a warning
};

enum class Section {
  kMember,
  kClustering,
  kSecurity,
  kAuth,
  kMonitoring,
  kLogging,
  kProxy,
  kExperimental,
  kUnsafe,
  kViaduct,
  kLegacy
};
inline constexpr int kSections = 11;

struct Bounds {  // of kUint, kInt and, in nanoseconds, kDuration; both included
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};

struct Flag {
  std::string_view name;  // without dashes
  Kind kind;
  std::string_view default_text;
  Section section;
  Status status;
  std::string_view since;  // first release line of etcd that has it; "viaduct" for our own
  std::string_view help;
  std::string_view words = {};  // kChoice: allowed words, separated by |; kAlias: the flag meant
  Bounds bounds = {};
};

std::span<const Flag> flag_table();
const Flag* find_flag(std::string_view name);  // null when there is none
std::string_view section_title(Section section);

// The variable that sets a flag: prefix, underscore, upper-case name with underscores for dashes.
std::string environment_name(std::string_view prefix, std::string_view flag_name);

}  // namespace viaduct::server
