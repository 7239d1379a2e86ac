#!/bin/sh
# usage: test.sh [--compare] [trixie|bookworm|RUN]…     sets up, builds, and runs the integration tests in guests: all, or the named
# --compare: under noci and under Debian's runc and crun, and tells how many assertions hold for each
set -eu
cd "$(dirname "$0")/../.."
sh build/need-root.sh 'the guests need root: their file systems are made with its owners' 'npm run test:vm'
sh build/set-up.sh test vm
sh build/build.sh
sh build/probe.sh
exec node test/vm/test.mjs "$@"
