#include "plan.h"

namespace {

constexpr unsigned kMaximumFields = 15;

/** The types of a step's fields, one letter each, made from its line of the table when init is compiled. */
struct Types {
  char letters[kMaximumFields + 1] = {};
};

/** i int, t text, d data, f fd; the lists of them are capital letters. */
consteval char letter(const char* type) {
  const char first = type[0];
  const char small = first == 'i' ? 'i' : first == 't' ? 't' : first == 'd' ? 'd' : first == 'f' ? 'f' : '?';
  unsigned length = 0;
  while (type[length] != '\0' && type[length] != ' ') length++;
  const bool list = type[length - 1] == 's';
  return list ? static_cast<char>(small - 'a' + 'A') : small;
}

consteval Types types(const char* fields) {
  Types result;
  unsigned count = 0;
  for (const char* at = fields; *at != '\0'; at++) {
    if (*at == ':') result.letters[count++] = letter(at + 1);
  }
  return result;
}

#define STEP(name, fields) constexpr Types kTypes_##name = types(fields);
#include "../steps/table.def"
#undef STEP

}  // namespace

const StepEntry kSteps[] = {
#define STEP(name, fields) {step_##name, kTypes_##name.letters},
#include "../steps/table.def"
#undef STEP
};

const uint32_t kStepCount = sizeof kSteps / sizeof kSteps[0];
