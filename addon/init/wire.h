#ifndef NOCI_INIT_WIRE_H
#define NOCI_INIT_WIRE_H

#include <stdint.h>

/**
 * The form of every message on the handshake socket (SOCK_STREAM, AF_UNIX), in the machine's byte order.
 *
 *   frame   = header, then the fds, then `length` bytes of body
 *   header  = u32 magic, u16 version, u16 kind, u32 length, u32 fdCount
 *   fds     = ceil(fdCount / 253) carriers: one byte 'F' each, with up to 253 fds by SCM_RIGHTS (SCM_MAX_FD); every
 *             carrier but the last is full, and each is the first byte of a sendmsg(2)
 *
 *   plan    = u32 preserved (at most 4096), u32 stepCount, then the steps
 *   step    = u16 line of steps/table.def counted from 0, then the fields in the order of the table, packed:
 *             int    8 bytes, two's complement (an unsigned value as its bits)
 *             text   u32 length, the bytes, one NUL that `length` does not count; no NUL inside
 *             data   u32 length, the bytes
 *             fd     u32 index into the fds of the frame; a plan uses each index exactly once
 *             ints   u32 count, then ints          texts  u32 count, then texts          fds  u32 count, then fds
 *
 *   unshare = int namespaces: CLONE_NEW*                     once, before the plan
 *   reply   = int: 1 go on, 0 stop               ready   = nothing
 *   request = text what                          warning = int step, text text
 *   failure = int step, int errno, text syscall, text path, text text
 *   done    = int step, int start, int nanoseconds   only after the step `trace`
 *   terminal = nothing, and one fd: the master   network = nothing, and one fd: a socket of netlink
 *
 * Whatever does not fit exactly is refused: a plan is made from a configuration, and a length that is cut or a count
 * that wraps lets one field be read as another (CVE-2021-43784).
 */
struct FrameHeader {
  uint32_t magic;
  uint16_t version;
  uint16_t kind;
  uint32_t length;
  uint32_t fdCount;
};
static_assert(sizeof(FrameHeader) == 16);

enum FrameKind : uint16_t {
  kFramePlan = 1,
  kFrameReply = 2,
  kFrameReady = 3,
  kFrameRequest = 4,
  kFrameWarning = 5,
  kFrameFailure = 6,
  kFrameDone = 7,
  kFrameUnshare = 8,
  kFrameTerminal = 9,
  kFrameNetwork = 10,
};

constexpr uint32_t kFrameMagic = 0x69636f6e;  // "noci"
constexpr uint16_t kFrameVersion = 1;
constexpr uint32_t kFrameMaximumLength = 16u << 20;
constexpr uint32_t kFrameMaximumFds = 4096;
constexpr uint32_t kFrameFdsPerCarrier = 253;
constexpr char kFrameCarrier = 'F';

/** Where init finds the handshake socket when it starts; the preserved fds follow it. */
constexpr int kHandshakeFd = 3;

#endif
