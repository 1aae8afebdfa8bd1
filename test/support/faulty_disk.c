/* A faulty disk for a real process, by LD_PRELOAD: each sync does first what the file named by $FAULTY_DISK says.
 *   fail        EIO
 *   delay N     takes N milliseconds longer
 *   hang        does not return before the file says something else
 * No such file, or anything else in it: the disk is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kHangCheckMicroseconds = 5000 };

static int read_order(char* order, size_t size) {
  const char* const path = getenv("FAULTY_DISK");
  const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  const ssize_t bytes = read(fd, order, size - 1);
  close(fd);
  order[bytes > 0 ? bytes : 0] = '\0';
  return bytes > 0;
}

/* Whether the sync is to fail. */
static int suffer(void) {
  char order[32];
  unsigned delay_ms;
  while (read_order(order, sizeof order)) {
    if (strncmp(order, "fail", 4) == 0) return 1;
    if (sscanf(order, "delay %u", &delay_ms) == 1) return usleep(1000 * delay_ms), 0;
    if (strncmp(order, "hang", 4) != 0) return 0;
    usleep(kHangCheckMicroseconds);
  }
  return 0;
}

static int sync_by(const char* name, int fd) {
  int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (!suffer()) return real(fd);
  errno = EIO;
  return -1;
}

int fdatasync(int fd) { return sync_by("fdatasync", fd); }
int fsync(int fd) { return sync_by("fsync", fd); }
