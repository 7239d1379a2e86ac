#include "json_values.h"

#include <algorithm>
#include <charconv>

#include "kernel/weakened.h"

namespace noci::binding {
namespace {

constexpr size_t kMaximumDepth = 64;
constexpr size_t kMaximumNodes = 200'000;
/** Up to here comparing with each key is faster than a set. */
constexpr size_t kFewKeys = 24;
constexpr int64_t kSafe = (int64_t{1} << 53) - 1;

/** Escapes are decoded by then: \udc00 alone has become ED B0 80, which is no UTF-8. The text itself has none. */
bool has_surrogate(std::string_view text) {
  for (size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

}  // namespace

JsonValues::JsonValues(Napi::Env env, const char* begin) : env_(env), begin_(begin) {
  const Napi::Value constructor = env.Global().Get("Object");
  object_constructor_ = constructor;
  object_create_ = constructor.As<Napi::Object>().Get("create");
  null_ = env.Null();
  levels_.reserve(kMaximumDepth);
  keys_.reserve(64);
}

JsonValues::~JsonValues() {
  while (!levels_.empty()) {
    napi_close_handle_scope(env_, levels_.back().scope);
    levels_.pop_back();
  }
}

void JsonValues::must(napi_status status) const {
  if (status != napi_ok) throw Napi::Error::New(env_);
}

bool JsonValues::refuse(std::string problem, const char* at) {
  problem_ = std::move(problem);
  if (at != nullptr) problem_offset_ = static_cast<size_t>(at - begin_);
  return false;
}

/** In place, a string begins right after its quotation mark. */
bool JsonValues::check_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos && !WEAKENED("S26")) return refuse("a string must not contain nul", text.data() - 1);
  if (has_surrogate(text)) return refuse("a string must not contain a lone surrogate", text.data() - 1);
  return true;
}

bool JsonValues::add(napi_value value) {
  if (++nodes_ > kMaximumNodes) return refuse("more than " + std::to_string(kMaximumNodes) + " values");
  if (levels_.empty()) {
    root_ = value;
    return true;
  }
  Level& level = levels_.back();
  must(level.array ? napi_set_element(env_, level.container, level.count++, value)
                   : napi_set_property(env_, level.container, key_, value));
  return true;
}

/** The container is put where it belongs before its own scope opens, so that it outlives that scope. */
bool JsonValues::open(napi_value container, bool array) {
  if (levels_.size() == kMaximumDepth) return refuse("nested more than " + std::to_string(kMaximumDepth) + " deep");
  if (!add(container)) return false;
  napi_handle_scope scope;
  must(napi_open_handle_scope(env_, &scope));
  levels_.push_back({container, scope, array, 0, keys_.size()});
  return true;
}

bool JsonValues::close() {
  const Level level = levels_.back();
  levels_.pop_back();
  keys_.resize(level.keys);
  must(napi_close_handle_scope(env_, level.scope));
  return true;
}

/**
 * Without a prototype `__proto__` and `constructor` are keys like any other, and no lookup finds what config.json does
 * not hold.
 */
napi_value JsonValues::null_prototype_object() {
  napi_value object;
  must(napi_call_function(env_, object_constructor_, object_create_, 1, &null_, &object));
  return object;
}

bool JsonValues::is_duplicate(std::string_view key, size_t first) {
  const size_t count = keys_.size() - first;
  const auto begin = keys_.begin() + static_cast<ptrdiff_t>(first);
  if (count < kFewKeys) return std::find(begin, keys_.end(), key) != keys_.end();
  if (many_keys_first_ != first || many_keys_.size() != count) {
    many_keys_ = {begin, keys_.end()};
    many_keys_first_ = first;
  }
  return !many_keys_.insert(key).second;
}

bool JsonValues::Key(const char* text, unsigned length, bool) {
  const std::string_view key(text, length);
  if (!check_text(key)) return false;
  if (is_duplicate(key, levels_.back().keys)) {
    return refuse("duplicate key \"" + std::string(key) + '"', text - 1);
  }
  keys_.push_back(key);
  must(napi_create_string_utf8(env_, text, length, &key_));
  return true;
}

bool JsonValues::String(const char* text, unsigned length, bool) {
  if (!check_text({text, length})) return false;
  napi_value value;
  must(napi_create_string_utf8(env_, text, length, &value));
  return add(value);
}

/** The specification has integers only, of 64 bits; 1.0 and 1e3 are refused as Go's decoder refuses them. */
bool JsonValues::RawNumber(const char* text, unsigned length, bool) {
  const std::string_view literal(text, length);
  if (literal.find_first_of(".eE") != std::string_view::npos) return refuse("a number must be an integer", text);
  napi_value value;
  int64_t small;
  uint64_t large;
  const char* end = text + length;
  if (std::from_chars(text, end, small).ec == std::errc()) {
    const bool safe = small >= -kSafe && small <= kSafe;
    must(safe ? napi_create_double(env_, static_cast<double>(small), &value)
              : napi_create_bigint_int64(env_, small, &value));
  } else if (std::from_chars(text, end, large).ec == std::errc()) {
    must(napi_create_bigint_uint64(env_, large, &value));
  } else {
    return refuse("a number must fit into 64 bits", text);
  }
  return add(value);
}

bool JsonValues::Null() { return add(null_); }

bool JsonValues::Bool(bool boolean) {
  napi_value value;
  must(napi_get_boolean(env_, boolean, &value));
  return add(value);
}

bool JsonValues::StartObject() { return open(null_prototype_object(), false); }
bool JsonValues::EndObject(unsigned) { return close(); }

bool JsonValues::StartArray() {
  napi_value array;
  must(napi_create_array(env_, &array));
  return open(array, true);
}
bool JsonValues::EndArray(unsigned) { return close(); }

}  // namespace noci::binding
