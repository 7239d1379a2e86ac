#!/bin/sh
# usage: need-root.sh REASON COMMAND     ends with status 1 and both of them on stderr when the caller is not root
[ "$(id -u)" = 0 ] || {
  printf 'noci: %s (sudo %s)\n' "$1" "$2" >&2
  exit 1
}
