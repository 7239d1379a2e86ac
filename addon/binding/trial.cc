#include "parent/trial.h"

#include "functions.h"
#include "parent/errno_words.h"

namespace noci::binding::functions {

Napi::Value tryFeature(Call& call) {
  const std::string name = call.text(0, "feature");
  const int error = try_feature(name, call.text(1, "subject"));
  if (error == 0) return call.result(std::string());
  const std::string known = errno_name(error);
  return call.result(known.empty() ? std::to_string(error) : known);
}

}  // namespace noci::binding::functions
