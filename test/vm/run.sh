#!/bin/sh
# usage: run.sh SUITE [--copy FOLDER[:AT]]… [--cwd FOLDER] [--user] [--kernel WORDS] [--seconds N] [--] CMD [ARG]…
# A command in a guest of trixie or bookworm, which is made when it is not there; the guest ends with it. --copy gives the guest a
# copy of a folder, --user runs the command as an ordinary user with a cgroup of its own, --kernel boots the guest with more words
# on the command line of its kernel.
set -eu
here=$(dirname "$0")
[ -n "${1:-}" ] || {
  sed -n 's/^# usage/usage/p' "$0" >&2
  exit 2
}
sh "$here/image.sh" "$1"
exec node "$here/run.mjs" "$@"
