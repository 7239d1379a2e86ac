#!/bin/sh
# Builds .build/launcher/launcher, the static program that noci is started by where it runs in Node.js.
set -eu
cd "$(dirname "$0")/.."

out=.build/launcher
mkdir -p "$out"
machine=$(uname -m)
# Callers start a runtime without PATH, so the interpreter is named by its absolute path.
node=$(node -p process.execPath)
musl-gcc -x c++ -std=c++20 -Os -static -fno-exceptions -fno-rtti -nostdinc++ -fno-asynchronous-unwind-tables -fstack-protector-strong \
  -Wall -Wextra -Werror -idirafter /usr/include -idirafter "/usr/include/$machine-linux-gnu" -DNOCI_NODE="\"$node\"" \
  -Wl,--gc-sections,-z,noexecstack,--build-id=none -s addon/launcher/main.cc -o "$out/.launcher"
mv "$out/.launcher" "$out/launcher"
