#ifndef NOCI_LIBRARY_HOLDINGS_H
#define NOCI_LIBRARY_HOLDINGS_H

#include <napi.h>

#include <map>

#include "kernel/fd.h"

namespace noci::library {

/**
 * What a thread of JavaScript has by the number of an fd, and cannot give back when it is terminated: sockets that listen, and children.
 * Worker.terminate() ends it between two lines, and the process, which children belong to, goes on.
 */
class Holdings {
 public:
  /** Those of the calling thread. */
  static Holdings& of(Napi::Env env);

  void hold(int fd) { held_[fd] = {}; }

  /** A child by its pidfd. It gets the signal `farewell` when the thread ends before it does; 0: it may go on. */
  void hold_child(int pidfd, int farewell) { held_[pidfd] = {true, farewell}; }

  /** Closes one. */
  void release(int fd);

 private:
  struct Held {
    bool child = false;
    int farewell = 0;
  };

  static void give_up(void* holdings);

  std::map<int, Held> held_;
};

}  // namespace noci::library

#endif
