#include "server/chain.h"

#include "base/bytes.h"

namespace viaduct::server {
namespace {

// A word of input into the hash: the finalizer of MurmurHash3, a bijection, so that no difference is ever lost.
uint64_t mix(uint64_t hash, uint64_t word) {
  hash ^= word;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ hash >> 33;
}

uint64_t mix(uint64_t hash, std::monostate) { return hash; }
uint64_t mix(uint64_t hash, const v3bridge::Refusal& refusal) { return mix(hash, static_cast<uint64_t>(refusal.kind)); }
uint64_t mix(uint64_t hash, const v3bridge::V2Done& done) { return mix(hash, done.event->seq().value); }
uint64_t mix(uint64_t hash, const v3bridge::V2Error& error) {
  return mix(mix(hash, static_cast<uint64_t>(error.code)), error.index.value);
}
uint64_t mix(uint64_t hash, const v3bridge::V3Result& result) {
  hash = mix(hash, static_cast<uint64_t>(result.error));
  hash = mix(hash, result.deleted);
  hash = mix(hash, result.missing.size());
  return mix(hash, result.events.size());
}

}  // namespace

uint64_t next_link(uint64_t chain, const Entry& entry, const v3bridge::Outcome& outcome) {
  chain = mix(chain, entry.index.value);
  chain = mix(chain, entry.term.value);
  chain = mix(chain, uint64_t{crc32c(0, entry.data)} << 8 | static_cast<uint64_t>(entry.type));
  chain = mix(chain, outcome.body.index());
  chain = std::visit([&](const auto& body) { return mix(chain, body); }, outcome.body);
  return mix(mix(chain, outcome.revision.value), outcome.seq.value);
}

}  // namespace viaduct::server
