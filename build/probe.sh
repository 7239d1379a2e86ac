#!/bin/sh
# Builds the programs that the tests run inside containers, static, into .build/probe/.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .build/probe
for source in test/probe/*.c; do
  target=.build/probe/$(basename "$source" .c)
  if [ ! -e "$target" ] || [ -n "$(find test/probe -newer "$target" -print -quit)" ]; then
    musl-gcc -static -O1 -idirafter /usr/include -idirafter "/usr/include/$(uname -m)-linux-gnu" -Wall -Wextra -Werror -o "$target" "$source"
  fi
done
