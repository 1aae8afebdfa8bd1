#include "v3/gateway_errors.h"

#include "base/json_text.h"
#include "net/status_text.h"

namespace viaduct::v3 {

int http_status_of(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kCancelled:
      return 408;
    case StatusCode::kInvalidArgument:
      return 400;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
      return 409;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kFailedPrecondition:
      return 400;
    case StatusCode::kAborted:
      return 409;
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kDataLoss:
      return 500;
  }
  return 500;
}

std::string error_body(const Status& status, const Release& release) {
  std::string text;
  append_json_string(text, status.message);
  const std::string message = ",\"message\":" + text;
  const std::string code = ",\"code\":" + std::to_string(static_cast<int>(status.code));
  return "{\"error\":" + text + (release.gateway_error_has_code_first() ? code + message : message + code) + '}';
}

std::string stream_error(const Status& status) {
  const int http_status = http_status_of(status.code);
  std::string text = "{\"error\":{\"grpc_code\":";
  append_signed(text, static_cast<int>(status.code));
  text += ",\"http_code\":";
  append_signed(text, http_status);
  text += ",\"message\":";
  append_json_string(text, status.message);
  text += ",\"http_status\":";
  append_json_string(text, net::status_text(http_status));
  return text + "}}";
}

}  // namespace viaduct::v3
