#!/bin/sh
# Builds .build/weakened/noci: dist/noci in which the environment variable NOCI_WEAKENED turns off the mitigation of one attack,
# named by its row of docs/security.md. Only for tests: they have to fail with it. Exit status as of standalone.sh.
set -eu
cd "$(dirname "$0")/.."

sh build/init.sh weakened
node build/bundle.mjs weakened
NOCI_WEAKENED=1 sh build/standalone.sh .build/weakened/noci .build/weakened/main.js .build/weakened/cold/*.js
