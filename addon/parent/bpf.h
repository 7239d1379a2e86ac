#ifndef NOCI_PARENT_BPF_H
#define NOCI_PARENT_BPF_H

#include <string_view>

namespace noci {

/**
 * Loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it to a v2 cgroup in place of all that are attached to it. There is no
 * moment at which the cgroup has none, and nothing has changed when loading or attaching fails. bpf(2)
 */
void bpf_attach_device_program(int cgroup, std::string_view instructions);

}  // namespace noci

#endif
