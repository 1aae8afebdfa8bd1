// What decay and operators do to a member's data while it is down, and what the kernel says of a process.
// Errors: std::filesystem's exceptions.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

namespace viaduct::cluster_test {

// Spoils the log in one of several ways; says which.
std::string damage_log(const std::string& data_directory, std::mt19937_64& random);

// Whether a member that was started on damaged data has all again in that time.
bool wait_until_healed(const std::string& data_directory, std::chrono::milliseconds time);

size_t descriptors_of(pid_t pid);      // open now
uint64_t address_space_of(pid_t pid);  // bytes

}  // namespace viaduct::cluster_test
