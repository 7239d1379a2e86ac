#ifndef NOCI_BINDING_FUNCTIONS_H
#define NOCI_BINDING_FUNCTIONS_H

#include "call.h"

/** One namespace of its own, since most names are those of the syscalls they make. */
namespace noci::binding::functions {

#define FUNCTION(name) Napi::Value name(Call& call);
#include "functions.def"
#undef FUNCTION

}  // namespace noci::binding::functions

#endif
