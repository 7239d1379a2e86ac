#!/bin/sh
# usage: guest.sh     walks docs/install.md in a guest of bookworm: systemd, cgroup v2, and the packages that noci and Debian make
set -eu
cd "$(dirname "$0")/../.."
sh build/need-root.sh 'the guests need root: their file systems are made with its owners' 'npm run test:engines:guest'
sh build/set-up.sh vm
sh build/dist.sh
sh test/vm/image.sh bookworm-engines
exec node test/engines/guest.mjs
