#!/bin/sh
# Sets up, builds, and runs every test. Last line: N passed, N failed, N skipped
set -eu
cd "$(dirname "$0")/.."
sh build/need-root.sh 'the tests need root: they make namespaces, mounts and cgroups' 'npm test'
# the recipe of the guests is for this processor alone
guests=''
[ "$(uname -m)" != x86_64 ] || guests=vm
sh build/set-up.sh test browser conformance dist engines "$guests"
sh build/build.sh
npx --no-install tsc --noEmit
npx --no-install biome check .
sh build/probe.sh
# 3: the engine's sources cannot be had, which has been said
NOCI_CHECKED=1 sh build/standalone.sh .build/checked/noci .build/standalone/main.js .build/standalone/cold/*.js || [ $? = 3 ]
sh build/weakened.sh || [ $? = 3 ]
sh test/conformance/suite.sh >/dev/null || [ $? = 3 ]
exec node build/run-tests.mjs "$@"
