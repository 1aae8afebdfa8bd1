// The release of etcd that clients are told (--advertise-etcd-version), and everything that hangs on it (v3-api.md
// section 8): each difference between releases has its name here and nowhere else a number.
#pragma once

#include <string>
#include <string_view>

namespace viaduct::v3 {

class Release {
 public:
  explicit Release(std::string text);  // three numbers: "3.5.21"

  const std::string& text() const { return text_; }
  int minor() const { return minor_; }

  // 3.5
  bool deadline_has_own_code() const { return minor_ >= 5; }  // DeadlineExceeded, not Unknown
  bool has_auth_status() const { return minor_ >= 5; }
  bool checks_permission_ranges() const { return minor_ >= 5; }    // of a role, when they are granted
  bool lists_members_linearizably() const { return minor_ >= 5; }  // when asked to
  bool has_downgrade() const { return minor_ >= 5; }
  bool alarm_has_header() const { return minor_ >= 5; }
  bool maps_alarm_errors() const { return minor_ >= 5; }          // to the API's own texts
  bool hashes_compacted_revision() const { return minor_ >= 5; }  // HashKV at exactly that revision
  bool routes_hashkv() const { return minor_ >= 5; }              // over the gateway; before that it was Hash
  bool gateway_error_has_code_first() const { return minor_ >= 5; }

  // 3.6
  bool checks_sort_order() const { return minor_ >= 6; }
  bool maps_maintenance_errors() const { return minor_ >= 6; }
  bool status_shows_storage() const { return minor_ >= 6; }
  bool hashkv_names_revision() const { return minor_ >= 6; }
  bool snapshot_names_version() const { return minor_ >= 6; }

 private:
  std::string text_;
  int minor_;  // releases after 3.x count as the newest 3.x
};

}  // namespace viaduct::v3
