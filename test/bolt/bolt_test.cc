// Writer and reader of etcd's file format together, and the reader against files that nobody should have written.
// test/system/snapshot.sh shows the same files to etcd's own tools.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "bolt/reader.h"
#include "bolt/writer.h"
#include "test/support/fake_disk.h"

using namespace viaduct;

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;
using Buckets = std::map<std::string, Rows>;

std::string numbered(size_t number) {
  std::string key;
  put_be64(key, number);
  return key;
}

Rows rows_of(size_t count, size_t value_bytes) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) rows.emplace_back(numbered(i), std::string(value_bytes, char('a' + i % 26)));
  return rows;
}

class OneFile {
 public:
  OneFile() : file_(disk_.open("/file", OpenMode::kCreate).value()) {}
  explicit OneFile(Bytes content) : OneFile() { CHECK(file_->write_at(0, content)); }

  File& file() { return *file_; }
  uint64_t size() { return file_->size().value(); }
  std::string content() {
    std::string bytes(size(), '\0');
    CHECK(file_->read_at(0, bytes).value() == bytes.size());
    return bytes;
  }

 private:
  FakeDisk disk_;
  std::unique_ptr<File> file_;
};

std::string written(const Buckets& buckets) {
  OneFile file;
  bolt::Writer writer(file.file());
  for (const auto& [name, rows] : buckets) {
    for (const auto& [key, value] : rows) REQUIRE(writer.bucket(name).put(key, value));
    writer.bucket(name);
  }
  const Result<uint64_t> bytes = writer.finish();
  REQUIRE(bytes);
  CHECK(*bytes == file.size());
  CHECK(*bytes % bolt::kPageBytes == 0);
  return file.content();
}

Result<Rows> read_rows(bolt::Cursor& cursor) {
  Rows rows;
  for (;;) {
    VIADUCT_TRY_ASSIGN(more, cursor.next());
    if (!more) return rows;
    rows.emplace_back(cursor.key(), cursor.value());
  }
}

Result<Buckets> read_all(Bytes content) {
  OneFile file(content);
  VIADUCT_TRY_ASSIGN(reader, bolt::Reader::open(file.file(), content.size()));
  VIADUCT_TRY_ASSIGN(names, reader.bucket_names());
  Buckets buckets;
  for (const std::string& name : names) {
    VIADUCT_TRY_ASSIGN(cursor, reader.bucket(name));
    VIADUCT_TRY_ASSIGN(rows, read_rows(*cursor));
    buckets[name] = rows;
  }
  return buckets;
}

// A file by hand: pages 0 and 1 with a meta each, then `pages`, of which `root` is the root bucket's.
std::string by_hand(const std::vector<std::string>& pages, uint64_t root) {
  std::string content;
  for (uint64_t id = 0; id < 2; ++id) {
    bolt::put_page_header(content, {id, bolt::kMetaPage, 0, 0});
    content += bolt::encode_meta({bolt::kPageBytes, root, ~uint64_t{0}, pages.size() + 2, id});
    content.resize((id + 1) * bolt::kPageBytes);
  }
  for (const std::string& page : pages) {
    content += page;
    content.resize((content.size() + bolt::kPageBytes - 1) / bolt::kPageBytes * bolt::kPageBytes);
  }
  return content;
}

std::string bucket_at(uint64_t page) {
  std::string value;
  put_le64(value, page);
  put_le64(value, 0);
  return value;
}

// Page 2: the root bucket, whose one bucket "b" begins at page 3.
std::string root_page() {
  bolt::Page page(bolt::kLeafPage);
  page.add_value("b", bucket_at(3), bolt::kBucketElement);
  return page.encode(2);
}

std::string branch(uint64_t id, const std::vector<uint64_t>& children) {
  bolt::Page page(bolt::kBranchPage);
  for (size_t i = 0; i < children.size(); ++i) page.add_child(numbered(i), children[i]);
  return page.encode(id);
}

std::string leaf(uint64_t id, const Rows& rows, uint32_t flags = 0) {
  bolt::Page page(bolt::kLeafPage);
  for (const auto& [key, value] : rows) page.add_value(key, value, flags);
  return page.encode(id);
}

std::string error_of(const std::string& content) {
  const Result<Buckets> read = read_all(content);
  if (read) return "";
  CHECK(read.error().code == Code::kCorrupt);
  return read.error().message;
}

}  // namespace

TEST_CASE("what was written is read back, bucket by bucket and in order") {
  const std::string long_key(bolt::kMaxKeyBytes, 'k');
  struct Case {
    const char* name;
    Buckets buckets;
  };
  for (const Case& c : {
           Case{"no bucket", {}},
           Case{"an empty bucket", {{"key", {}}}},
           Case{"one row", {{"key", {{"a", "1"}}}}},
           Case{"an empty value", {{"key", {{"a", ""}, {"b", ""}}}}},
           Case{"bytes of any kind", {{"key", {{std::string("\0\0", 2), "\xff"}, {"\xff\xfe", std::string(3, '\0')}}}}},
           Case{"several buckets",
                {{"auth", {}}, {"key", rows_of(3, 10)}, {"lease", rows_of(500, 20)}, {"meta", rows_of(1, 8)}}},
           Case{"one value that fills its page", {{"key", rows_of(1, 4096 - 16 - 16 - 8)}}},
           Case{"one byte more than a page", {{"key", rows_of(1, 4096 - 16 - 16 - 8 + 1)}}},
           Case{"values of many pages", {{"key", rows_of(5, 100'000)}}},
           Case{"one very large value among small ones",
                {{"key", {{"a", "1"}, {"b", std::string(3'000'000, 'x')}, {"c", "3"}}}}},
           Case{"leaves of one level", {{"key", rows_of(1000, 30)}}},
           Case{"three levels", {{"key", rows_of(100'000, 60)}}},
           Case{"keys that fill branches",
                {{"key",
                  {{long_key + "", "1"},
                   {std::string(bolt::kMaxKeyBytes, 'l'), "2"},
                   {std::string(bolt::kMaxKeyBytes, 'm'), "3"},
                   {std::string(bolt::kMaxKeyBytes, 'n'), "4"},
                   {std::string(bolt::kMaxKeyBytes, 'o'), "5"}}}}},
       }) {
    CAPTURE(c.name);
    const Result<Buckets> read = read_all(written(c.buckets));
    REQUIRE(read);
    CHECK(*read == c.buckets);
  }
}

TEST_CASE("every value size around a page is read back, alone and beside others") {
  for (size_t bytes = 3900; bytes < 4200; ++bytes) {
    CAPTURE(bytes);
    const Buckets alone{{"key", rows_of(1, bytes)}}, together{{"key", rows_of(3, bytes / 2)}};
    CHECK(read_all(written(alone)).value() == alone);
    CHECK(read_all(written(together)).value() == together);
  }
}

TEST_CASE("every number of rows around a full page is read back") {
  for (size_t count = 80; count < 260; ++count) {
    CAPTURE(count);
    const Buckets buckets{{"key", rows_of(count, 17)}};
    CHECK(read_all(written(buckets)).value() == buckets);
  }
}

TEST_CASE("a small bucket takes no page of its own") {
  const std::string one = written({{"a", rows_of(1, 10)}});
  const std::string two = written({{"a", rows_of(1, 10)}, {"b", rows_of(1, 10)}});
  CHECK(one.size() == 4 * bolt::kPageBytes);
  CHECK(two.size() == one.size());
}

TEST_CASE("buckets may be filled by turns") {
  OneFile file;
  bolt::Writer writer(file.file());
  const Rows rows = rows_of(5000, 50);
  for (const auto& [key, value] : rows) {
    REQUIRE(writer.bucket("a").put(key, value));
    REQUIRE(writer.bucket("b").put(key, value));
  }
  REQUIRE(writer.finish());
  CHECK(read_all(file.content()).value() == Buckets{{"a", rows}, {"b", rows}});
}

TEST_CASE("the newer meta counts, and the other one when that is damaged") {
  const Buckets buckets{{"key", rows_of(3, 10)}};
  std::string content = written(buckets);
  for (const size_t damaged : {size_t{0}, size_t{bolt::kPageBytes}}) {
    CAPTURE(damaged);
    std::string bent = content;
    bent[damaged + 40] ^= 1;
    CHECK(read_all(bent).value() == buckets);
  }
  content[40] ^= 1;
  content[bolt::kPageBytes + 40] ^= 1;
  CHECK(error_of(content) == "invalid database");
  CHECK(error_of("") == "invalid database");
  CHECK(error_of("not a database") == "invalid database");
}

TEST_CASE("a file cut short is refused at every page") {
  const std::string content = written({{"key", rows_of(2000, 30)}});
  for (size_t bytes = bolt::kPageBytes * 3; bytes < content.size(); bytes += bolt::kPageBytes) {
    CAPTURE(bytes);
    CHECK(error_of(content.substr(0, bytes)).starts_with("truncated: "));
  }
}

TEST_CASE("what is wrong with a page is said with its number") {
  bolt::Page nothing(bolt::kLeafPage);
  std::string beyond = leaf(3, {{"a", "1"}});
  beyond[16 + 5] = '\xff';  // position, second byte
  std::string overflowing = leaf(3, {{"a", "1"}});
  overflowing[12] = 9;
  std::string other_kind = leaf(3, {{"a", "1"}});
  other_kind[8] = bolt::kFreelistPage;
  std::string many = leaf(3, {{"a", "1"}});
  many[11] = '\x7f';  // count, high byte
  struct Case {
    std::vector<std::string> pages;
    std::string error;
  };
  for (const Case& c : {
           Case{{root_page()}, "page 3: beyond the file's 3 pages"},
           Case{{root_page(), leaf(4, {{"a", "1"}})}, "page 3: says it is page 4"},
           Case{{root_page(), branch(3, {3})}, "page 3: met for the second time"},
           Case{{root_page(), branch(3, {4, 4}), leaf(4, {{"a", "1"}})}, "page 4: met for the second time"},
           Case{{root_page(), branch(3, {4, 5}), leaf(4, {{"b", "1"}}), leaf(5, {{"a", "1"}})},
                "page 5: its keys are out of order"},
           Case{{root_page(), branch(3, {4}), nothing.encode(4)}, "page 4: empty"},
           Case{{root_page(), branch(3, {})}, "page 3: empty"},
           Case{{root_page(), leaf(3, {{"b", "1"}, {"a", "1"}})}, "page 3: its keys are out of order"},
           Case{{root_page(), leaf(3, {{"a", "1"}, {"a", "1"}})}, "page 3: its keys are out of order"},
           Case{{root_page(), leaf(3, {{"", "1"}})}, "page 3: its keys are out of order"},
           Case{{root_page(), beyond}, "page 3: a value does not fit"},
           Case{{root_page(), overflowing}, "page 3: its overflow leads beyond the file"},
           Case{{root_page(), other_kind}, "page 3: no page of a tree"},
           Case{{root_page(), many}, "page 3: its elements do not fit"},
           Case{{root_page(), leaf(3, {{"a", bucket_at(0)}}, bolt::kBucketElement)},
                "page 3: a bucket where there can be none"},
           Case{{leaf(2, {{"b", "1"}})}, "page 2: a bucket where there can be none"},
           Case{{leaf(2, {{"b", "short"}}, bolt::kBucketElement)}, "bucket b: too short"},
           Case{{leaf(2, {{"b", bucket_at(0)}}, bolt::kBucketElement)}, "page 0: too short"},
       }) {
    CAPTURE(c.error);
    CHECK(error_of(by_hand(c.pages, 2)) == c.error);
  }
}

TEST_CASE("a tree deeper than any real one is refused") {
  std::vector<std::string> pages{root_page()};
  for (uint64_t id = 3; id < 60; ++id) pages.push_back(branch(id, {id + 1}));
  pages.push_back(leaf(60, {{"a", "1"}}));
  CHECK(error_of(by_hand(pages, 2)) == "page 35: the tree is too deep");
}

TEST_CASE("no flipped byte makes the reader fall or run on") {
  const std::string content = written({{"key", rows_of(300, 20)}, {"small", rows_of(2, 5)}, {"big", rows_of(2, 9000)}});
  for (size_t at = 0; at < content.size(); at += 3) {
    std::string bent = content;
    bent[at] ^= static_cast<char>(1 << at % 8);
    static_cast<void>(read_all(bent));
  }
}

TEST_CASE("no random pages make the reader fall or run on") {
  SeededRandom random(7);
  const std::string content = written({{"key", rows_of(3000, 20)}});
  for (int round = 0; round < 300; ++round) {
    std::string bent = content;
    for (int i = 0; i < 8; ++i) {
      const size_t page = 2 + random.next() % (bent.size() / bolt::kPageBytes - 2);
      bent[page * bolt::kPageBytes + random.next() % 128] = static_cast<char>(random.next());
    }
    static_cast<void>(read_all(bent));
  }
}
