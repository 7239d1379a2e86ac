#ifndef NOCI_BINDING_JSON_VALUES_H
#define NOCI_BINDING_JSON_VALUES_H

#include <napi.h>

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace noci::binding {

/**
 * Takes the events of a JSON parser (RapidJSON's handler concept) and makes JavaScript values of them. An event that
 * the rules of parseJson forbid returns false and leaves `problem()`.
 *
 * Strings are pointers into the text, which outlives the parse: keys are compared where they are.
 */
class JsonValues {
 public:
  /** `begin` is where the text begins, which is decoded in place. */
  JsonValues(Napi::Env env, const char* begin);
  ~JsonValues();
  JsonValues(const JsonValues&) = delete;
  JsonValues& operator=(const JsonValues&) = delete;

  napi_value root() const { return root_; }
  const std::string& problem() const { return problem_; }
  /** where the token of the problem begins, npos when the parser knows better */
  size_t problem_offset() const { return problem_offset_; }

  bool Null();
  bool Bool(bool value);
  bool RawNumber(const char* text, unsigned length, bool);
  bool String(const char* text, unsigned length, bool);
  bool Key(const char* text, unsigned length, bool);
  bool StartObject();
  bool EndObject(unsigned);
  bool StartArray();
  bool EndArray(unsigned);

  // Never sent: numbers arrive as they are written.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  struct Level {
    napi_value container;
    napi_handle_scope scope;
    bool array;
    /** elements so far of an array */
    uint32_t count;
    /** where this object's keys begin in keys_ */
    size_t keys;
  };

  bool refuse(std::string problem, const char* at = nullptr);
  bool check_text(std::string_view text);
  bool is_duplicate(std::string_view key, size_t first);
  bool add(napi_value value);
  bool open(napi_value container, bool array);
  bool close();
  napi_value null_prototype_object();
  void must(napi_status status) const;

  Napi::Env env_;
  const char* begin_;
  napi_value object_constructor_ = nullptr;
  napi_value object_create_ = nullptr;
  napi_value null_ = nullptr;
  napi_value root_ = nullptr;
  napi_value key_ = nullptr;
  std::vector<Level> levels_;
  std::vector<std::string_view> keys_;
  /** the keys of the object that grew large, which is the one that keys_ ends with */
  std::unordered_set<std::string_view> many_keys_;
  size_t many_keys_first_ = SIZE_MAX;
  size_t nodes_ = 0;
  std::string problem_;
  size_t problem_offset_ = std::string::npos;
};

}  // namespace noci::binding

#endif
