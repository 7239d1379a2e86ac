#include <string.h>

#include "../kernel/weakened.h"
#include "step.h"

namespace {

long long integer_at(const uint8_t* at) {
  long long value;
  memcpy(&value, at, sizeof value);
  return value;
}

uint32_t count_at(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

const char* text_at(const uint8_t* at) { return reinterpret_cast<const char*>(at + sizeof(uint32_t)); }

const uint8_t* after_text(const uint8_t* at) { return at + sizeof(uint32_t) + count_at(at) + 1; }

}  // namespace

long long Integers::Iterator::operator*() const { return integer_at(at_); }

Integers::Iterator& Integers::Iterator::operator++() {
  at_ += sizeof(long long);
  return *this;
}

long long Integers::at(uint32_t index) const { return integer_at(items_ + index * sizeof(long long)); }

Integers::Iterator Integers::end() const { return Iterator(items_ + count_ * sizeof(long long)); }

const char* Texts::Iterator::operator*() const { return text_at(at_); }

Texts::Iterator& Texts::Iterator::operator++() {
  at_ = after_text(at_);
  return *this;
}

char** Texts::vector(Arena& arena, uint32_t room) const {
  // Arena memory is zero: the null pointers are there already.
  char** pointers = static_cast<char**>(arena.take((size_t{count_} + room + 1) * sizeof(char*)));
  char** next = pointers;
  for (const char* text : *this) *next++ = const_cast<char*>(text);
  return pointers;
}

Fd Fds::take(uint32_t index) {
  const uint32_t place = count_at(items_ + index * sizeof(uint32_t));
  const uint32_t number = WEAKENED("S28") ? passed_->count - 1 - place : place;
  Fd fd(passed_->numbers[number]);
  passed_->numbers[number] = -1;
  return fd;
}

uint32_t Fields::count() {
  const uint32_t value = count_at(at_);
  at_ += sizeof value;
  return value;
}

long long Fields::integer() {
  const long long value = integer_at(at_);
  at_ += sizeof value;
  return value;
}

const char* Fields::text() {
  const char* text = text_at(at_);
  at_ = after_text(at_);
  return text;
}

Fd Fields::fd() {
  Fds one(at_, 1, passed_);
  at_ += sizeof(uint32_t);
  return one.take(0);
}

const uint8_t* Fields::data(uint32_t& size) {
  size = count();
  const uint8_t* bytes = at_;
  at_ += size;
  return bytes;
}

Integers Fields::integers() {
  const uint32_t items = count();
  Integers list(at_, items);
  at_ += items * sizeof(long long);
  return list;
}

Texts Fields::texts() {
  const uint32_t items = count();
  const uint8_t* first = at_;
  for (uint32_t i = 0; i < items; i++) at_ = after_text(at_);
  return Texts(first, at_, items);
}

Fds Fields::fds() {
  const uint32_t items = count();
  Fds list(at_, items, passed_);
  at_ += items * sizeof(uint32_t);
  return list;
}

const uint8_t* Fields::pass(const char* types) {
  for (; *types != '\0'; types++) {
    switch (*types) {
      case 'i': integer(); break;
      case 't': text(); break;
      case 'f': fd(); break;
      case 'd': {
        uint32_t size;
        data(size);
        break;
      }
      case 'I': integers(); break;
      case 'T': texts(); break;
      case 'F': {
        Fds list = fds();
        for (uint32_t i = 0; i < list.count(); i++) list.take(i);
        break;
      }
    }
  }
  return at_;
}
