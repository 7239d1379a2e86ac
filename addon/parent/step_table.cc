#include "step_table.h"

namespace noci {

const StepShape kStepTable[] = {
#define STEP(name, fields) {#name, fields},
#include "init/steps/table.def"
#undef STEP
};

const size_t kStepCount = sizeof kStepTable / sizeof kStepTable[0];

}  // namespace noci
