#!/bin/sh
# Runs a command where an attack that succeeds has nothing to succeed on: no other process is there, /tmp, /run and /var/tmp are empty,
# /dev is a copy, and every other file can only be read. What is left of the machine are its cgroups and its sysctls.
# usage: apart.sh COMMAND…
set -eu

if [ "${APART:-}" != 1 ]; then
  APART=1 exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc /bin/sh "$0" "$@"
fi
unset APART

copy_devices() { # folder
  mount -t tmpfs -o mode=755 tmpfs "$1"
  for name in null zero full random urandom tty ptmx console kmsg fuse fd stdin stdout stderr net; do
    if [ -e "/dev/$name" ] || [ -L "/dev/$name" ]; then cp -a "/dev/$name" "$1"; fi
  done
  for name in pts shm mqueue; do
    if [ -d "/dev/$name" ]; then mkdir "$1/$name" && mount --bind "/dev/$name" "$1/$name"; fi
  done
}

# nothing of it is left behind
for folder in /tmp /run /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
mkdir /tmp/dev
copy_devices /tmp/dev
mount --rbind /tmp/dev /dev

while read -r _ _ _ _ target _; do
  case $target in
  /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /tmp | /tmp/* | /run | /run/* | /var/tmp | /var/tmp/*) ;;
  *) mount -o remount,bind,ro "$target" ;;
  esac
done </proc/self/mountinfo
umask 022
cd /tmp
# a test whose attack gets this far must not be run at all
if (: >/etc/noci-attack) 2>/dev/null; then
  rm -f /etc/noci-attack
  echo 'apart.sh: /etc can still be written' >&2
  exit 125
fi
exec "$@"
