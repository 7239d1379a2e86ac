#!/bin/sh
# usage: engines-tree.sh SUITE FOLDER     Debian's packages of engines, of a suite that this machine need not have, in a tree of their own
set -eu
cd "$(dirname "$0")/.."
suite=$1
folder=$2
. build/debian-archive.sh
mirror=$(debian_mirrors | head -n 1)
[ -n "$mirror" ] || {
  echo "noci: this machine's apt sources name no mirror of Debian" >&2
  exit 1
}
# what is installed with them here too (set-up.sh engines), and what a root needs for test/engines/host.ts
packages=docker.io,containerd,podman,buildah,conmon,runc,crun,catatonit,netavark,aardvark-dns,fuse-overlayfs,nftables,iptables
packages=$packages,containernetworking-plugins,iproute2,procps,uidmap,slirp4netns,busybox-static,bsdutils,util-linux,ca-certificates
# since trixie the client and its builder are packages of their own
case $suite in bookworm) ;; *) packages=$packages,docker-cli,docker-buildx,passt ;; esac

rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
# a killed one leaves no tree that looks whole
trap 'rm -rf --one-file-system "$folder.new"' EXIT
# a suite without releases is signed for a week, and a mirror may be older
mmdebstrap --quiet --mode=root --format=directory --variant=minbase --include="$packages" \
  --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$suite" "$folder.new" "$mirror"
mv "$folder.new" "$folder"
