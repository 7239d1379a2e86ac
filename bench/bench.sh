#!/bin/sh
# Sets up, builds, and measures noci beside other runtimes. Arguments are those of main.ts (--help tells them).
set -eu
cd "$(dirname "$0")/.."
sh build/need-root.sh 'the benchmark needs root: it makes namespaces, mounts and cgroups' 'npm run bench'
sh build/set-up.sh bench
sh build/build.sh
sh bench/build.sh
if [ "${1:-}" = --vm ]; then
  sh build/set-up.sh vm
  sh test/vm/image.sh trixie
  exec node bench/guest.mjs
fi
if [ "${1:-}" = --engines ]; then
  shift
  sh build/set-up.sh engines
  exec node .build/bench/engines.mjs "$@"
fi
# A mount namespace of its own: what is mounted for the measurement, nobody else sees, and it ends with the last process in it.
exec unshare --mount --propagation private node .build/bench/main.mjs "$@"
