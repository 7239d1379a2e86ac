#!/bin/sh
# usage: run.sh [--crun] [PROGRAM]…     sets up, builds, and runs the validation suite of runtime-tools: all of it, or the named
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || {
  echo 'noci: the suite needs root: it makes namespaces, mounts and cgroups (sudo npm run test:conformance)' >&2
  exit 1
}
# The suite reads limits in hierarchies of version 1, and refuses a machine without them.
[ -e /sys/fs/cgroup/memory/tasks ] || {
  echo 'ok - the suite of runtime-tools # SKIP it knows hierarchies of cgroups of version 1 only, and there are none here'
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
}
sh build/set-up.sh conformance
sh build/build.sh
suite=$(sh test/conformance/suite.sh)
exec node test/conformance/run.mjs "$suite" "$@"
