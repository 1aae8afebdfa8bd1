// What --help and --version print.
#pragma once

#include <string>
#include <string_view>

#include "server/flag_table.h"

namespace viaduct::server {

std::string program_name(std::string_view argv0);  // the last part of a path; viaduct when there is none

std::string usage_text(std::string_view program);    // how to call it; to stderr
std::string help_text();                             // every flag, by section; to stdout
std::string version_text(std::string_view program);  // in etcd's words when called etcd

// A flag's sentence, with what its status means to the reader.
std::string flag_help(const Flag& flag);

}  // namespace viaduct::server
