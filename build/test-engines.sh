#!/bin/sh
# Runs every test of container engines. Arguments: files of them. NOCI_ENGINES=runc: with runc instead of noci.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || {
  echo 'noci: the tests of engines need root: they start daemons (sudo npm run test:engines)' >&2
  exit 1
}
sh build/set-up.sh engines
sh build/build.sh
[ $# -gt 0 ] || set -- test/engines
exec node build/run-tests.mjs "$@"
