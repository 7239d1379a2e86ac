#!/bin/sh
# usage: test.sh [--compare] [trixie|bookworm|RUN]…     sets up, builds, and runs the integration tests in guests: all, or the named
# --compare: under noci and under Debian's runc and crun, and tells how many assertions hold for each
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || {
  echo 'noci: the guests need root: their file systems are made with its owners (sudo npm run test:vm)' >&2
  exit 1
}
sh build/set-up.sh test vm
sh build/build.sh
sh build/probe.sh
exec node test/vm/test.mjs "$@"
