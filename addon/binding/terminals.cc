#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "functions.h"
#include "parent/retry.h"
#include "parent/system_error.h"

namespace noci::binding::functions {
namespace {

constexpr size_t kControls = sizeof(termios::c_cc);

termios attributes_of(int fd) {
  termios attributes;
  if (::tcgetattr(fd, &attributes) != 0) fail("tcgetattr");
  return attributes;
}

tcflag_t flags_of(Call& call, Napi::Object source, const char* name) {
  const Reader& reader = call.reader();
  return static_cast<tcflag_t>(reader.integer(reader.field(source, name), name, 0, UINT_MAX));
}

unsigned short side_of(Call& call, Napi::Object source, const char* name) {
  const Reader& reader = call.reader();
  return static_cast<unsigned short>(reader.integer(reader.field(source, name), name, 0, USHRT_MAX));
}

/** SIGTTOU kept away: with it blocked, a process in the background may do what else would stop it. tcsetattr(3) */
class Unstoppable {
 public:
  explicit Unstoppable(bool on) : on_(on) {
    sigset_t output;
    sigemptyset(&output);
    sigaddset(&output, SIGTTOU);
    if (on_) sigprocmask(SIG_BLOCK, &output, &before_);
  }
  Unstoppable(const Unstoppable&) = delete;
  Unstoppable& operator=(const Unstoppable&) = delete;
  ~Unstoppable() {
    if (on_) sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  bool on_;
  sigset_t before_;
};

}  // namespace

Napi::Value tcgetattr(Call& call) {
  const termios attributes = attributes_of(call.fd(0));
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("iflag", call.result(int64_t{attributes.c_iflag}));
  result.Set("oflag", call.result(int64_t{attributes.c_oflag}));
  result.Set("cflag", call.result(int64_t{attributes.c_cflag}));
  result.Set("lflag", call.result(int64_t{attributes.c_lflag}));
  Napi::Uint8Array controls = Napi::Uint8Array::New(call.env(), kControls);
  memcpy(controls.Data(), attributes.c_cc, kControls);
  result.Set("controls", controls);
  return result;
}

Napi::Value tcsetattr(Call& call) {
  const int fd = call.fd(0);
  const Reader& reader = call.reader();
  const Napi::Object wanted = reader.object(call.argument(1), "termios");
  termios attributes = {};
  const tcflag_t flags[] = {flags_of(call, wanted, "iflag"), flags_of(call, wanted, "oflag"), flags_of(call, wanted, "cflag"),
                            flags_of(call, wanted, "lflag")};
  const std::string controls = reader.data(reader.field(wanted, "controls"), "controls");
  if (controls.size() != kControls) reader.refuse("controls", std::to_string(kControls) + " bytes");
  const Unstoppable unstoppable(call.boolean(2, "background"));
  // What is not passed on (the line discipline, the speeds) stays as it is.
  attributes = attributes_of(fd);
  attributes.c_iflag = flags[0];
  attributes.c_oflag = flags[1];
  attributes.c_cflag = flags[2];
  attributes.c_lflag = flags[3];
  memcpy(attributes.c_cc, controls.data(), kControls);
  if (retry([&] { return ::tcsetattr(fd, TCSANOW, &attributes); }) != 0) fail("tcsetattr");
  return call.undefined();
}

Napi::Value tcgetwinsize(Call& call) {
  winsize size;
  if (ioctl(call.fd(0), TIOCGWINSZ, &size) != 0) fail("tcgetwinsize");
  Napi::Object result = Napi::Object::New(call.env());
  result.Set("rows", call.result(int{size.ws_row}));
  result.Set("columns", call.result(int{size.ws_col}));
  result.Set("xpixel", call.result(int{size.ws_xpixel}));
  result.Set("ypixel", call.result(int{size.ws_ypixel}));
  return result;
}

Napi::Value tcsetwinsize(Call& call) {
  const int fd = call.fd(0);
  const Napi::Object wanted = call.reader().object(call.argument(1), "winsize");
  winsize size = {};
  size.ws_row = side_of(call, wanted, "rows");
  size.ws_col = side_of(call, wanted, "columns");
  size.ws_xpixel = side_of(call, wanted, "xpixel");
  size.ws_ypixel = side_of(call, wanted, "ypixel");
  if (ioctl(fd, TIOCSWINSZ, &size) != 0) fail("tcsetwinsize");
  return call.undefined();
}

Napi::Value writeSome(Call& call) {
  const int fd = call.fd(0);
  const std::string data = call.data(1, "data");
  const ssize_t written = retry([&] { return ::write(fd, data.data(), data.size()); });
  if (written < 0 && errno != EAGAIN) fail("write");
  return call.result(int64_t{written < 0 ? 0 : written});
}

}  // namespace noci::binding::functions
