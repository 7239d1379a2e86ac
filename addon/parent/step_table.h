#ifndef NOCI_PARENT_STEP_TABLE_H
#define NOCI_PARENT_STEP_TABLE_H

#include <cstddef>

namespace noci {

/** One line of init/steps/table.def: "field:type field:type …". */
struct StepShape {
  const char* name;
  const char* fields;
};

extern const StepShape kStepTable[];
extern const size_t kStepCount;

}  // namespace noci

#endif
