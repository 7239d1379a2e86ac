#include "bpf.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernel/fd.h"
#include "retry.h"
#include "system_error.h"

namespace noci {
namespace {

// linux/bpf.h; not taken from there because the kernel's headers are not on the path of every C library
constexpr int kProgLoad = 5;
constexpr int kProgAttach = 8;
constexpr int kProgDetach = 9;
constexpr int kProgGetFdById = 13;
constexpr int kObjGetInfoByFd = 15;
constexpr int kProgQuery = 16;
constexpr uint32_t kProgTypeCgroupDevice = 15;
constexpr uint32_t kCgroupDevice = 6;
constexpr uint32_t kAllowMulti = 1u << 1;
/** Linux 5.6 */
constexpr uint32_t kReplace = 1u << 2;
/** BPF_CGROUP_MAX_PROGS of the kernel's kernel/bpf/cgroup.c */
constexpr uint32_t kMostPrograms = 64;

constexpr size_t kInstructionSize = 8;
/** The verifier gives up with EAGAIN when a signal is pending; as often as libbpf tries. */
constexpr int kLoadAttempts = 5;

// The parts of union bpf_attr that each command reads; the kernel takes what is behind them as zero.

struct ProgLoad {
  uint32_t prog_type;
  uint32_t insn_cnt;
  uint64_t insns;
  uint64_t license;
  uint32_t log_level;
  uint32_t log_size;
  uint64_t log_buf;
  uint32_t kern_version;
  uint32_t prog_flags;
  char prog_name[16];
};

struct ProgAttach {
  uint32_t target_fd;
  uint32_t attach_bpf_fd;
  uint32_t attach_type;
  uint32_t attach_flags;
  uint32_t replace_bpf_fd;
};

struct ProgQuery {
  uint32_t target_fd;
  uint32_t attach_type;
  uint32_t query_flags;
  uint32_t attach_flags;
  uint64_t prog_ids;
  uint32_t prog_cnt;
};

struct ProgGetFdById {
  uint32_t prog_id;
  uint32_t next_id;
  uint32_t open_flags;
};

struct ObjGetInfoByFd {
  uint32_t bpf_fd;
  uint32_t info_len;
  uint64_t info;
};

/** The beginning of struct bpf_prog_info; the kernel fills as much as it is asked for. */
struct ProgInfo {
  uint32_t type;
  uint32_t id;
  ProgramTag tag;
};

/** The attribute is zeroed by the caller, padding included: the kernel refuses other bits where it knows of none. */
template <typename Attribute>
long bpf(int command, Attribute& attribute) {
  return retry([&] { return syscall(SYS_bpf, command, &attribute, sizeof attribute); });
}

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

/**
 * Lifts the limit of locked memory, to which kernels before 5.11 charge programs, for as long as it lives: the container inherits the
 * limits of this process.
 */
class UnlimitedMemlock {
 public:
  UnlimitedMemlock() {
    if (getrlimit(RLIMIT_MEMLOCK, &before_) != 0) return;
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    const rlimit most{before_.rlim_max, before_.rlim_max};
    // Without CAP_SYS_RESOURCE the hard limit is the most that can be had.
    changed_ = setrlimit(RLIMIT_MEMLOCK, &all) == 0 || setrlimit(RLIMIT_MEMLOCK, &most) == 0;
  }
  ~UnlimitedMemlock() {
    if (changed_) setrlimit(RLIMIT_MEMLOCK, &before_);
  }
  UnlimitedMemlock(const UnlimitedMemlock&) = delete;
  UnlimitedMemlock& operator=(const UnlimitedMemlock&) = delete;

 private:
  rlimit before_{};
  bool changed_ = false;
};

/** -1 and errno when the kernel refuses. */
int load(std::string_view instructions) {
  ProgLoad attribute;
  std::memset(&attribute, 0, sizeof attribute);
  attribute.prog_type = kProgTypeCgroupDevice;
  attribute.insn_cnt = static_cast<uint32_t>(instructions.size() / kInstructionSize);
  attribute.insns = address(instructions.data());
  attribute.license = address("Apache-2.0");
  std::memcpy(attribute.prog_name, "noci_devices", sizeof "noci_devices");
  long program = -1;
  for (int attempt = 0; attempt < kLoadAttempts; attempt++) {
    program = bpf(kProgLoad, attribute);
    if (program >= 0 || errno != EAGAIN) break;
  }
  return static_cast<int>(program);
}

Fd load_program(std::string_view instructions) {
  int program = load(instructions);
  if (program < 0 && errno == EPERM) {
    const UnlimitedMemlock unlimited;
    program = load(instructions);
  }
  if (program < 0) fail("bpf", "BPF_PROG_LOAD");
  return Fd(program);
}

struct Attached {
  uint32_t flags;
  std::vector<uint32_t> ids;
};

Attached query(int cgroup) {
  std::vector<uint32_t> ids(kMostPrograms);
  ProgQuery attribute;
  std::memset(&attribute, 0, sizeof attribute);
  attribute.target_fd = static_cast<uint32_t>(cgroup);
  attribute.attach_type = kCgroupDevice;
  attribute.prog_ids = address(ids.data());
  attribute.prog_cnt = kMostPrograms;
  if (bpf(kProgQuery, attribute) != 0) fail("bpf", "BPF_PROG_QUERY");
  ids.resize(attribute.prog_cnt);
  return {attribute.attach_flags, std::move(ids)};
}

/** One that is gone by now needs no detaching. */
std::vector<Fd> open_programs(const std::vector<uint32_t>& ids) {
  std::vector<Fd> programs;
  for (const uint32_t id : ids) {
    ProgGetFdById attribute{id, 0, 0};
    const long program = bpf(kProgGetFdById, attribute);
    if (program >= 0) programs.emplace_back(static_cast<int>(program));
    else if (errno != ENOENT) fail("bpf", "BPF_PROG_GET_FD_BY_ID");
  }
  return programs;
}

ProgramTag tag_of(const Fd& program) {
  ProgInfo info{};
  ObjGetInfoByFd attribute{static_cast<uint32_t>(program.get()), sizeof info, address(&info)};
  if (bpf(kObjGetInfoByFd, attribute) != 0) fail("bpf", "BPF_OBJ_GET_INFO_BY_FD");
  return info.tag;
}

void check(std::string_view instructions) {
  if (instructions.empty() || instructions.size() % kInstructionSize != 0) {
    refuse("bpf", "program must be whole instructions");
  }
}

ProgAttach attachment(int cgroup, const Fd& program) {
  return {static_cast<uint32_t>(cgroup), static_cast<uint32_t>(program.get()), kCgroupDevice, 0, 0};
}

/** False: the kernel does not know BPF_F_REPLACE, or the program is attached in a way that cannot be replaced. */
bool replace(int cgroup, const Fd& before, const Fd& program) {
  ProgAttach attribute = attachment(cgroup, program);
  attribute.attach_flags = kAllowMulti | kReplace;
  attribute.replace_bpf_fd = static_cast<uint32_t>(before.get());
  return bpf(kProgAttach, attribute) == 0;
}

void attach(int cgroup, const Fd& program) {
  ProgAttach attribute = attachment(cgroup, program);
  attribute.attach_flags = kAllowMulti;
  if (bpf(kProgAttach, attribute) != 0) fail("bpf", "BPF_PROG_ATTACH");
}

void detach(int cgroup, const Fd& program) {
  ProgAttach attribute = attachment(cgroup, program);
  if (bpf(kProgDetach, attribute) != 0 && errno != ENOENT) fail("bpf", "BPF_PROG_DETACH");
}

}  // namespace

void bpf_attach_device_program(int cgroup, std::string_view instructions) {
  check(instructions);
  const Fd program = load_program(instructions);
  const std::vector<Fd> before = open_programs(query(cgroup).ids);
  if (before.size() == 1 && replace(cgroup, before.front(), program)) return;
  attach(cgroup, program);
  for (const Fd& old : before) detach(cgroup, old);
}

DevicePrograms bpf_device_programs(int cgroup) {
  const Attached attached = query(cgroup);
  DevicePrograms programs{attached.flags, {}};
  for (const Fd& program : open_programs(attached.ids)) programs.tags.push_back(tag_of(program));
  return programs;
}

ProgramTag bpf_device_program_tag(std::string_view instructions) {
  check(instructions);
  return tag_of(load_program(instructions));
}

}  // namespace noci
