#include "v2/errors.h"

#include <algorithm>
#include <iterator>

#include "base/json_text.h"

namespace viaduct::v2 {
namespace {

struct Row {
  int code;
  int status;
  std::string_view message;
};

constexpr int kDefaultStatus = 400;

constexpr Row kRows[] = {
    {kKeyNotFound, 404, "Key not found"},
    {kCompareFailed, 412, "Compare failed"},
    {kNotFile, 403, "Not a file"},
    {kNotDirectory, 400, "Not a directory"},
    {kKeyExists, 412, "Key already exists"},
    {kRootReadOnly, 400, "Root is read only"},
    {kDirectoryNotEmpty, 403, "Directory not empty"},
    {kUnauthorized, 401, "The request requires user authentication"},
    {kPrevValueRequired, 400, "PrevValue is Required in POST form"},
    {kTtlNotNumber, 400, "The given TTL in POST form is not a number"},
    {kIndexNotNumber, 400, "The given index in POST form is not a number"},
    {kInvalidField, 400, "Invalid field"},
    {kInvalidForm, 400, "Invalid POST form"},
    {kRefreshValue, 400, "Value provided on refresh"},
    {kRefreshTtlRequired, 400, "A TTL must be provided on refresh"},
    {kRaftInternal, 500, "Raft Internal Error"},
    {kEventIndexCleared, 400, "The event in requested index is outdated and cleared"},
};

const Row* find_row(int code) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.code == code; });
  return row == std::end(kRows) ? nullptr : row;
}

}  // namespace

std::string_view error_message(int code) {
  const Row* row = find_row(code);
  return row ? row->message : std::string_view();
}

int http_status(int code) {
  const Row* row = find_row(code);
  return row ? row->status : kDefaultStatus;
}

std::string error_body(int code, std::string_view cause, Seq index) {
  std::string body = "{\"errorCode\":" + std::to_string(code) + ",\"message\":";
  append_json_string(body, error_message(code));
  if (!cause.empty()) {
    body += ",\"cause\":";
    append_json_string(body, cause);
  }
  body += ",\"index\":" + to_string(index) + "}\n";
  return body;
}

}  // namespace viaduct::v2
