#include "functions.h"
#include "object.h"
#include "strings.h"

using namespace noci::standalone;

namespace {

/** An atom of its own, for as long as a property is looked for. */
class Name {
 public:
  Name(napi_env env, JSAtom atom) : env_(env), atom_(atom) {}
  ~Name() { JS_FreeAtom(env_->context, atom_); }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  explicit operator bool() const { return atom_ != JS_ATOM_NULL; }
  operator JSAtom() const { return atom_; }

 private:
  napi_env env_;
  JSAtom atom_;
};

constexpr int kDefinesAll = JS_PROP_HAS_CONFIGURABLE | JS_PROP_HAS_ENUMERABLE;

int flags_of(const napi_property_descriptor& property) {
  int flags = kDefinesAll;
  if ((property.attributes & napi_enumerable) != 0) flags |= JS_PROP_ENUMERABLE;
  if ((property.attributes & napi_configurable) != 0) flags |= JS_PROP_CONFIGURABLE;
  return flags;
}

/** Takes the three values over. `refusal` is also the status when an exception is pending. */
napi_status define(napi_env env, JSValueConst object, JSAtom name, JSValue value, JSValue getter, JSValue setter,
                   int flags, napi_status refusal) {
  JSContext* const context = env->context;
  int answer = -1;
  if (!JS_IsException(value) && !JS_IsException(getter) && !JS_IsException(setter)) {
    answer = JS_DefineProperty(context, object, name, value, getter, setter, flags);
  }
  JS_FreeValue(context, value);
  JS_FreeValue(context, getter);
  JS_FreeValue(context, setter);
  if (answer < 0) return caught(env, refusal);
  return answer == 0 ? fail(env, refusal) : succeed(env);
}

napi_status define(napi_env env, JSValueConst object, JSAtom name, const napi_property_descriptor& property) {
  const auto function = [&](napi_callback callback) {
    return callback == nullptr ? JS_UNDEFINED : new_function(env, "", callback, property.data);
  };
  int flags = flags_of(property);
  if (property.getter != nullptr) flags |= JS_PROP_HAS_GET;
  if (property.setter != nullptr) flags |= JS_PROP_HAS_SET;
  if (property.getter != nullptr || property.setter != nullptr) {
    return define(env, object, name, JS_UNDEFINED, function(property.getter), function(property.setter), flags,
                  napi_invalid_arg);
  }
  const bool method = property.method != nullptr;
  flags |= JS_PROP_HAS_WRITABLE | JS_PROP_HAS_VALUE;
  if ((property.attributes & napi_writable) != 0) flags |= JS_PROP_WRITABLE;
  return define(env, object, name, method ? function(property.method) : env->handles.dup(property.value),
                JS_UNDEFINED, JS_UNDEFINED, flags, method ? napi_generic_failure : napi_invalid_arg);
}

napi_status define(napi_env env, JSValueConst object, const napi_property_descriptor& property) {
  if (property.utf8name == nullptr) {
    if (property.name == nullptr) return fail(env, napi_name_expected);
    const JSValueConst key = env->handles[property.name];
    if (!JS_IsString(key) && !JS_IsSymbol(key)) return fail(env, napi_name_expected);
  }
  const Name name(env, property.utf8name != nullptr ? name_from_utf8(env->context, property.utf8name)
                                                    : JS_ValueToAtom(env->context, env->handles[property.name]));
  return name ? define(env, object, name, property) : caught(env, napi_generic_failure);
}

}  // namespace

napi_status napi_create_object(napi_env env, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, JS_NewObject(env->context));
}

napi_status napi_get_global(napi_env env, napi_value* result) {
  if (const napi_status refused = check(env, result)) return refused;
  return give(env, result, Handles::kGlobal);
}

napi_status napi_get_property(napi_env env, napi_value value, napi_value key, napi_value* result) {
  if (const napi_status refused = enter(env, key, result, value)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  return give_property(env, result, JS_GetPropertyValue(env->context, object, env->handles.dup(key)));
}

napi_status napi_set_property(napi_env env, napi_value value, napi_value key, napi_value property) {
  if (const napi_status refused = enter(env, key, property, value)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  return object.set(env->handles.dup(key), env->handles.dup(property));
}

napi_status napi_has_property(napi_env env, napi_value value, napi_value key, bool* result) {
  if (const napi_status refused = enter(env, result, key, value)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  const Name name(env, JS_ValueToAtom(env->context, env->handles[key]));
  if (!name) return caught(env, napi_generic_failure);
  const int answer = JS_HasProperty(env->context, object, name);
  *result = answer > 0;
  return conclude(env, answer);
}

napi_status napi_get_named_property(napi_env env, napi_value value, const char* utf8name, napi_value* result) {
  if (const napi_status refused = enter(env, result, utf8name, value)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  const Name name(env, name_from_utf8(env->context, utf8name));
  if (!name) return caught(env, napi_generic_failure);
  return give_property(env, result, JS_GetProperty(env->context, object, name));
}

napi_status napi_set_named_property(napi_env env, napi_value value, const char* utf8name, napi_value property) {
  if (const napi_status refused = enter(env, property, value)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  if (utf8name == nullptr) return fail(env, napi_invalid_arg);
  const Name name(env, name_from_utf8(env->context, utf8name));
  if (!name) return caught(env, napi_generic_failure);
  return object.set(JS_AtomToValue(env->context, name), env->handles.dup(property));
}

napi_status napi_define_properties(napi_env env, napi_value value, size_t count,
                                   const napi_property_descriptor* properties) {
  if (const napi_status refused = enter(env)) return refused;
  if (count > 0 && properties == nullptr) return fail(env, napi_invalid_arg);
  if (const napi_status refused = check(env, value)) return refused;
  const Object object(env, value);
  if (!object) return object.refused();
  for (size_t i = 0; i < count; i++) {
    if (const napi_status refused = define(env, object, properties[i])) return refused;
  }
  return succeed(env);
}
