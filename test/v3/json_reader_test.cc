#include "v3/json_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"

using namespace viaduct;
using namespace viaduct::v3;

namespace {

// What the gateway makes of a whole body: the complaint, or nothing.
std::string read(std::string_view body, google::protobuf::Message& into, BytesAs bytes_as = BytesAs::kBase64) {
  JsonTypes types;
  const JsonType& type = types.add(*into.GetDescriptor());
  JsonScanner scanner;
  scanner.append(body);
  switch (scanner.last()) {
    case JsonScanner::Found::kNothing:
      return "";
    case JsonScanner::Found::kError:
      return scanner.error();
    case JsonScanner::Found::kValue:
      break;
  }
  const auto result = read_json(scanner.document(), type, bytes_as, into);
  return result ? "" : result.error().message;
}

template <typename Message>
std::string shown(std::string_view body, BytesAs bytes_as = BytesAs::kBase64) {
  Message message;
  const std::string complaint = read(body, message, bytes_as);
  return complaint.empty() ? message.ShortDebugString() : complaint;
}

}  // namespace

// Seen on etcd 3.4.23, row by row.
TEST_CASE("a body is taken as etcd takes it, or refused with Go's words") {
  struct Case {
    std::string_view body;
    std::string_view complaint;
  };
  for (const Case& c : {
           Case{"", ""},
           {" ", ""},
           {"{}", ""},
           {"null", ""},
           {"[]", "json: cannot unmarshal array into Go value of type map[string]json.RawMessage"},
           {"1", "json: cannot unmarshal number into Go value of type map[string]json.RawMessage"},
           {"\"x\"", "json: cannot unmarshal string into Go value of type map[string]json.RawMessage"},
           {"true", "json: cannot unmarshal bool into Go value of type map[string]json.RawMessage"},
           {"false", "json: cannot unmarshal bool into Go value of type map[string]json.RawMessage"},
           {"-", "unexpected EOF"},
           {"{", "unexpected EOF"},
           {"{\"key\"", "unexpected EOF"},
           {"{\"key\":", "unexpected EOF"},
           {"{\"key\":\"YQ==\"", "unexpected EOF"},
           {"{\"key\":\"YQ==\"}x", ""},
           {"x", "invalid character 'x' looking for beginning of value"},
           {"{x", "invalid character 'x' looking for beginning of object key string"},
           {"{\"key\"x", "invalid character 'x' after object key"},
           {"{\"key\":x", "invalid character 'x' looking for beginning of value"},
           {"{\"key\":\"YQ==\"x", "invalid character 'x' after object key:value pair"},
           {"{\"key\":\"YQ==\",}", "invalid character '}' looking for beginning of object key string"},
           {"{\"key\":\"YQ==\",x", "invalid character 'x' looking for beginning of object key string"},
           {"[1,]", "invalid character ']' looking for beginning of value"},
           {"[1x", "invalid character 'x' after array element"},
           {"tru", "unexpected EOF"},
           {"trux", "invalid character 'x' in literal true (expecting 'e')"},
           {"nulx", "invalid character 'x' in literal null (expecting 'l')"},
           {"nuxx", "invalid character 'x' in literal null (expecting 'l')"},
           {"nxxx", "invalid character 'x' in literal null (expecting 'u')"},
           {"fx", "invalid character 'x' in literal false (expecting 'a')"},
           {"fax", "invalid character 'x' in literal false (expecting 'l')"},
           {"falx", "invalid character 'x' in literal false (expecting 's')"},
           {"falsx", "invalid character 'x' in literal false (expecting 'e')"},
           {"01", "json: cannot unmarshal number into Go value of type map[string]json.RawMessage"},
           {"-x", "invalid character 'x' in numeric literal"},
           {"1.x", "invalid character 'x' after decimal point in numeric literal"},
           {"1ex", "invalid character 'x' in exponent of numeric literal"},
           {"1e+x", "invalid character 'x' in exponent of numeric literal"},
           {"{\"key\":\"\\x\"}", "invalid character 'x' in string escape code"},
           {"{\"key\":\"\\u00x\"}", "invalid character 'x' in \\u hexadecimal character escape"},
           {"{\"key\":\"\\ux\"}", "invalid character 'x' in \\u hexadecimal character escape"},
           {"{\"key\":\"\\u0x\"}", "invalid character 'x' in \\u hexadecimal character escape"},
           {"{\"key\":\"\\u000x\"}", "invalid character 'x' in \\u hexadecimal character escape"},
           {"{\"key\":\"\n\"}", "invalid character '\\n' in string literal"},
           {"{\"key\":\"\x01\"}", "invalid character '\\x01' in string literal"},
           {"{\"key\":\"\xff\"}", "illegal base64 data at input byte 0"},
           {"{\"key\":\"\\ud800\"}", "illegal base64 data at input byte 0"},
           {"{'key'", "invalid character '\\'' looking for beginning of object key string"},
           {"\xff", "invalid character '\xc3\xbf' looking for beginning of value"},
           {"\\", "invalid character '\\\\' looking for beginning of value"},
           {"'", "invalid character '\\'' looking for beginning of value"},
           {"{\"a\":1}}", ""},
           {"]", "invalid character ']' looking for beginning of value"},
           {"{\"key\":1}", "json: cannot unmarshal number into Go value of type []uint8"},
           {"{\"key\":true}", "json: cannot unmarshal bool into Go value of type []uint8"},
           {"{\"key\":[1,2,3]}", ""},
           {"{\"key\":[300]}", "json: cannot unmarshal number 300 into Go value of type uint8"},
           {"{\"key\":[\"a\"]}", "json: cannot unmarshal string into Go value of type uint8"},
           {"{\"key\":[null,65]}", ""},
           {"{\"key\":[1.0]}", "json: cannot unmarshal number 1.0 into Go value of type uint8"},
           {"{\"key\":[-1]}", "json: cannot unmarshal number -1 into Go value of type uint8"},
           {"{\"key\":[[1]]}", "json: cannot unmarshal array into Go value of type uint8"},
           {"{\"key\":[]}", ""},
           {"{\"key\":{}}", "json: cannot unmarshal object into Go value of type []uint8"},
           {"{\"key\":null}", ""},
           {"{\"key\":\"a\"}", "illegal base64 data at input byte 0"},
           {"{\"key\":\"YQ\"}", "illegal base64 data at input byte 0"},
           {"{\"key\":\"YQ=\"}", "illegal base64 data at input byte 3"},
           {"{\"key\":\"YQ===\"}", "illegal base64 data at input byte 4"},
           {"{\"key\":\"YQ==YQ==\"}", "illegal base64 data at input byte 4"},
           {"{\"key\":\"Y\"}", "illegal base64 data at input byte 0"},
           {"{\"key\":\"-_-_\"}", "illegal base64 data at input byte 0"},
           {"{\"key\":\"YWFh-_-_\"}", "illegal base64 data at input byte 4"},
           {"{\"key\":\"YQ==\\n\"}", ""},
           {"{\"key\":\"Y\\nQ\\r==\"}", ""},
           {"{\"key\":\"YR==\"}", ""},
           {"{\"key\":\"=\"}", "illegal base64 data at input byte 0"},
           {"{\"key\":\"Y=\"}", "illegal base64 data at input byte 1"},
           {"{\"key\":\"YQ=a\"}", "illegal base64 data at input byte 2"},
           {"{\"key\":\"YQ= =\"}", "illegal base64 data at input byte 2"},
           {"{\"key\":\"YWF=\"}", ""},
           {"{\"key\":\"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF*\"}", "illegal base64 data at input byte 31"},
           {"{\"key\":\"YWFhYWFh*WFhYWFhYWFhYWFhYWFhYWFh\"}", "illegal base64 data at input byte 8"},
           {"{\"limit\":1.0}", "json: cannot unmarshal number 1.0 into Go value of type int64"},
           {"{\"limit\":1e3}", "json: cannot unmarshal number 1e3 into Go value of type int64"},
           {"{\"limit\":\"1.0\"}", "json: cannot unmarshal number 1.0 into Go value of type int64"},
           {"{\"limit\":\"1\"}", ""},
           {"{\"limit\":\"\"}", "unexpected end of JSON input"},
           {"{\"limit\":\" 1 \"}", ""},
           {"{\"limit\":\"abc\"}", "invalid character 'a' looking for beginning of value"},
           {"{\"limit\":\"1x\"}", "invalid character 'x' after top-level value"},
           {"{\"limit\":\"true\"}", "json: cannot unmarshal bool into Go value of type int64"},
           {"{\"limit\":\"null\"}", ""},
           {"{\"limit\":\"[1]\"}", "json: cannot unmarshal array into Go value of type int64"},
           {"{\"limit\":\"{}\"}", "json: cannot unmarshal object into Go value of type int64"},
           {"{\"limit\":\"\\\"1\\\"\"}", "invalid character '\\\\' looking for beginning of value"},
           {"{\"limit\":\"\\u0031\"}", "invalid character '\\\\' looking for beginning of value"},
           {"{\"limit\":true}", "json: cannot unmarshal bool into Go value of type int64"},
           {"{\"limit\":[]}", "json: cannot unmarshal array into Go value of type int64"},
           {"{\"limit\":{}}", "json: cannot unmarshal object into Go value of type int64"},
           {"{\"limit\":99999999999999999999}",
            "json: cannot unmarshal number 99999999999999999999 into Go value of type int64"},
           {"{\"limit\":9223372036854775807}", ""},
           {"{\"limit\":9223372036854775808}",
            "json: cannot unmarshal number 9223372036854775808 into Go value of type int64"},
           {"{\"limit\":-9223372036854775808}", ""},
           {"{\"limit\":-0}", ""},
           {"{\"limit\":\"-\"}", "invalid character ' ' in numeric literal"},
           {"{\"limit\":\"[\"}", "unexpected end of JSON input"},
           {"{\"limit\":\"01\"}", "invalid character '1' after top-level value"},
           {"{\"limit\":\"1 2\"}", "invalid character '2' after top-level value"},
           {"{\"serializable\":\"true\"}", "json: cannot unmarshal string into Go value of type bool"},
           {"{\"serializable\":1}", "json: cannot unmarshal number into Go value of type bool"},
           {"{\"serializable\":null}", ""},
           {"{\"serializable\":[]}", "json: cannot unmarshal array into Go value of type bool"},
           {"{\"serializable\":{}}", "json: cannot unmarshal object into Go value of type bool"},
           {"{\"key\":\"YQ==\",\"sort_order\":\"BOGUS\"}",
            "unknown value \"BOGUS\" for enum etcdserverpb.RangeRequest_SortOrder"},
           {"{\"key\":\"YQ==\",\"sort_order\":\"ASCEND\"}", ""},
           {"{\"key\":\"YQ==\",\"sort_order\":1}", ""},
           {"{\"key\":\"YQ==\",\"sort_order\":7}", ""},
           {"{\"key\":\"YQ==\",\"sort_order\":1.5}",
            "json: cannot unmarshal number 1.5 into Go value of type etcdserverpb.RangeRequest_SortOrder"},
           {"{\"key\":\"YQ==\",\"sort_order\":true}",
            "json: cannot unmarshal bool into Go value of type etcdserverpb.RangeRequest_SortOrder"},
           {"{\"key\":\"YQ==\",\"sort_order\":null}", ""},
           {"{\"key\":\"YQ==\",\"sort_order\":\"1\"}",
            "unknown value \"1\" for enum etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":\"B\\u0041\"}",
            "unknown value \"B\\\\u0041\" for enum etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":\"\xc3\xa9\xff\"}",
            "unknown value \"\xc3\xa9\\xff\" for enum etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":\"\"}", "unknown value \"\" for enum etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":[]}",
            "json: cannot unmarshal array into Go value of type etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":{}}",
            "json: cannot unmarshal object into Go value of type etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":99999999999}",
            "json: cannot unmarshal number 99999999999 into Go value of type etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":\"\\n<\"}", "unknown value \"\\\\n<\" for enum etcdserverpb.RangeRequest_SortOrder"},
           {"{\"sort_order\":\"X\",\"key\":\"*\"}", "illegal base64 data at input byte 0"},
           {"{\"limit\":\"x\",\"key\":\"*\",\"key\":\"YQ==\"}", "invalid character 'x' looking for beginning of value"},
           {"{\"range_end\":\"*\",\"rangeEnd\":\"YQ==\"}", ""},
           {"{\"rangeEnd\":\"*\",\"range_end\":\"YQ==\"}", "illegal base64 data at input byte 0"},
           {"{\"Key\":\"*\"}", ""},
           {"{\"k\\u0065y\":\"*\"}", "illegal base64 data at input byte 0"},
           {"{\"nope\":{\"a\":[1,2,{}]},\"key\":\"YQ==\"}", ""},
           {"\xef\xbb\xbf{}", "invalid character '\xc3\xaf' looking for beginning of value"},
           {"{\"key\":\"YQ==\"} garbage", ""},
           {"/* */{}", "invalid character '/' looking for beginning of value"},
           {"{\"key\":\"YQ==\" \"a\":1}", "invalid character '\"' after object key:value pair"},
           {"{\"a\" \"b\"}", "invalid character '\"' after object key"},
           {"[1 2]", "invalid character '2' after array element"},
           {"{,}", "invalid character ',' looking for beginning of object key string"},
           {"[,]", "invalid character ',' looking for beginning of value"},
           {"{\"a\":}", "invalid character '}' looking for beginning of value"},
           {"+1", "invalid character '+' looking for beginning of value"},
           {".5", "invalid character '.' looking for beginning of value"},
           {"1.", "unexpected EOF"},
           {"1e", "unexpected EOF"},
           {"0x1", "json: cannot unmarshal number into Go value of type map[string]json.RawMessage"},
           {"{\"key\":NaN}", "invalid character 'N' looking for beginning of value"},
           {"\t\r\n {}", ""},
           {"\x0b{}", "invalid character '\\v' looking for beginning of value"},
           {"\x7f", "invalid character '\\x7f' looking for beginning of value"},
           {"{\"a\":1,,}", "invalid character ',' looking for beginning of object key string"},
           {"{\"a\":\"\xe2\x80\xa8\"}x", ""},
       }) {
    CAPTURE(c.body);
    etcdserverpb::RangeRequest request;
    CHECK(read(c.body, request) == c.complaint);
  }
  etcdserverpb::RangeRequest request;
  CHECK(read(std::string_view("\0", 1), request) == "invalid character '\\x00' looking for beginning of value");
}

TEST_CASE("every field type takes the forms that it has in JSON") {
  using namespace etcdserverpb;
  CHECK(shown<RangeRequest>(R"({"key":"YQ==","rangeEnd":"Yg==","limit":"-7","revision":9,"sort_order":"DESCEND",
      "sortTarget":2,"serializable":true,"keys_only":false})") ==
        R"(key: "a" range_end: "b" limit: -7 revision: 9 sort_order: DESCEND sort_target: CREATE serializable: true)");
  CHECK(shown<RangeRequest>(R"({"key":[97,null,255]})") == R"(key: "a\000\377")");
  CHECK(shown<RangeRequest>(R"({"limit":9223372036854775807,"revision":"-9223372036854775808"})") ==
        "limit: 9223372036854775807 revision: -9223372036854775808");
  CHECK(shown<RangeRequest>(R"({"sort_order":7})") == "sort_order: 7");
  CHECK(shown<MemberRemoveRequest>(R"({"ID":18446744073709551615})") == "ID: 18446744073709551615");
  CHECK(shown<MemberRemoveRequest>(R"({"ID":-1})") == "json: cannot unmarshal number -1 into Go value of type uint64");
  CHECK(shown<MemberAddRequest>(R"({"peerURLs":["a",null,"b"],"isLearner":true})") ==
        R"(peerURLs: "a" peerURLs: "" peerURLs: "b" isLearner: true)");
  CHECK(shown<MemberAddRequest>(R"({"peerURLs":["a",1]})") ==
        "json: cannot unmarshal number into Go value of type string");
  CHECK(shown<WatchCreateRequest>(R"({"filters":["NODELETE",0,null]})") ==
        "filters: NODELETE filters: NOPUT filters: NOPUT");
  CHECK(shown<WatchCreateRequest>(R"({"filters":["NODELETE","X"]})") ==
        R"(unknown value "X" for enum etcdserverpb.WatchCreateRequest_FilterType)");
  CHECK(shown<AuthRoleAddRequest>(R"({"name":"\u00e9\ud83d\ude00\ud800x\n\/)"
                                  "\xff"
                                  R"("})") == R"(name: "\303\251\360\237\230\200\357\277\275x\n/\357\277\275")");
}

TEST_CASE("a transaction is read to any depth that JSON may have") {
  using etcdserverpb::TxnRequest;
  CHECK(shown<TxnRequest>(R"({"compare":[{"target":"VERSION","key":"YQ==","version":null}]})") ==
        R"(compare { key: "a" version: 0 })");
  CHECK(shown<TxnRequest>(R"({"success":[{"request_put":null},{},null]})") == "success { } success { } success { }");
  CHECK(shown<TxnRequest>(R"({"success":[{"request_put":1}]})") ==
        "json: cannot unmarshal number into Go value of type map[string]json.RawMessage");
  CHECK(shown<TxnRequest>(R"({"success":{}})") ==
        "json: cannot unmarshal object into Go value of type []json.RawMessage");
  CHECK(shown<TxnRequest>(R"({"success":[{"requestTxn":{"failure":[{"request_put":{"key":"YQ=="}}]}}]})") ==
        R"(success { request_txn { failure { request_put { key: "a" } } } })");

  const auto nested = [](size_t depth) {  // three levels of JSON each
    std::string body;
    for (size_t i = 0; i < depth; ++i) body += R"({"success":[{"request_txn":)";
    body += "{}";
    for (size_t i = 0; i < depth; ++i) body += "}]}";
    return body;
  };
  TxnRequest request;
  CHECK(read(nested(21), request) == "");
  CHECK(read(nested(22), request) == "invalid character '[' exceeded max depth");
}

TEST_CASE("of two oneof members one counts") {
  CHECK(shown<etcdserverpb::RequestOp>(R"({"request_put":{"key":"YQ=="},"request_range":{"key":"Yg=="}})") ==
        R"(request_put { key: "a" })");
}

TEST_CASE("in text mode bytes are the text, and what is no text says so") {
  const auto text = [](std::string_view body) { return shown<etcdserverpb::PutRequest>(body, BytesAs::kText); };
  CHECK(text(R"({"key":"/a\u00e9","value":"YQ=="})") == R"(key: "/a\303\251" value: "YQ==")");
  CHECK(text(R"({"key":{"base64":"//8="}})") == R"(key: "\377\377")");
  CHECK(text(R"({"key":{"base64":"/"}})") == "illegal base64 data at input byte 0");
  CHECK(text(R"({"key":{"base64":"//8=","x":1}})") == "json: cannot unmarshal object into Go value of type []uint8");
  CHECK(text(R"({"key":{"base64":1}})") == "json: cannot unmarshal object into Go value of type []uint8");
  CHECK(text(R"({"key":[97]})") == R"(key: "a")");
  CHECK(shown<etcdserverpb::PutRequest>(R"({"key":{"base64":"//8="}})") ==
        "json: cannot unmarshal object into Go value of type []uint8");
}
