// The events of one revision on their way to the watches of a loop: each encoded once, however many watches it goes to.
// Threads: the loop's. Borrows the events.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/key_range.h"
#include "store/record.h"
#include "v3/watch.h"
#include "v3/watch_encoding.h"

namespace viaduct::v3 {

class WatchRevision {
 public:
  using Events = std::span<const store::Event* const>;

  explicit WatchRevision(const HeaderNumbers& numbers) { append_header(header_, numbers); }

  std::string_view header() const { return header_; }

  // From now on it is about these events and this range; both are borrowed until the next call.
  void begin(const store::KeyRange& range, Events events);
  // What a watch with that view is told; maybe nothing. No value if only the log knows what was before.
  struct Encoded {
    std::string_view bytes;
    size_t events = 0;
  };
  std::optional<Encoded> events_for(const WatchView& view);

 private:
  struct Pieces {
    std::string plain, with_prev;
  };
  struct Told {
    bool is_made = false;
    bool is_known = true;
    Encoded encoded;
    std::string joined;  // what is encoded, if that is several events
  };

  void make(Told& told, const WatchView& view);
  const std::string* encoded(const store::Event& event, const store::Record& record, bool with_prev);

  std::string header_;
  std::unordered_map<const store::Record*, Pieces> pieces_;
  const store::KeyRange* range_ = nullptr;
  Events events_;
  std::array<Told, WatchView::kKinds> told_;
};

}  // namespace viaduct::v3
