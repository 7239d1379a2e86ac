#ifndef NOCI_PARENT_BPF_H
#define NOCI_PARENT_BPF_H

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace noci {

/**
 * Loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it to a v2 cgroup in place of all that are attached to it. There is no
 * moment at which the cgroup has none, and nothing has changed when loading or attaching fails. bpf(2)
 */
void bpf_attach_device_program(int cgroup, std::string_view instructions);

/**
 * The kernel's own digest of the instructions of a program. Of what it is made is the kernel's affair: it was SHA-1, and is SHA-256 since
 * Linux 6.18. BPF_TAG_SIZE of linux/bpf.h
 */
using ProgramTag = std::array<uint8_t, 8>;

/** What is attached to a v2 cgroup for devices. */
struct DevicePrograms {
  /** BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI */
  uint32_t flags;
  /** in the order in which they run */
  std::vector<ProgramTag> tags;
};

/** BPF_PROG_QUERY, which wants CAP_NET_ADMIN, and the programs by their ids, which wants CAP_SYS_ADMIN. bpf(2) */
DevicePrograms bpf_device_programs(int cgroup);

/** That of a program as yet unknown to the kernel: it is loaded for that, and let go. */
ProgramTag bpf_device_program_tag(std::string_view instructions);

}  // namespace noci

#endif
