// gRPC requests of the benchmark, framed (a flag byte and a big-endian length before the message), and their paths.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::bench {

inline constexpr std::string_view kRangePath = "/etcdserverpb.KV/Range";
inline constexpr std::string_view kPutPath = "/etcdserverpb.KV/Put";
inline constexpr std::string_view kTxnPath = "/etcdserverpb.KV/Txn";
inline constexpr std::string_view kCompactPath = "/etcdserverpb.KV/Compact";
inline constexpr std::string_view kWatchPath = "/etcdserverpb.Watch/Watch";
inline constexpr std::string_view kGrantPath = "/etcdserverpb.Lease/LeaseGrant";
inline constexpr std::string_view kKeepAlivePath = "/etcdserverpb.Lease/LeaseKeepAlive";

inline constexpr size_t kFrameHeadBytes = 5;

std::string framed(const google::protobuf::Message& message);

std::string range_message(const std::string& key, const std::string& range_end = {});
std::string put_message(const std::string& key, const std::string& value);
// If the key is missing put it, else put it and read it back: what lock and configuration clients do.
std::string txn_message(const std::string& key, const std::string& value);
std::string compact_message(int64_t revision);
std::string watch_message(const std::string& key);
std::string grant_message(int64_t id, int64_t ttl_seconds);
std::string keep_alive_message(int64_t id);

std::string random_value(size_t bytes);

}  // namespace viaduct::bench
