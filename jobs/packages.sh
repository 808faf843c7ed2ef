#!/usr/bin/env bash
# Installs the Debian packages that Hermes needs and that are missing: packages.sh [build] [test] [slurm] [fuzz]
#
# Without arguments: build and test; slurm is what jobs/local_slurm.sh starts, fuzz what
# tests/fuzz.sh compiles with. Asks for root (sudo)
# only when something is missing.
# HERMES_SKIP_TORCH=1 leaves out python3-torch (large); the test that compares with it is then skipped.
set -euo pipefail

readonly build=(
  g++ cmake ninja-build libopenmpi-dev openmpi-bin libeigen3-dev libopenblas-dev libhdf5-dev
  libboost-serialization-dev libcli11-dev libtomlplusplus-dev libspdlog-dev nlohmann-json3-dev
  zlib1g-dev libpng-dev libjpeg-dev libhwy-dev dataset-fashion-mnist gnuplot-nox
)
readonly test=(
  libgtest-dev libgmock-dev libbenchmark-dev python3 python3-numpy python3-h5py python3-torch
  python3-onnx python3-opencv
  clang-format clang-tidy libsimgrid-dev doxygen environment-modules groff-base chromium
)
readonly slurm=(slurm-wlm munge)
readonly fuzz=(clang libclang-rt-dev)
readonly oldest_cmake=3.25

fail() {
  echo "packages.sh: $1" >&2
  exit 3
}

wanted=()
for group in "${@:-all}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    slurm) wanted+=("${slurm[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    all) wanted+=("${build[@]}" "${test[@]}") ;;
    *) echo "packages.sh: unknown group '$group' (expected: build, test, slurm, fuzz)" >&2; exit 2 ;;
  esac
done

command -v dpkg-query >/dev/null ||
  fail "this is no Debian system; install by hand what matches: ${wanted[*]}"

# One query for all: dpkg-query fails for names it never heard of, but lists the others.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  [[ $package != python3-torch || ${HERMES_SKIP_TORCH:-0} != 1 ]] || continue
  grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done

if ((${#missing[@]} > 0)); then
  echo "packages.sh: installing ${missing[*]}"
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "not root and no sudo; ask an administrator to run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND="${DEBIAN_FRONTEND:-noninteractive}" apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update || fail "apt-get update failed (network? sudo rights?)"
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install: ${missing[*]}"
fi

found=$(cmake --version | sed -n '1s/[^0-9]*//p')
[[ $(printf '%s\n' "$oldest_cmake" "$found" | sort -V | head -n1) == "$oldest_cmake" ]] ||
  fail "cmake: expected at least $oldest_cmake, found $found ($(command -v cmake))"
