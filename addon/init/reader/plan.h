#ifndef NOCI_INIT_READER_PLAN_H
#define NOCI_INIT_READER_PLAN_H

#include <stdint.h>

#include "../../kernel/result.h"
#include "../context.h"
#include "../step.h"

/** One line of steps/table.def as init sees it. `types` has a letter for each field: see reader/table.cc. */
struct StepEntry {
  StepFunction run;
  const char* types;
};

extern const StepEntry kSteps[];
extern const uint32_t kStepCount;

/** A plan that was received whole and found sound. */
struct Plan {
  const uint8_t* steps = nullptr;
  uint32_t count = 0;
  PassedFds passed;
};

/**
 * Makes the namespaces that the runtime left to init, then receives the plan and its fds. Fills the context's `plan`, `planSize`
 * and `preserved`.
 */
Result plan_receive(Context& context, Plan& plan);

/**
 * Checks every step, field, bound and fd before anything runs: what cannot be read whole is refused whole (CVE-2021-43784,
 * and runc #3511 for fds that are used twice or not at all). Also finds what of the plan is needed after `ready`.
 */
Result plan_check(Context& context, const Plan& plan);

#endif
