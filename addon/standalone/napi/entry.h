#ifndef NOCI_STANDALONE_NAPI_ENTRY_H
#define NOCI_STANDALONE_NAPI_ENTRY_H

#include "napi_env.h"

namespace noci::standalone {

/** One call into the addon: its handles live as long as it, and an exception that it leaves is thrown when it ends. */
class Entry {
 public:
  explicit Entry(napi_env env);

  /** The value for the engine, owned by the caller: a copy of `result`, undefined for null, or JS_EXCEPTION. */
  JSValue leave(napi_value result) const;

 private:
  napi_env env_;
  size_t height_;
  int open_scopes_;
};

}  // namespace noci::standalone

#endif
