#ifndef NOCI_PARENT_FRAME_H
#define NOCI_PARENT_FRAME_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "init/wire.h"
#include "kernel/fd.h"

namespace noci {

/** The body of a message of init/wire.h, built field by field. */
class Body {
 public:
  void number16(uint16_t value) { append(&value, sizeof value); }
  void number32(uint32_t value) { append(&value, sizeof value); }
  void integer(uint64_t value) { append(&value, sizeof value); }
  void text(std::string_view value);
  /** any bytes */
  void data(std::string_view value);
  /** the index of the fd among those of the frame */
  void fd(int value);
  /** Overwrites four bytes that were written as a placeholder. */
  void set_number32(size_t at, uint32_t value);

  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  const std::vector<int>& fds() const { return fds_; }

 private:
  void append(const void* data, size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  std::string bytes_;
  std::vector<int> fds_;
};

/** The fields of a received body, in order. Whatever does not fit is EPROTO. */
class BodyReader {
 public:
  explicit BodyReader(std::string_view bytes) : bytes_(bytes) {}
  int64_t integer();
  std::string text();
  void end() const;

 private:
  std::string_view take(size_t size);
  std::string_view bytes_;
};

struct Frame {
  uint16_t kind;
  std::string body;
  /** what came along with it, if anything */
  Fd fd;
};

enum class Received { kFrame, kTimeout, kClosed };

void frame_send(int socket, FrameKind kind, const Body& body);

/** The next message of init, with one fd at most. `timeout` in ms, -1 forever; it covers the whole message. */
Received frame_receive(int socket, int timeout, Frame& frame);

}  // namespace noci

#endif
