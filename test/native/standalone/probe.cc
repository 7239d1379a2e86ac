// An addon for tests: each function of Node-API that noci's addon uses, called with whatever the script passes, once
// over V8 and once over QuickJS. It uses no function of Node-API but those: there are no others in the executable.
//
// Each takes first a mask: bit N makes the Nth thing that follows a null pointer, results count on behind the
// arguments; kPending has an exception pending before the call. Each gives [status, last error message, pending,
// exception, result].
#include <node_api.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr uint32_t kPending = 1u << 20;
constexpr size_t kArguments = 8;
/** What a result is before a call that may leave it alone. */
constexpr size_t kUntouched = 12345;

/** For what must not fail, so that a test which goes wrong ends here and not somewhere. */
void must(napi_status status) {
  if (status == napi_ok) return;
  napi_fatal_error("probe", NAPI_AUTO_LENGTH, "a call that must not fail has failed", NAPI_AUTO_LENGTH);
}

napi_value text(napi_env env, const char* value) {
  napi_value result;
  must(value == nullptr ? napi_get_null(env, &result) : napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result));
  return result;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  must(napi_create_double(env, value, &result));
  return result;
}

napi_value boolean(napi_env env, bool value) {
  napi_value result;
  must(napi_get_boolean(env, value, &result));
  return result;
}

napi_value undefined(napi_env env) {
  napi_value result;
  must(napi_get_undefined(env, &result));
  return result;
}

napi_value list(napi_env env, const std::vector<napi_value>& items) {
  napi_value result;
  must(napi_create_array(env, &result));
  for (uint32_t i = 0; i < items.size(); i++) {
    must(napi_set_element(env, result, i, items[i] == nullptr ? text(env, nullptr) : items[i]));
  }
  return result;
}

double double_of(napi_env env, napi_value value) {
  double result;
  must(napi_get_value_double(env, value, &result));
  return result;
}

/** The bytes of a Uint8Array, or those of a Uint16Array as they lie in memory. */
std::string bytes_of(napi_env env, napi_value array) {
  void* data;
  napi_typedarray_type type;
  size_t length;
  must(napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr));
  return {static_cast<const char*>(data), length * (type == napi_uint16_array ? 2 : 1)};
}

napi_value numbers(napi_env env, const void* data, size_t count, size_t size) {
  std::vector<napi_value> items;
  for (size_t i = 0; i < count; i++) {
    uint16_t one = 0;
    memcpy(&one, static_cast<const char*>(data) + i * size, size);
    items.push_back(number(env, one));
  }
  return list(env, items);
}

class Probe {
 public:
  Probe(napi_env env, napi_callback_info info) : env(env) {
    size_t count = kArguments + 1;
    napi_value values[kArguments + 1];
    must(napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
    mask_ = static_cast<uint32_t>(double_of(env, values[0]));
    memcpy(values_, values + 1, sizeof values_);
  }

  napi_value given(size_t index) const { return values_[index]; }
  double amount(size_t index) const { return double_of(env, values_[index]); }
  size_t size(size_t index) const { return amount(index) < 0 ? NAPI_AUTO_LENGTH : static_cast<size_t>(amount(index)); }

  template <typename Pointer>
  Pointer masked(size_t index, Pointer pointer) const {
    return (mask_ >> index & 1) != 0 ? nullptr : pointer;
  }
  napi_value value(size_t index) const { return masked(index, values_[index]); }

  /** Directly before the call. */
  void begin() const {
    if ((mask_ & kPending) != 0) must(napi_throw(env, text(env, "thrown before")));
  }

  /** By reference: nothing says whether arguments are evaluated before the call among them. */
  napi_value end(napi_status status, const napi_value& result) const {
    return end(status, [&] { return result; });
  }

  /** `make` is called when the call succeeded and no exception is pending any more. */
  template <typename Make>
  auto end(napi_status status, Make make) const -> decltype(make()) {
    const napi_extended_error_info* info;
    must(napi_get_last_error_info(env, &info));
    const char* const message = info->error_message;
    const napi_status last = info->error_code;
    bool pending;
    napi_value exception;
    must(napi_is_exception_pending(env, &pending));
    must(napi_get_and_clear_last_exception(env, &exception));
    const bool same = last == status;
    return list(env, {number(env, status), same ? text(env, message) : text(env, "another"), boolean(env, pending),
                      exception, status == napi_ok ? make() : nullptr});
  }

  napi_env const env;

 private:
  uint32_t mask_;
  napi_value values_[kArguments];
};

// ── values

napi_value get_undefined(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_get_undefined(probe.env, probe.masked(0, &result)), result);
}

napi_value get_null(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_get_null(probe.env, probe.masked(0, &result)), result);
}

napi_value get_boolean(Probe& probe) {
  napi_value result = nullptr;
  const bool value = probe.amount(0) != 0;
  probe.begin();
  return probe.end(napi_get_boolean(probe.env, value, probe.masked(1, &result)), result);
}

napi_value get_global(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_get_global(probe.env, probe.masked(0, &result)), result);
}

napi_value create_double(Probe& probe) {
  napi_value result = nullptr;
  const double value = probe.amount(0);
  probe.begin();
  return probe.end(napi_create_double(probe.env, value, probe.masked(1, &result)), result);
}

napi_value type_of(Probe& probe) {
  napi_valuetype type = napi_undefined;
  probe.begin();
  const napi_status status = napi_typeof(probe.env, probe.value(0), probe.masked(1, &type));
  return probe.end(status, [&] { return number(probe.env, type); });
}

napi_value get_value_bool(Probe& probe) {
  bool result = false;
  probe.begin();
  const napi_status status = napi_get_value_bool(probe.env, probe.value(0), probe.masked(1, &result));
  return probe.end(status, [&] { return boolean(probe.env, result); });
}

napi_value get_value_double(Probe& probe) {
  double result = 0;
  probe.begin();
  const napi_status status = napi_get_value_double(probe.env, probe.value(0), probe.masked(1, &result));
  return probe.end(status, [&] { return number(probe.env, result); });
}

napi_value get_value_bigint_int64(Probe& probe) {
  int64_t result = 0;
  bool lossless = false;
  probe.begin();
  const napi_status status =
      napi_get_value_bigint_int64(probe.env, probe.value(0), probe.masked(1, &result), probe.masked(2, &lossless));
  return probe.end(status, [&] {
    napi_value word;
    must(napi_create_bigint_int64(probe.env, result, &word));
    return list(probe.env, {word, boolean(probe.env, lossless)});
  });
}

napi_value get_value_bigint_uint64(Probe& probe) {
  uint64_t result = 0;
  bool lossless = false;
  probe.begin();
  const napi_status status =
      napi_get_value_bigint_uint64(probe.env, probe.value(0), probe.masked(1, &result), probe.masked(2, &lossless));
  return probe.end(status, [&] {
    napi_value word;
    must(napi_create_bigint_uint64(probe.env, result, &word));
    return list(probe.env, {word, boolean(probe.env, lossless)});
  });
}

/** From two halves of 32 bits, low first: not by way of another function for bigints. */
uint64_t word_of(const Probe& probe) {
  return static_cast<uint64_t>(probe.amount(0)) | static_cast<uint64_t>(probe.amount(1)) << 32;
}

napi_value create_bigint_int64(Probe& probe) {
  napi_value result = nullptr;
  const auto word = static_cast<int64_t>(word_of(probe));
  probe.begin();
  return probe.end(napi_create_bigint_int64(probe.env, word, probe.masked(2, &result)), result);
}

napi_value create_bigint_uint64(Probe& probe) {
  napi_value result = nullptr;
  const uint64_t word = word_of(probe);
  probe.begin();
  return probe.end(napi_create_bigint_uint64(probe.env, word, probe.masked(2, &result)), result);
}

// ── strings

napi_value create_string_utf8(Probe& probe) {
  napi_value result = nullptr;
  const std::string bytes = bytes_of(probe.env, probe.given(0));
  const size_t length = probe.size(1);
  probe.begin();
  const napi_status status =
      napi_create_string_utf8(probe.env, probe.masked(0, bytes.c_str()), length, probe.masked(2, &result));
  return probe.end(status, result);
}

napi_value create_string_utf16(Probe& probe) {
  napi_value result = nullptr;
  const std::string bytes = bytes_of(probe.env, probe.given(0));
  const size_t length = probe.size(1);
  std::u16string units(bytes.size() / 2, u'\0');
  memcpy(units.data(), bytes.data(), bytes.size());
  probe.begin();
  const napi_status status =
      napi_create_string_utf16(probe.env, probe.masked(0, units.c_str()), length, probe.masked(2, &result));
  return probe.end(status, result);
}

/** [length, units of the buffer] of a buffer that was full of 0xAA. */
template <typename Unit, typename Get>
napi_value get_string(Probe& probe, Get get) {
  const size_t size = probe.size(1);
  std::vector<Unit> buffer(size + 2, static_cast<Unit>(0xAAAA));
  size_t length = kUntouched;
  probe.begin();
  const napi_status status =
      get(probe.env, probe.value(0), probe.masked(1, buffer.data()), size, probe.masked(2, &length));
  return probe.end(status, [&] {
    return list(probe.env, {number(probe.env, static_cast<double>(length)),
                            numbers(probe.env, buffer.data(), buffer.size(), sizeof(Unit))});
  });
}

napi_value get_value_string_utf8(Probe& probe) { return get_string<char>(probe, napi_get_value_string_utf8); }
napi_value get_value_string_utf16(Probe& probe) { return get_string<char16_t>(probe, napi_get_value_string_utf16); }

// ── objects

std::string name_of(const Probe& probe, size_t index) { return bytes_of(probe.env, probe.given(index)); }

napi_value create_object(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_create_object(probe.env, probe.masked(0, &result)), result);
}

napi_value get_property(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_get_property(probe.env, probe.value(0), probe.value(1), probe.masked(2, &result)), result);
}

napi_value set_property(Probe& probe) {
  probe.begin();
  const napi_status status = napi_set_property(probe.env, probe.value(0), probe.value(1), probe.value(2));
  return probe.end(status, [&] { return undefined(probe.env); });
}

napi_value has_property(Probe& probe) {
  bool result = false;
  probe.begin();
  const napi_status status =
      napi_has_property(probe.env, probe.value(0), probe.value(1), probe.masked(2, &result));
  return probe.end(status, [&] { return boolean(probe.env, result); });
}

napi_value get_named_property(Probe& probe) {
  napi_value result = nullptr;
  const std::string name = name_of(probe, 1);
  probe.begin();
  const napi_status status =
      napi_get_named_property(probe.env, probe.value(0), probe.masked(1, name.c_str()), probe.masked(2, &result));
  return probe.end(status, result);
}

napi_value set_named_property(Probe& probe) {
  const std::string name = name_of(probe, 1);
  probe.begin();
  const napi_status status =
      napi_set_named_property(probe.env, probe.value(0), probe.masked(1, name.c_str()), probe.value(2));
  return probe.end(status, [&] { return undefined(probe.env); });
}

napi_value get_element(Probe& probe) {
  napi_value result = nullptr;
  const auto index = static_cast<uint32_t>(probe.amount(1));
  probe.begin();
  return probe.end(napi_get_element(probe.env, probe.value(0), index, probe.masked(2, &result)), result);
}

napi_value set_element(Probe& probe) {
  const auto index = static_cast<uint32_t>(probe.amount(1));
  probe.begin();
  const napi_status status = napi_set_element(probe.env, probe.value(0), index, probe.value(2));
  return probe.end(status, [&] { return undefined(probe.env); });
}

napi_value create_array(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_create_array(probe.env, probe.masked(0, &result)), result);
}

napi_value create_array_with_length(Probe& probe) {
  napi_value result = nullptr;
  const size_t length = probe.size(0);
  probe.begin();
  return probe.end(napi_create_array_with_length(probe.env, length, probe.masked(1, &result)), result);
}

napi_value is_array(Probe& probe) {
  bool result = false;
  probe.begin();
  const napi_status status = napi_is_array(probe.env, probe.value(0), probe.masked(1, &result));
  return probe.end(status, [&] { return boolean(probe.env, result); });
}

napi_value get_array_length(Probe& probe) {
  uint32_t result = 0;
  probe.begin();
  const napi_status status = napi_get_array_length(probe.env, probe.value(0), probe.masked(1, &result));
  return probe.end(status, [&] { return number(probe.env, result); });
}

// ── functions

/** [arguments, receiver, data] of its own call. */
napi_value echo(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value values[4];
  napi_value receiver;
  void* data;
  must(napi_get_cb_info(env, info, &count, values, &receiver, &data));
  return list(env, {number(env, static_cast<double>(count)), list(env, {values, values + 4}), receiver,
                    number(env, static_cast<double>(reinterpret_cast<uintptr_t>(data)))});
}

/** Throws its first argument and returns the second all the same. */
napi_value thrower(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  must(napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
  must(napi_throw(env, values[0]));
  return values[1];
}

/** Calls its first argument and leaves what that throws. */
napi_value caller(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  napi_value result = nullptr;
  must(napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
  napi_call_function(env, undefined(env), values[0], 1, &values[1], &result);
  return result;
}

/** The same, and catches it: ["caught", it]. */
napi_value catcher(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  napi_value result = nullptr;
  must(napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
  if (napi_call_function(env, undefined(env), values[0], 1, &values[1], &result) == napi_ok) return result;
  napi_value exception;
  must(napi_get_and_clear_last_exception(env, &exception));
  return list(env, {text(env, "caught"), exception});
}

/** Reads a property of its argument, which leaves an exception for undefined, and returns null. */
napi_value reader(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  napi_value result;
  must(napi_get_cb_info(env, info, &count, &value, nullptr, nullptr));
  napi_get_named_property(env, value, "property", &result);
  return nullptr;
}

constexpr napi_callback kCallbacks[] = {echo, thrower, caller, catcher, reader};

napi_value create_function(Probe& probe) {
  napi_value result = nullptr;
  const std::string name = name_of(probe, 0);
  const size_t length = probe.size(1);
  const napi_callback callback = kCallbacks[probe.size(2)];
  auto* data = reinterpret_cast<void*>(probe.size(3));
  probe.begin();
  const napi_status status = napi_create_function(probe.env, probe.masked(0, name.c_str()), length,
                                                  probe.masked(2, callback), data, probe.masked(4, &result));
  return probe.end(status, result);
}

std::vector<napi_value> items_of(napi_env env, napi_value array) {
  uint32_t length;
  must(napi_get_array_length(env, array, &length));
  std::vector<napi_value> items(length);
  for (uint32_t i = 0; i < length; i++) must(napi_get_element(env, array, i, &items[i]));
  return items;
}

napi_value call_function(Probe& probe) {
  napi_value result = nullptr;
  const std::vector<napi_value> arguments = items_of(probe.env, probe.given(2));
  probe.begin();
  const napi_status status = napi_call_function(probe.env, probe.value(0), probe.value(1), arguments.size(),
                                                probe.masked(2, arguments.data()), probe.masked(3, &result));
  return probe.end(status, [&] { return result == nullptr ? text(probe.env, "no result") : result; });
}

/** Of the call itself: statuses with each thing left out, then the counts. */
napi_value get_cb_info(napi_env env, napi_callback_info info) {
  size_t none = 0;
  size_t many = 3;
  napi_value values[3];
  const napi_status statuses[] = {
      napi_get_cb_info(env, nullptr, &none, nullptr, nullptr, nullptr),
      napi_get_cb_info(nullptr, info, &none, nullptr, nullptr, nullptr),
      napi_get_cb_info(env, info, nullptr, values, nullptr, nullptr),
      napi_get_cb_info(env, info, nullptr, nullptr, nullptr, nullptr),
      napi_get_cb_info(env, info, &none, nullptr, nullptr, nullptr),
      napi_get_cb_info(env, info, &many, values, nullptr, nullptr),
  };
  std::vector<napi_value> items;
  for (const napi_status status : statuses) items.push_back(number(env, status));
  items.push_back(number(env, static_cast<double>(none)));
  items.push_back(number(env, static_cast<double>(many)));
  items.insert(items.end(), values, values + 3);
  return list(env, items);
}

/** name or key, kind, attributes, value */
napi_value define_properties(Probe& probe) {
  enum Kind { kValue, kMethod, kGetter, kSetter, kBoth, kNothing };
  const Kind kind = static_cast<Kind>(probe.size(2));
  napi_valuetype type;
  must(napi_typeof(probe.env, probe.given(1), &type));
  const bool bytes = type == napi_object;
  const std::string name = bytes ? name_of(probe, 1) : "";
  napi_property_descriptor property = {};
  property.utf8name = bytes ? name.c_str() : nullptr;
  property.name = bytes ? nullptr : probe.given(1);
  property.attributes = static_cast<napi_property_attributes>(probe.size(3));
  if (kind == kValue) property.value = probe.given(4);
  if (kind == kMethod) property.method = echo;
  if (kind == kGetter || kind == kBoth) property.getter = echo;
  if (kind == kSetter || kind == kBoth) property.setter = thrower;
  const size_t count = kind == kNothing ? 0 : 1;
  probe.begin();
  const napi_status status = napi_define_properties(probe.env, probe.value(0), count, probe.masked(1, &property));
  return probe.end(status, [&] { return undefined(probe.env); });
}

// ── errors

napi_value create_error(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_create_error(probe.env, probe.value(0), probe.value(1), probe.masked(2, &result)), result);
}

napi_value create_type_error(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_create_type_error(probe.env, probe.value(0), probe.value(1), probe.masked(2, &result)), result);
}

napi_value throw_value(Probe& probe) {
  probe.begin();
  return probe.end(napi_throw(probe.env, probe.value(0)), [&] { return undefined(probe.env); });
}

napi_value is_exception_pending(Probe& probe) {
  bool result = false;
  probe.begin();
  const napi_status status = napi_is_exception_pending(probe.env, probe.masked(0, &result));
  return probe.end(status, [&] { return boolean(probe.env, result); });
}

napi_value get_and_clear_last_exception(Probe& probe) {
  napi_value result = nullptr;
  probe.begin();
  return probe.end(napi_get_and_clear_last_exception(probe.env, probe.masked(0, &result)), result);
}

/** What the last error is after a failure, after asking, and after a success. */
napi_value get_last_error_info(Probe& probe) {
  napi_env env = probe.env;
  const napi_extended_error_info* info;
  std::vector<napi_value> items;
  const auto ask = [&] {
    const napi_status status = napi_get_last_error_info(env, &info);
    const napi_status code = info->error_code;
    const char* const message = info->error_message;
    items.push_back(list(env, {number(env, status), number(env, code), text(env, message),
                               number(env, info->engine_error_code), boolean(env, info->engine_reserved == nullptr)}));
  };
  napi_get_value_bool(env, probe.given(0), nullptr);
  ask();
  bool value;
  napi_get_value_bool(env, probe.given(0), &value);
  ask();
  const napi_status refused = napi_get_last_error_info(env, nullptr);
  ask();
  const napi_status environment = napi_get_last_error_info(nullptr, &info);
  items.push_back(list(env, {number(env, refused), number(env, environment)}));
  return list(env, items);
}

// ── scopes and references

napi_value scopes(Probe& probe) {
  napi_env env = probe.env;
  napi_handle_scope scope;
  napi_escapable_handle_scope escapable;
  napi_value value = probe.given(0);
  napi_value escaped = nullptr;
  napi_value again = nullptr;
  std::vector<napi_status> statuses;
  statuses.push_back(napi_open_handle_scope(env, nullptr));
  statuses.push_back(napi_close_handle_scope(env, nullptr));
  statuses.push_back(napi_open_escapable_handle_scope(env, nullptr));
  statuses.push_back(napi_close_escapable_handle_scope(env, nullptr));
  // None is open: the pointer is not looked at.
  statuses.push_back(napi_close_handle_scope(env, reinterpret_cast<napi_handle_scope>(probe.env)));
  statuses.push_back(napi_close_escapable_handle_scope(env, reinterpret_cast<napi_escapable_handle_scope>(probe.env)));
  statuses.push_back(napi_open_escapable_handle_scope(env, &escapable));
  napi_value inner = list(env, {value, number(env, 1)});
  statuses.push_back(napi_open_handle_scope(env, &scope));
  list(env, {value});
  statuses.push_back(napi_close_handle_scope(env, scope));
  statuses.push_back(napi_escape_handle(env, nullptr, inner, &escaped));
  statuses.push_back(napi_escape_handle(env, escapable, nullptr, &escaped));
  statuses.push_back(napi_escape_handle(env, escapable, inner, nullptr));
  statuses.push_back(napi_escape_handle(env, escapable, inner, &escaped));
  statuses.push_back(napi_escape_handle(env, escapable, value, &again));
  statuses.push_back(napi_close_escapable_handle_scope(env, escapable));
  statuses.push_back(napi_open_escapable_handle_scope(env, &escapable));
  statuses.push_back(napi_close_escapable_handle_scope(env, escapable));
  std::vector<napi_value> items = {escaped};
  for (const napi_status status : statuses) items.push_back(number(env, status));
  return list(env, items);
}

/** Makes `count` values within one scope, reads one of the first and gives the last out of it. */
napi_value many_handles(Probe& probe) {
  const size_t count = probe.size(0);
  napi_escapable_handle_scope scope;
  must(napi_open_escapable_handle_scope(probe.env, &scope));
  napi_value first = text(probe.env, "first");
  napi_value last = nullptr;
  for (size_t i = 0; i < count; i++) last = text(probe.env, std::to_string(i).c_str());
  napi_value escaped;
  must(napi_escape_handle(probe.env, scope, list(probe.env, {first, last}), &escaped));
  must(napi_close_escapable_handle_scope(probe.env, scope));
  return escaped;
}

/** Many more values than one scope would hold, in scopes of their own. */
napi_value many_scopes(Probe& probe) {
  double sum = 0;
  for (size_t i = 0; i < probe.size(0); i++) {
    napi_handle_scope scope;
    must(napi_open_handle_scope(probe.env, &scope));
    sum += double_of(probe.env, number(probe.env, static_cast<double>(i)));
    must(napi_close_handle_scope(probe.env, scope));
  }
  return number(probe.env, sum);
}

napi_value create_reference(Probe& probe) {
  napi_ref reference = nullptr;
  napi_value result = nullptr;
  const auto count = static_cast<uint32_t>(probe.amount(1));
  probe.begin();
  const napi_status status =
      napi_create_reference(probe.env, probe.value(0), count, probe.masked(2, &reference));
  if (status != napi_ok) return probe.end(status, [&] { return undefined(probe.env); });
  const std::vector<napi_status> statuses = {
      napi_get_reference_value(probe.env, nullptr, &result),
      napi_get_reference_value(probe.env, reference, nullptr),
      napi_delete_reference(probe.env, nullptr),
      napi_get_reference_value(probe.env, reference, &result),
      napi_delete_reference(probe.env, reference),
  };
  napi_value ended = probe.end(status, result);
  std::vector<napi_value> items = {ended};
  for (const napi_status one : statuses) items.push_back(number(probe.env, one));
  return list(probe.env, items);
}

// ── binary data

napi_value create_arraybuffer(Probe& probe) {
  void* data = nullptr;
  napi_value result = nullptr;
  const size_t length = probe.size(0);
  probe.begin();
  const napi_status status =
      napi_create_arraybuffer(probe.env, length, probe.masked(1, &data), probe.masked(2, &result));
  if (status == napi_ok && data != nullptr) memset(data, 7, length / 2);
  return probe.end(status, result);
}

napi_value get_arraybuffer_info(Probe& probe) {
  void* data = nullptr;
  size_t length = kUntouched;
  probe.begin();
  const napi_status status =
      napi_get_arraybuffer_info(probe.env, probe.value(0), probe.masked(1, &data), probe.masked(2, &length));
  return probe.end(status, [&] { return number(probe.env, static_cast<double>(length)); });
}

napi_value is_typedarray(Probe& probe) {
  bool result = false;
  probe.begin();
  const napi_status status = napi_is_typedarray(probe.env, probe.value(0), probe.masked(1, &result));
  return probe.end(status, [&] { return boolean(probe.env, result); });
}

napi_value create_typedarray(Probe& probe) {
  napi_value result = nullptr;
  const auto type = static_cast<napi_typedarray_type>(probe.amount(0));
  const size_t length = probe.size(1);
  const size_t offset = probe.size(3);
  probe.begin();
  const napi_status status =
      napi_create_typedarray(probe.env, type, length, probe.value(2), offset, probe.masked(4, &result));
  return probe.end(status, result);
}

/** [type, length, byte offset, whether the data is where the buffer's is plus the offset, the first bytes] */
napi_value get_typedarray_info(Probe& probe) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = kUntouched;
  size_t offset = kUntouched;
  size_t size = 0;
  void* data = nullptr;
  void* bytes = nullptr;
  napi_value buffer = nullptr;
  const bool detached = probe.amount(1) != 0;
  probe.begin();
  const napi_status status = napi_get_typedarray_info(probe.env, probe.value(0), probe.masked(2, &type),
                                                      probe.masked(3, &length), probe.masked(4, &data),
                                                      detached ? nullptr : &buffer, probe.masked(5, &offset));
  return probe.end(status, [&] {
    if (!detached) must(napi_get_arraybuffer_info(probe.env, buffer, &bytes, &size));
    const bool none = length == 0 || data == nullptr;
    const bool within = none || static_cast<char*>(data) == static_cast<char*>(bytes) + offset;
    const bool readable = data != nullptr && length != kUntouched && length > 0;
    return list(probe.env, {number(probe.env, type), number(probe.env, static_cast<double>(length)),
                            number(probe.env, static_cast<double>(offset)), boolean(probe.env, within),
                            number(probe.env, static_cast<double>(size)),
                            numbers(probe.env, data, readable ? 1 : 0, 1)});
  });
}

// ── the environment itself

/** What each says of a null environment. */
napi_value null_environment(Probe& probe) {
  napi_value value = probe.given(0);
  napi_value result;
  bool boolean;
  double real;
  size_t length;
  const std::vector<napi_status> statuses = {
      napi_get_undefined(nullptr, &result),
      napi_get_property(nullptr, value, value, &result),
      napi_create_object(nullptr, &result),
      napi_get_value_double(nullptr, value, &real),
      napi_get_value_string_utf8(nullptr, value, nullptr, 0, &length),
      napi_is_exception_pending(nullptr, &boolean),
      napi_throw(nullptr, value),
      napi_create_string_utf8(nullptr, "", 0, &result),
      napi_call_function(nullptr, value, value, 0, nullptr, &result),
      napi_define_properties(nullptr, value, 0, nullptr),
  };
  std::vector<napi_value> items;
  for (const napi_status status : statuses) items.push_back(number(probe.env, status));
  return list(probe.env, items);
}

/** For the executable, which has no other: (fd, text). */
napi_value write_text(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value values[2];
  must(napi_get_cb_info(env, info, &count, values, nullptr, nullptr));
  size_t length;
  must(napi_get_value_string_utf8(env, values[1], nullptr, 0, &length));
  std::string text(length, '\0');
  must(napi_get_value_string_utf8(env, values[1], text.data(), length + 1, &length));
  const auto fd = static_cast<int>(double_of(env, values[0]));
  for (size_t at = 0; at < length;) {
    const ssize_t written = write(fd, text.data() + at, length - at);
    if (written < 0) napi_fatal_error("probe", NAPI_AUTO_LENGTH, "nothing can be written", NAPI_AUTO_LENGTH);
    at += static_cast<size_t>(written);
  }
  return nullptr;
}

using Function = napi_value (*)(Probe&);

template <Function function>
napi_value run(napi_env env, napi_callback_info info) {
  Probe probe(env, info);
  return function(probe);
}

struct Export {
  const char* name;
  napi_callback callback;
};

#define EXPORT(name) {#name, run<name>}

constexpr Export kExports[] = {
    EXPORT(get_undefined),
    EXPORT(get_null),
    EXPORT(get_boolean),
    EXPORT(get_global),
    EXPORT(create_double),
    EXPORT(type_of),
    EXPORT(get_value_bool),
    EXPORT(get_value_double),
    EXPORT(get_value_bigint_int64),
    EXPORT(get_value_bigint_uint64),
    EXPORT(create_bigint_int64),
    EXPORT(create_bigint_uint64),
    EXPORT(create_string_utf8),
    EXPORT(create_string_utf16),
    EXPORT(get_value_string_utf8),
    EXPORT(get_value_string_utf16),
    EXPORT(create_object),
    EXPORT(get_property),
    EXPORT(set_property),
    EXPORT(has_property),
    EXPORT(get_named_property),
    EXPORT(set_named_property),
    EXPORT(get_element),
    EXPORT(set_element),
    EXPORT(create_array),
    EXPORT(create_array_with_length),
    EXPORT(is_array),
    EXPORT(get_array_length),
    EXPORT(create_function),
    EXPORT(call_function),
    EXPORT(define_properties),
    EXPORT(create_error),
    EXPORT(create_type_error),
    EXPORT(throw_value),
    EXPORT(is_exception_pending),
    EXPORT(get_and_clear_last_exception),
    EXPORT(get_last_error_info),
    EXPORT(scopes),
    EXPORT(many_handles),
    EXPORT(many_scopes),
    EXPORT(create_reference),
    EXPORT(create_arraybuffer),
    EXPORT(get_arraybuffer_info),
    EXPORT(is_typedarray),
    EXPORT(create_typedarray),
    EXPORT(get_typedarray_info),
    EXPORT(null_environment),
    {"get_cb_info", get_cb_info},
    {"write", write_text},
};

}  // namespace

NAPI_MODULE_INIT() {
  for (const Export& one : kExports) {
    napi_value function;
    must(napi_create_function(env, one.name, NAPI_AUTO_LENGTH, one.callback, nullptr, &function));
    must(napi_set_named_property(env, exports, one.name, function));
  }
  return exports;
}
