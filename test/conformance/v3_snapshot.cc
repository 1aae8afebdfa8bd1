#include "test/conformance/v3_snapshot.h"

#include <openssl/sha.h>

#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/conformance/v3_text.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr size_t kChunkBytes = 32768;
constexpr auto kSnapshotTime = 10s;

using Chunks = std::vector<etcdserverpb::SnapshotResponse>;

std::string sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

bool cut_evenly(const Chunks& chunks) {
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    if (chunks[i].blob().size() != kChunkBytes) return false;
  }
  return !chunks.empty() && chunks.back().blob().size() <= kChunkBytes;
}

bool counts_down(const Chunks& chunks, size_t left) {
  for (const auto& chunk : chunks) {
    left -= chunk.blob().size();
    if (chunk.remaining_bytes() != left || chunk.has_header()) return false;
  }
  return left == 0;
}

}  // namespace

void play_snapshot(V3Wire& wire, Recorder& recorder) {
  const Result<Rpc> rpc = find_rpc("Maintenance/Snapshot");
  Requests requests;
  requests.push_back(new_message(rpc->request));
  const auto stream = wire.open(*rpc, requests, {});
  stream->half_close();
  Chunks chunks;
  std::optional<Answer> answer;
  for (const Deadline deadline = in(kSnapshotTime); (answer = stream->next(deadline)) && answer->message;) {
    chunks.push_back(static_cast<etcdserverpb::SnapshotResponse&>(*answer->message));
  }
  recorder.observe("end", answer ? describe_status(answer->code, answer->text) : "still open");
  if (chunks.empty()) return;
  const auto seal = chunks.back();
  chunks.pop_back();
  std::string database;
  for (const auto& chunk : chunks) database += chunk.blob();
  recorder.observe("chunks", cut_evenly(chunks) ? "of 32768 bytes" : "of other sizes");
  recorder.observe("remaining", counts_down(chunks, database.size()) ? "counts down" : "does not count down");
  recorder.observe("pages", database.size() % 512 == 0 ? "whole" : "torn");
  const bool sealed = seal.blob() == sha256(database) && seal.remaining_bytes() == 0 && !seal.has_header();
  recorder.observe("seal", sealed ? "the digest" : "something else");
}

}  // namespace viaduct::conformance
