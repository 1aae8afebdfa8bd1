#include "server/debug_vars.h"

#include "base/json_text.h"
#include "server/process_figures.h"
#include "server/reply_off_loop.h"
#include "v2/stats_routes.h"

namespace viaduct::server {
namespace {

std::string quoted_hex(MemberId id) { return '"' + to_hex(id.value) + '"'; }

std::string memory_statistics() {
  const HeapFigures heap = heap_figures();
  const std::string used = std::to_string(heap.used_bytes), from_system = std::to_string(heap.from_system_bytes);
  return "{\"Alloc\":" + used + ",\"Sys\":" + from_system + ",\"HeapAlloc\":" + used + ",\"HeapSys\":" + from_system +
         ",\"HeapIdle\":" + std::to_string(heap.free_bytes) + ",\"HeapInuse\":" + used + '}';
}

}  // namespace

void DebugVars::serve(v2::Exchange&& exchange) {
  reply_off_loop(node_.readers(), std::move(exchange), "application/json; charset=utf-8", [this] { return json(); });
}

std::string DebugVars::json() const {
  std::string json = "{\n\"cmdline\": ";
  append_json_list(json, command_line());
  json += ",\n\"file_descriptor_limit\": " + std::to_string(process_figures().descriptor_limit);
  json += ",\n\"memstats\": " + memory_statistics();
  json += ",\n\"raft.status\": " + raft_status();
  return json + "\n}\n";
}

std::string DebugVars::raft_status() const {
  const v3bridge::RaftStatus raft = node_.raft_status();
  const std::string commit = to_string(raft.commit);
  std::string json = "{\"id\":" + quoted_hex(node_.member_id()) + ",\"term\":" + to_string(raft.term) +
                     ",\"vote\":" + quoted_hex(raft.vote) + ",\"commit\":" + commit +
                     ",\"lead\":" + quoted_hex(raft.leader) + ",\"raftState\":\"";
  json += v2::role_name(raft.role);
  json += "\",\"applied\":" + to_string(raft.applied) + ",\"progress\":{";
  if (raft.role == v3bridge::RaftRole::kLeader) {  // alone, it has itself as far as it has committed
    json += quoted_hex(node_.member_id()) + ":{\"match\":" + commit + ",\"next\":" + to_string(raft.commit.next()) +
            ",\"state\":\"StateReplicate\"}";
  }
  return json + "},\"leadtransferee\":\"0\"}";
}

}  // namespace viaduct::server
