#!/bin/sh
# Runs every test of container engines. Arguments: files of them. NOCI_ENGINES=runc: with runc instead of noci. NOCI_ENGINES_SUITE=sid:
# the engines of another Debian instead of this machine's, from a tree in .build/engines, which is made when it is not there.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || {
  echo 'noci: the tests of engines need root: they start daemons (sudo npm run test:engines)' >&2
  exit 1
}
if [ -n "${NOCI_ENGINES_SUITE:-}" ]; then
  sh build/set-up.sh vm
  export NOCI_ENGINES_TREE="$PWD/.build/engines/$NOCI_ENGINES_SUITE"
  [ -e "$NOCI_ENGINES_TREE" ] || sh build/engines-tree.sh "$NOCI_ENGINES_SUITE" "$NOCI_ENGINES_TREE"
fi
sh build/set-up.sh engines
sh build/build.sh
[ $# -gt 0 ] || set -- test/engines
exec node build/run-tests.mjs "$@"
