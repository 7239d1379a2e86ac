#include "parent/bpf.h"

#include "functions.h"
#include "hexadecimal.h"

namespace noci::binding::functions {

Napi::Value attachDeviceProgram(Call& call) {
  const int cgroup = call.fd(0, "cgroup");
  bpf_attach_device_program(cgroup, call.data(1, "program"));
  return call.undefined();
}

Napi::Value devicePrograms(Call& call) {
  const DevicePrograms programs = bpf_device_programs(call.fd(0, "cgroup"));
  Napi::Array tags = Napi::Array::New(call.env());
  for (const ProgramTag& tag : programs.tags) tags.Set(tags.Length(), call.result(hexadecimal(tag)));
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("flags", call.result(int64_t{programs.flags}));
  result.Set("tags", tags);
  return result;
}

Napi::Value deviceProgramTag(Call& call) { return call.result(hexadecimal(bpf_device_program_tag(call.data(0, "program")))); }

}  // namespace noci::binding::functions
