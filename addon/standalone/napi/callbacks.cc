#include "callbacks.h"

#include <cstdlib>

namespace noci::standalone {

int Callbacks::index_of(napi_callback callback) {
  for (int i = count_ - 1; i >= 0; i--) {
    if (list_[i] == callback) return i;
  }
  if (count_ == kMaximum) return -1;
  if (count_ == capacity_) {
    const int capacity = capacity_ == 0 ? 8 : 2 * capacity_;
    auto* list = static_cast<napi_callback*>(realloc(list_, static_cast<size_t>(capacity) * sizeof *list_));
    if (list == nullptr) return -1;
    list_ = list;
    capacity_ = capacity;
  }
  list_[count_] = callback;
  return count_++;
}

void Callbacks::close() {
  free(list_);
  *this = {};
}

}  // namespace noci::standalone
