#!/bin/sh
# Builds dist/noci-keeper, the static program that the library starts containers by.
set -eu
cd "$(dirname "$0")/.."

machine=$(uname -m)
mkdir -p dist
musl-gcc -x c++ -std=c++20 -Os -static -fno-exceptions -fno-rtti -nostdinc++ -fno-asynchronous-unwind-tables -fstack-protector-strong \
  -Wall -Wextra -Werror -idirafter /usr/include -idirafter "/usr/include/$machine-linux-gnu" \
  -Wl,--gc-sections,-z,noexecstack,--build-id=none -s addon/keeper/main.cc -o dist/.noci-keeper
mv dist/.noci-keeper dist/noci-keeper
