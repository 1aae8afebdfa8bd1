// Keys, history, leases and their room on disk: the figures of etcd_mvcc_* and etcd_debugging_{mvcc,lease}_*.
#include <filesystem>

#include "server/metric_families.h"
#include "server/metrics.h"

namespace viaduct::server {
namespace {

uint64_t bytes_of_files_in(const std::string& directory) {
  uint64_t total = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end; file.increment(error)) {
    std::error_code gone;  // LevelDB may remove it meanwhile
    const uintmax_t bytes = file->file_size(gone);
    if (!gone) total += bytes;
  }
  return total;
}

// The current state, and while there is one the next, or the one before (StateDirectory).
uint64_t bytes_of_states(const std::filesystem::path& first) {
  const std::string name = first.filename();
  uint64_t total = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(first.parent_path(), error), end; !error && at != end;
       at.increment(error)) {
    const std::string found = at->path().filename();
    if (found == name || found.starts_with(name + '.')) total += bytes_of_files_in(at->path());
  }
  return total;
}

store::Numbers numbers_of(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.numbers();
}

void show_sizes(const MetricSources& sources, MetricFamilies& families) {
  const store::Store::Sizes sizes = sources.node.store().sizes();
  const auto gauge = [&](const char* name, const char* help, uint64_t value) {
    families.gauge(name, help, static_cast<double>(value));
  };
  const uint64_t physical = bytes_of_states(sources.state_directory);
  gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes of the store's files.", physical);
  gauge("etcd_debugging_mvcc_db_total_size_in_bytes", "Bytes of the store's files.", physical);
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of kept records, history included: what the quota counts.",
        sizes.record_bytes);
  gauge("etcd_debugging_mvcc_keys_total", "Live keys.", sizes.live_keys);
  gauge("viaduct_directories", "Directories of v2, the root included.", sizes.directories);
  gauge("viaduct_shadowed_keys", "v3 keys that v2 cannot see because a directory has their path.", sizes.shadowed_keys);
  gauge("viaduct_leases", "Leases, those behind a v2 ttl included.", sizes.leases);
  gauge("viaduct_kept_events", "Events that a watch can still ask for.", sizes.kept_events);
  gauge("viaduct_cached_value_bytes", "Bytes of current values kept in memory.", sizes.cached_value_bytes);
  std::error_code error;
  const std::filesystem::space_info space =
      std::filesystem::space(std::filesystem::path(sources.state_directory).parent_path(), error);
  if (!error) gauge("viaduct_disk_available_bytes", "Free space where the state is kept.", space.available);
}

void show_numbers(const MetricSources& sources, MetricFamilies& families) {
  const store::Numbers numbers = numbers_of(sources.node.store());
  const auto gauge = [&](const char* name, const char* help, uint64_t value) {
    families.gauge(name, help, static_cast<double>(value));
  };
  gauge("etcd_debugging_mvcc_current_revision", "Head revision.", numbers.revision.value);
  gauge("etcd_debugging_mvcc_compact_revision", "Newest compacted revision.", numbers.compacted_revision.value);
  gauge("viaduct_index", "The current v2 index.", numbers.seq.value);
  gauge("viaduct_compacted_index", "The newest v2 index that is history no longer.", numbers.compacted_seq.value);
  gauge("viaduct_hub_watchers", "Watches of v2, and ranges that v3 watches, that wait for events.",
        sources.node.hub().size());
}

void show_changes(const MetricSources& sources, MetricFamilies& families) {
  const v3bridge::ApplyCounts& counts = sources.node.counts();
  const auto counter = [&](const std::string& name, const char* help, uint64_t value) {
    families.counter(name, help, static_cast<double>(value));
  };
  for (const char* prefix : {"etcd_mvcc_", "etcd_debugging_mvcc_"}) {
    const std::string name = prefix;
    counter(name + "put_total", "Keys put.", counts.keys_put);
    counter(name + "delete_total", "Keys deleted.", counts.keys_deleted);
    counter(name + "txn_total", "Txns that changed something.", counts.transactions);
  }
  families.gauge("etcd_debugging_mvcc_total_put_size_in_bytes", "Bytes of keys and values put.",
                 static_cast<double>(counts.put_bytes));
  counter("etcd_debugging_lease_granted_total", "Leases granted by clients.", counts.leases_granted);
  counter("etcd_debugging_lease_revoked_total", "Leases revoked by clients.", counts.leases_revoked);
  counter("etcd_debugging_lease_renewed_total", "Renewals of leases.", counts.leases_renewed);
}

}  // namespace

void show_store(const MetricSources& sources, MetricFamilies& families) {
  show_sizes(sources, families);
  show_numbers(sources, families);
  show_changes(sources, families);
}

}  // namespace viaduct::server
