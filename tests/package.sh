#!/usr/bin/env bash
# Makes the Debian packages of a build directory and tries them in a clean Debian:
#
#   tests/package.sh [BUILD_DIR] [ROOT_DIR]       (default: build/release, a temporary directory)
#
# Installs the package `hermes` with what it asks for, and gnuplot for reports, runs the quickstart's
# job and the commands that follow it as an unprivileged user. Then `hermes-dev`: tests/consumer is
# built and run. Then removes both. Needs root, debootstrap and a network; ROOT_DIR is kept and used
# again, with a changed root already in it when it is there. HERMES_MIRROR: another mirror than
# deb.debian.org.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath "${1:-$here/build/release}")
mirror=${HERMES_MIRROR:-http://deb.debian.org/debian}
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

heading() { printf '\n== [%4d s] %s\n' "$SECONDS" "$1"; }
fail() {
  echo "package.sh: $1" >&2
  exit "${2:-3}"
}
((EUID == 0)) || fail "expected root, for debootstrap and chroot" 2
command -v debootstrap >/dev/null || fail "debootstrap is missing (apt install debootstrap)" 2
[[ -e $build/CPackConfig.cmake ]] || fail "no CPackConfig.cmake in $build: build it first" 2

work=$(mktemp -d)
root=$work/root
if (($# > 1)); then root=$2; fi
clean_up() {
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf "$work"
}
trap clean_up EXIT

heading "cpack"
(cd "$build" && cpack -G DEB -B "$work/packages" >/dev/null)
program=$(ls "$work"/packages/hermes_*.deb)
library=$(ls "$work"/packages/hermes-dev_*.deb)
dpkg-deb --info "$program" | sed -n 's/^ \(Package\|Version\|Depends\|Installed-Size\)/  \1/p'
if command -v lintian >/dev/null; then
  # There is no address to write to, and no wish for the package in Debian to close.
  unwanted=bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs
  lintian --allow-root --fail-on error --suppress-tags "$unwanted" "$program" "$library" ||
    fail "lintian: errors in the packages"
fi

heading "a clean Debian $release"
if [[ ! -x $root/bin/bash ]]; then
  debootstrap --variant=minbase "$release" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    fail "debootstrap: $(tail -n1 "$work/debootstrap.log")"
fi
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/"
cp "$program" "$library" "$root/var/tmp/"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
as_user() { inside runuser -u walker -- env HOME=/tmp/walker bash -euc "cd /tmp/walker; $1"; }
inside apt-get -qq update

heading "install hermes"
inside bash -c 'apt-get -qq install -y --no-install-recommends /var/tmp/hermes_*.deb' >"$work/install.log" 2>&1 ||
  fail "install: $(tail -n3 "$work/install.log")"
inside apt-get -qq install -y --no-install-recommends dataset-fashion-mnist gnuplot-nox >>"$work/install.log" 2>&1
inside id walker >/dev/null 2>&1 || inside useradd --home-dir /tmp/walker --create-home walker
inside hermes --version

heading "train as an unprivileged user"
as_user 'rm -rf data runs; /usr/share/hermes/data/fashion_mnist.sh --out data/fashion_mnist.h5'
as_user '/usr/share/hermes/jobs/launch.sh -n 5 -- hermes train /usr/share/hermes/jobs/fashion_mnist.toml'

heading "evaluate, predict, export, report, doctor"
as_user 'hermes evaluate --model runs/fashion-mnist --data data/fashion_mnist.h5'
as_user 'hermes predict --model runs/fashion-mnist --data data/fashion_mnist.h5 --out said.csv'
as_user 'hermes export --model runs/fashion-mnist --format onnx --out fashion-mnist.onnx'
as_user 'hermes report runs/fashion-mnist'
as_user 'hermes doctor'
contents=$(dpkg-deb --contents "$program")
for file in man/man1/hermes.1.gz bash-completion/completions/hermes doc/hermes/copyright doc/hermes/docs/guide.md; do
  # A minimal Debian may be told to leave man pages out; the package has them all the same.
  [[ $contents == *"/usr/share/$file"* ]] || fail "the package lacks /usr/share/$file"
done

heading "install hermes-dev, build tests/consumer"
inside bash -c 'apt-get -qq install -y --no-install-recommends /var/tmp/hermes-dev_*.deb ninja-build' >"$work/install.log" 2>&1 ||
  fail "install: $(tail -n3 "$work/install.log")"
rm -rf "$root/tmp/walker/consumer" && cp -r "$here/tests/consumer" "$root/tmp/walker/"
as_user 'mkdir -p made && cmake -S consumer -B made -G Ninja >/dev/null && cmake --build made >/dev/null'
as_user 'for i in $(seq 300); do echo $((RANDOM % 100)),$((RANDOM % 100)); done |
  awk -F, "BEGIN { print \"a,b,label\" } { print \$1 \",\" \$2 \",\" (\$1 > \$2) }" >points.csv
  hermes convert csv points.csv --label label --out points.h5
  /usr/share/hermes/jobs/launch.sh -n 3 -- made/shortest points.h5'

heading "remove"
inside apt-get -qq purge -y hermes hermes-dev >/dev/null
[[ ! -e $root/usr/share/hermes && ! -e $root/usr/bin/hermes ]] || fail "something stays behind"
heading "the packages install, run and go"
