#include "bench/grpc_messages.h"

#include "base/bytes.h"
#include "bench/requests.h"
#include "etcdserverpb/rpc.pb.h"

namespace viaduct::bench {

std::string framed(const google::protobuf::Message& message) {
  std::string frame(1, '\0');
  put_be32(frame, static_cast<uint32_t>(message.ByteSizeLong()));
  message.AppendToString(&frame);
  return frame;
}

std::string range_message(const std::string& key, const std::string& range_end) {
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  request.set_range_end(range_end);
  return framed(request);
}

std::string put_message(const std::string& key, const std::string& value) {
  etcdserverpb::PutRequest request;
  request.set_key(key);
  request.set_value(value);
  return framed(request);
}

std::string txn_message(const std::string& key, const std::string& value) {
  etcdserverpb::TxnRequest request;
  etcdserverpb::Compare& compare = *request.add_compare();
  compare.set_key(key);
  compare.set_target(etcdserverpb::Compare::CREATE);
  compare.set_result(etcdserverpb::Compare::EQUAL);
  compare.set_create_revision(0);
  for (auto* branch : {request.mutable_success(), request.mutable_failure()}) {
    etcdserverpb::PutRequest& put = *branch->Add()->mutable_request_put();
    put.set_key(key);
    put.set_value(value);
  }
  request.add_failure()->mutable_request_range()->set_key(key);
  return framed(request);
}

std::string compact_message(int64_t revision) {
  etcdserverpb::CompactionRequest request;
  request.set_revision(revision);
  return framed(request);
}

std::string watch_message(const std::string& key) {
  etcdserverpb::WatchRequest request;
  request.mutable_create_request()->set_key(key);
  return framed(request);
}

std::string grant_message(int64_t id, int64_t ttl_seconds) {
  etcdserverpb::LeaseGrantRequest request;
  request.set_id(id);
  request.set_ttl(ttl_seconds);
  return framed(request);
}

std::string keep_alive_message(int64_t id) {
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(id);
  return framed(request);
}

std::string random_value(size_t bytes) { return value_form(bytes).substr(std::string_view("value=").size()); }

}  // namespace viaduct::bench
