#!/bin/sh
# Everything noci is built from: Debian's packages and npm's. Asks apt only for what is missing.
# usage: set-up.sh [test|bench|vm|conformance|dist|engines|browser]…     also what the tests or the benchmark compare with, what the
# test guests are made with, what the suite of runtime-tools is built and run with, what shows that packages work, the engines,
# or the browser that pages are looked at in
set -eu
cd "$(dirname "$0")/.."

stop() {
  printf 'noci: %s\n' "$1" >&2
  exit 1
}

[ "$(uname -s)" = Linux ] || stop 'linux is needed: a container runtime is made of its namespaces and cgroups'
command -v node >/dev/null || stop 'node.js 20 or newer is missing (https://nodejs.org)'
command -v npm >/dev/null || stop 'npm is missing: it comes with node.js'
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
  stop "node.js 20 or newer is needed, this is $(node --version)"

asked=" $* "
is_for() { # word of the usage
  case $asked in *" $1 "*) ;; *) return 1 ;; esac
}

# what is missing, by the program or file that tells
packages=''
needs() { # package, test of presence
  sh -c "$2" >/dev/null 2>&1 || packages="$packages $1"
}
needs g++ 'command -v g++'
needs make 'command -v make'
needs python3 'command -v python3'
needs musl-tools 'command -v musl-gcc'
needs linux-libc-dev 'test -e /usr/include/linux/openat2.h'
needs rapidjson-dev 'test -e /usr/include/rapidjson/reader.h'
needs busybox-static 'test -x /bin/busybox && ! ldd /bin/busybox'
# a Node.js from Debian keeps its headers in a package of their own; others bring them along
if [ ! -e "$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")/include/node/node_api.h" ] &&
  dpkg-query -W nodejs >/dev/null 2>&1; then
  needs libnode-dev 'test -e /usr/include/node/node_api.h'
fi
if is_for test; then
  needs runc 'command -v runc'
  needs strace 'command -v strace'
  needs tmux 'command -v tmux'
  needs libseccomp2 'ldconfig -p | grep -q libseccomp.so.2'
fi
if is_for bench; then
  needs runc 'command -v runc'
  needs crun 'command -v crun'
  needs strace 'command -v strace'
fi
if is_for vm; then
  needs qemu-system-x86 'command -v qemu-system-x86_64'
  needs qemu-utils 'command -v qemu-img'
  needs mmdebstrap 'command -v mmdebstrap'
  needs cpio 'command -v cpio'
  needs e2fsprogs 'command -v mkfs.ext4'
  needs kmod 'command -v modprobe'
  needs xz-utils 'command -v xz'
  needs zstd 'command -v zstd'
fi

if is_for conformance; then
  needs runc 'command -v runc'
  needs golang-go 'command -v go'
  needs golang-github-opencontainers-runtime-tools-dev 'test -d /usr/share/gocode/src/github.com/opencontainers/runtime-tools/generate'
  needs golang-github-google-uuid-dev 'test -d /usr/share/gocode/src/github.com/google/uuid'
  needs golang-github-moby-sys-dev 'test -d /usr/share/gocode/src/github.com/moby/sys/mountinfo'
fi
if is_for dist; then
  needs groff-base 'command -v groff'
  needs zsh 'command -v zsh'
  needs fish 'command -v fish'
fi
if is_for browser; then
  needs chromium 'command -v chromium'
  needs fonts-dejavu-core 'test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
fi
if is_for engines; then
  needs docker.io 'command -v dockerd'
  needs containerd 'command -v containerd'
  needs podman 'command -v podman'
  needs buildah 'command -v buildah'
  needs conmon 'command -v conmon'
  needs runc 'command -v runc'
  needs catatonit 'command -v catatonit'
  needs netavark 'test -x /usr/lib/podman/netavark'
  needs aardvark-dns 'test -x /usr/lib/podman/aardvark-dns'
  needs fuse-overlayfs 'command -v fuse-overlayfs'
  needs nftables 'command -v nft'
  needs containernetworking-plugins 'test -x /usr/lib/cni/bridge'
  needs iptables 'command -v iptables'
  needs iproute2 'command -v ip'
  needs procps 'command -v ps'
  needs uidmap 'command -v newuidmap'
  needs slirp4netns 'command -v slirp4netns'
fi

if [ -n "$packages" ]; then
  command -v apt-get >/dev/null || stop "these packages are missing and there is no apt here to install them:$packages"
  [ "$(id -u)" = 0 ] || stop "these packages are missing and only root may install them:$packages"
  printf 'noci: installing%s\n' "$packages"
  log=$(mktemp)
  # shellcheck disable=SC2086
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1 || {
    cat "$log" >&2
    stop "apt could not install:$packages"
  }
  rm -f "$log"
fi

# npm writes node_modules/.package-lock.json at the end of an installation
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  printf 'noci: installing npm packages\n'
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
