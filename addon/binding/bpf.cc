#include "parent/bpf.h"

#include "functions.h"

namespace noci::binding::functions {

Napi::Value attachDeviceProgram(Call& call) {
  const int cgroup = call.fd(0, "cgroup");
  bpf_attach_device_program(cgroup, call.data(1, "program"));
  return call.undefined();
}

}  // namespace noci::binding::functions
