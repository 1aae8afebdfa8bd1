// viaduct: reads its settings, serves until it is told to stop, and leaves the way supervisors expect
// (operations.md 1.1).

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/random.h"
#include "server/config_load.h"
#include "server/help.h"
#include "server/notify.h"
#include "server/restore.h"
#include "server/server.h"

namespace viaduct::server {
namespace {

Invocation invocation_of(int argc, char** argv, char** environment) {
  Invocation invocation;
  invocation.program = argc > 0 ? argv[0] : "viaduct";
  for (int i = 1; i < argc; ++i) invocation.arguments.emplace_back(argv[i]);
  for (char** entry = environment; *entry; ++entry) invocation.environment.emplace_back(*entry);
  return invocation;
}

int fail(const std::string& message) {
  log::write(log::Level::kFatal, message, {});
  log::flush();
  return 1;
}

// SIGINT and SIGTERM, held back from every thread so that this one can wait for them.
constexpr std::chrono::milliseconds kSignalCheckInterval{100};  // until clients are served
constexpr time_t kWatchSeconds = 1;
// The others may still need to hear what the removed member committed.
constexpr std::chrono::seconds kLingerRemoved{1};

sigset_t block_stop_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return stop;
}

void notify(std::string_view state) {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  if (const Result<void> told = notify_supervisor(socket ? socket : "", state); !told) {
    log::warn("cannot notify the supervisor", {{"error", told.error().message}});
  }
}

// The signal as a shell or supervisor wants to see it: by default action, but as pid 1 that would be ignored.
int leave_by(int signal_number) {
  log::flush();
  if (getpid() == 1) return 0;
  signal(signal_number, SIG_DFL);
  sigset_t unblock;
  sigemptyset(&unblock);
  sigaddset(&unblock, signal_number);
  raise(signal_number);
  pthread_sigmask(SIG_UNBLOCK, &unblock, nullptr);
  return 128 + signal_number;
}

// A signal to stop that has come within that time; 0 or less: none.
int await_stop(const sigset_t& stop_signals, timespec patience) {
  return sigtimedwait(&stop_signals, nullptr, &patience);
}

int leave_removed() {
  log::error("the member has been permanently removed from the cluster");
  log::info("the data-dir used by this member must be removed.");
  log::flush();
  return 0;
}

int serve(const Config& config, PosixDisk& disk) {
  const sigset_t stop_signals = block_stop_signals();
  const SystemClock clock;
  SystemRandom random;
  Result<std::unique_ptr<Server>> server = Server::start(config, disk, clock, random, [] { kill(getpid(), SIGTERM); });
  if (!server) return fail(server.error().message);

  int received = 0;
  while (received <= 0 && !(*server)->wait_until_published(kSignalCheckInterval)) {
    (*server)->watch_disk();
    received = await_stop(stop_signals, {});
  }
  if (received <= 0) {
    if (const Result<void> serving = (*server)->serve_clients(); !serving) return fail(serving.error().message);
    log::info("try it: curl -L " + (*server)->client_url() + "/v2/keys/message -XPUT -d value=Hello");
    notify(kNotifyReady);
    while ((received = await_stop(stop_signals, {kWatchSeconds, 0})) <= 0) (*server)->watch_disk();
  }
  notify(kNotifyStopping);
  if ((*server)->was_removed()) {
    std::this_thread::sleep_for(kLingerRemoved);
  } else {
    log::info(std::string("received ") + (received == SIGINT ? "interrupt" : "terminated") +
              " signal, shutting down...");
  }
  (*server)->stop();
  return (*server)->was_removed() ? leave_removed() : leave_by(received);
}

int restore_by(const Invocation& invocation, PosixDisk& disk) {
  SystemRandom random;
  return run_restore(disk, random, program_name(invocation.program),
                     {invocation.arguments.begin() + 1, invocation.arguments.end()});
}

int run(int argc, char** argv, char** environment) {
  PosixDisk disk;
  const Invocation invocation = invocation_of(argc, argv, environment);
  if (!invocation.arguments.empty() && invocation.arguments[0] == "restore") return restore_by(invocation, disk);
  const StartUp start = load_config(invocation, disk);
  std::fputs(start.standard_output.c_str(), stdout);
  std::fflush(stdout);
  std::fputs(start.standard_error.c_str(), stderr);
  if (start.config) {
    const std::string bad_output = log::init_log(start.config->log_level, start.config->log_outputs);
    if (!bad_output.empty()) return fail(bad_output);
  }
  log_notices(start.notices);
  if (!start.config) {
    log::flush();
    return start.exit_status;
  }
  return serve(*start.config, disk);
}

}  // namespace
}  // namespace viaduct::server

int main(int argc, char** argv, char** environment) { return viaduct::server::run(argc, argv, environment); }
