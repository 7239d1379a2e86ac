#ifndef NOCI_STANDALONE_NAPI_CALLBACKS_H
#define NOCI_STANDALONE_NAPI_CALLBACKS_H

#include <node_api.h>
#include <quickjs.h>

#include <cstddef>

namespace noci::standalone {

/**
 * The native functions behind JavaScript functions, each once: nearly all share one and differ by their data. The
 * engine keeps 16 bits and a pointer for us in a function, this index and the data, so that no function needs memory
 * or a finalizer of its own.
 */
class Callbacks {
 public:
  void open(JSContext* context) { context_ = context; }
  /** -1: no memory, or too many. */
  int index_of(napi_callback callback);
  napi_callback at(int index) const { return list_[index]; }
  void close();

 private:
  static constexpr int kMaximum = 1 << 16;

  JSContext* context_;
  napi_callback* list_;
  int count_;
  int capacity_;
};

}  // namespace noci::standalone

#endif
