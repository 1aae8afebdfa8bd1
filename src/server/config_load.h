// From the words of the command line to a configuration, or to what to print before leaving.
// Threads: before any are started.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "server/config.h"
#include "server/config_cluster.h"
#include "server/flags_values.h"

namespace viaduct::server {

struct Invocation {
  std::string program;                   // argv[0]; called as etcd, --version answers in etcd's words
  std::vector<std::string> arguments;    // the rest of argv
  std::vector<std::string> environment;  // NAME=value
  DefaultHost default_host = detect_default_host;
};

struct StartUp {
  std::optional<Config> config;  // none: print, log the notices, leave with the exit status
  int exit_status = 0;
  std::string standard_output;
  std::string standard_error;
  std::vector<Notice> notices;  // in order
};

// `disk` is asked for the configuration file alone.
StartUp load_config(const Invocation& invocation, Disk& disk);

void log_notices(const std::vector<Notice>& notices);

}  // namespace viaduct::server
