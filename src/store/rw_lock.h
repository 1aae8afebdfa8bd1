// A reader-writer lock that lets a waiting writer go first: with std::shared_mutex a steady stream of readers could
// hold up apply without bound.
// Threads: a thread that holds it must not take it again, not even for reading.
#pragma once

#include <pthread.h>

#include <cassert>

namespace viaduct::store {

class RwLock {
 public:
  RwLock() {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock_, &attributes);
    pthread_rwlockattr_destroy(&attributes);
  }
  ~RwLock() { pthread_rwlock_destroy(&lock_); }
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  // Named as the standard's lock guards expect them.
  void lock() { check(pthread_rwlock_wrlock(&lock_)); }
  void unlock() { check(pthread_rwlock_unlock(&lock_)); }
  void lock_shared() { check(pthread_rwlock_rdlock(&lock_)); }
  void unlock_shared() { check(pthread_rwlock_unlock(&lock_)); }

 private:
  static void check(int error) { assert(error == 0); }

  pthread_rwlock_t lock_;
};

}  // namespace viaduct::store
