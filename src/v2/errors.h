// The error codes of the v2 API (v2-api.md section 5): message and HTTP status of each, and the reply body.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"

namespace viaduct::v2 {

enum ErrorCode : int {
  kKeyNotFound = 100,
  kCompareFailed = 101,
  kNotFile = 102,
  kNotDirectory = 104,
  kKeyExists = 105,
  kRootReadOnly = 107,
  kDirectoryNotEmpty = 108,
  kUnauthorized = 110,
  kPrevValueRequired = 201,
  kTtlNotNumber = 202,
  kIndexNotNumber = 203,
  kInvalidField = 209,
  kInvalidForm = 210,
  kRefreshValue = 211,
  kRefreshTtlRequired = 212,
  kRaftInternal = 300,
  kEventIndexCleared = 401,
};

std::string_view error_message(int code);
int http_status(int code);

// {"errorCode":100,"message":"Key not found","cause":"/a","index":7} and a line feed; `cause` is left out when empty.
std::string error_body(int code, std::string_view cause, Seq index);

}  // namespace viaduct::v2
