#include "callbacks.h"

namespace noci::standalone {

int Callbacks::index_of(napi_callback callback) {
  for (int i = count_ - 1; i >= 0; i--) {
    if (list_[i] == callback) return i;
  }
  if (count_ == kMaximum) return -1;
  if (count_ == capacity_) {
    const int capacity = capacity_ == 0 ? 8 : 2 * capacity_;
    const size_t size = static_cast<size_t>(capacity) * sizeof *list_;
    auto* const list = static_cast<napi_callback*>(js_realloc_rt(JS_GetRuntime(context_), list_, size));
    if (list == nullptr) return -1;
    list_ = list;
    capacity_ = capacity;
  }
  list_[count_] = callback;
  return count_++;
}

void Callbacks::close() {
  js_free(context_, list_);
  list_ = nullptr;
  count_ = capacity_ = 0;
}

}  // namespace noci::standalone
