#!/bin/sh
# usage: root-tree.sh SUITE MIRROR ROOT [-engines]     Debian's packages, the host's node, and what makes a guest of them
set -eu
here=$(cd "$(dirname "$0")" && pwd)
suite=$1
mirror=$2
root=$3

packages=$(cat "$here/packages" ${4:+"$here/packages$4"} | grep -v '^#' | paste -sd,)
mmdebstrap --quiet --mode=root --format=directory --variant=minbase --include="$packages" \
  --aptopt='Apt::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="sh $here/unpack-kernel.sh \"\$1\"" \
  --skip=cleanup/apt/lists --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
  "$suite" "$root" "$mirror"
release=$(basename "$root"/usr/lib/modules/*)
depmod --basedir "$root" "$release"

cp "$(readlink -f "$(command -v node)")" "$root/usr/bin/node"
chroot "$root" /usr/bin/node --version >/dev/null || {
  echo "noci: this machine's node does not run on Debian's $suite" >&2
  exit 1
}

(cd "$here/root" && tar --create --owner=0 --group=0 .) | tar --extract --no-overwrite-dir --directory "$root"
units=$root/etc/systemd/system
ln -sfn /lib/systemd/system/multi-user.target "$units/default.target"
mkdir -p "$units/multi-user.target.wants"
ln -s ../guest-command.service "$units/multi-user.target.wants/guest-command.service"
grep -v '^#' "$here/masked-units" | while read -r unit; do
  ln -sfn /dev/null "$units/$unit"
done
# who needs an engine starts it
rm -f "$units"/*.wants/docker.* "$units"/*.wants/containerd.* "$units"/*.wants/podman*
echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$root/etc/hosts"
: >"$root/etc/fstab"
: >"$root/etc/resolv.conf"
# Without one, systemd takes each boot for the first.
echo 5f7e3a1c9d2b4860a1b2c3d4e5f60718 >"$root/etc/machine-id"
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 user
for map in subuid subgid; do
  grep -q ^user: "$root/etc/$map" || echo user:100000:65536 >>"$root/etc/$map"
done
# systemd compares these to find out whether /usr is newer than what it made of it.
touch -r "$root/usr" "$root/etc/.updated" "$root/var/.updated"
