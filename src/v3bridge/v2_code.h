// The numbers of v2's errors (v2-api.md section 5): those that the replicated state answers with, and those of the wire
// API above it. Texts and HTTP statuses are the wire API's business (v2/errors.h).
#pragma once

namespace viaduct {

enum V2Code : int {
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

}  // namespace viaduct
