// The directory of one token on a discovery service, as this member asks for it and writes to it: a few requests of the
// v2 API, each answer read or told apart by what is to be done about it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/outside.h"

namespace viaduct::server {

struct Registration {
  std::string id;  // the last part of its key
  std::string value;
  uint64_t created_index = 0;
};

struct Registrations {
  std::vector<Registration> members;  // in the order they came
  uint64_t index = 0;                 // what the service knew at that time
};

class DiscoveryDirectory {
 public:
  // The service cannot be reached, or has no leader: to be tried again. Anything else that goes wrong is an Error.
  struct Unreachable {
    std::string why;
  };
  template <typename T>
  using Answer = std::variant<T, Unreachable, Error>;
  struct Done {};

  DiscoveryDirectory(std::string url, const Ask& ask) : url_(std::move(url)), ask_(ask) {}

  Answer<uint64_t> size() const;
  Answer<Registrations> list() const;
  Answer<Done> add(const std::string& id, const std::string& value) const;  // kAlreadyExists
  // Until something has happened behind `index`, or for some minutes.
  Answer<Done> wait_behind(uint64_t index) const;

 private:
  const std::string url_;
  const Ask& ask_;
};

}  // namespace viaduct::server
