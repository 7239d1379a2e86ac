#!/bin/sh
# Prints the folder of musl's libc.a and start files, for links that name them: musl-gcc does not know -static-pie, and asked for a
# file by name it gives that of the other C library.
set -eu
dirname "$(musl-gcc '-###' -x c /dev/null 2>&1 | tr ' ' '\n' | tr -d '"' | grep '/crti\.o$')"
