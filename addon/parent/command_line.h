#ifndef NOCI_PARENT_COMMAND_LINE_H
#define NOCI_PARENT_COMMAND_LINE_H

#include <string>
#include <vector>

namespace noci {

/** argv as the kernel gave it, argv[0] included. */
std::vector<std::string> command_line();

/** For a host whose main() has argv: saves the reading of /proc/self/cmdline. */
void command_line_is(int argc, char** argv);

}  // namespace noci

#endif
