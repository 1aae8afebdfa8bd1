// The bytes of the WatchResponses that carry events. An event is encoded once and joined with the header and id of each
// watch that is told of it, without a message object in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "v3bridge/key_change.h"

namespace viaduct::v3 {

// Who answers, and at what revision.
struct HeaderNumbers {
  ClusterId cluster;
  MemberId member;
  Revision revision;
  Term term;
};

// All of these append: fields of a WatchResponse, in order of their numbers.
void append_header(std::string& to, const HeaderNumbers& numbers);
void append_event(std::string& to, const v3bridge::KeyChange& change);
// A whole response: `header` and `events` as made by the other two.
void append_response(std::string& to, std::string_view header, int64_t watch_id, bool is_fragment,
                     std::string_view events);

// Cuts encoded events into pieces, each with as many whole events as fit into `bytes`, and at least one.
std::vector<std::string_view> split_events(std::string_view events, size_t bytes);

}  // namespace viaduct::v3
