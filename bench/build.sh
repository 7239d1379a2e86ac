#!/bin/sh
# Builds the benchmark into .build/bench/: static programs, and what measures with all it imports as one file each. .build/bench is as
# deep below the project as test/engines, whose paths are relative to themselves.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .build/bench
machine=$(uname -m)
for program in launch floor timed; do
  # -nt alone is false in dash where there is nothing to be newer than
  if [ ! -e .build/bench/$program ] || [ -n "$(find bench/$program.c bench/process_times.h -newer .build/bench/$program)" ]; then
    # -idirafter: the kernel's headers, after those of musl
    musl-gcc -static -O2 -Wall -Wextra -Werror -idirafter /usr/include -idirafter "/usr/include/$machine-linux-gnu" \
      -o .build/bench/$program bench/$program.c
  fi
done
for program in main engines; do
  node_modules/.bin/esbuild bench/$program.ts --bundle --platform=node --format=esm --target=node20 --log-level=warning \
    --outfile=.build/bench/$program.mjs
done
