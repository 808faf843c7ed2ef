#!/usr/bin/env bash
# Format and static analysis: lint.sh [--all]
#
# clang-format checks every tracked C and C++ file. clang-tidy is slow, so by default it checks what
# changed since HERMES_LINT_BASE (a commit; default HEAD~1), --all checks every file. For a changed
# header it analyses one source that includes it. HERMES_LINT_LIMIT bounds the number of sources and
# says so when it does. clang-tidy reads build/release/compile_commands.json (HERMES_BUILD_DIR names
# another build tree), or where that one compiles several sources at once, build/lint's, which is
# only configured. A missing tool is skipped with a message.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all=0
case ${1:-} in
  '') ;;
  --all) all=1 ;;
  *) echo "lint.sh: unknown argument '$1' (expected: --all)" >&2; exit 2 ;;
esac
build=${HERMES_BUILD_DIR:-build/release}
status=0
if grep -qs '^HERMES_UNITY:BOOL=ON' "$build/CMakeCache.txt"; then
  cmake --preset release -B build/lint -DHERMES_UNITY=OFF --log-level=WARNING >/dev/null
  build=build/lint
fi

# A checkout that belongs to somebody else (as in CI) is fine to read.
git() { command git -c safe.directory="$PWD" "$@"; }
is_cpp() { grep -E '\.(hpp|cpp|h|c)$' || true; }

mapfile -t tracked < <(git ls-files -- include src tests bench | is_cpp)
((${#tracked[@]} > 0)) || { echo "lint.sh: no tracked sources found (not a git checkout?)" >&2; exit 3; }

echo "clang-format: ${#tracked[@]} files"
if command -v clang-format >/dev/null; then
  clang-format --dry-run -Werror "${tracked[@]}" || status=1
else
  echo "lint.sh: SKIPPED: clang-format is not installed (jobs/packages.sh test)"
fi

changed_files() {
  local base=${HERMES_LINT_BASE:-HEAD~1}
  if ((all)); then
    printf '%s\n' "${tracked[@]}"
  elif git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
    # Against the working tree, so that what is not committed yet counts too.
    git diff --name-only --diff-filter=d "$base" -- include src tests bench | is_cpp
  else
    echo "lint.sh: SKIPPED: no commit $base to compare with (a shallow clone?); use --all" >&2
  fi
}

# The sources to analyse for the files on stdin, in the build's own list only.
analysed_sources() {
  local file
  while read -r file; do
    case $file in
      include/*.hpp) git grep -lF "\"${file#include/}\"" -- '*.cpp' | in_build | head -n 1 || true ;;
      *.hpp | *.h) git grep -lF "${file##*/}\"" -- '*.cpp' | in_build | head -n 1 || true ;;
      *) echo "$file" | in_build ;;
    esac
  done | sort -u
}
in_build() {
  local file
  while read -r file; do
    if grep -qF "\"file\": \"$PWD/$file\"" "$build/compile_commands.json"; then echo "$file"; fi
  done
}

if ! command -v clang-tidy >/dev/null; then
  echo "lint.sh: SKIPPED: clang-tidy is not installed (jobs/packages.sh test)"
elif [[ ! -f $build/compile_commands.json ]]; then
  echo "lint.sh: $build/compile_commands.json is missing: configure first (cmake --preset release)" >&2
  status=1
else
  mapfile -t sources < <(changed_files | analysed_sources)
  limit=${HERMES_LINT_LIMIT:-${#sources[@]}}
  if ((${#sources[@]} > limit)); then
    echo "lint.sh: SKIPPED: $((${#sources[@]} - limit)) of ${#sources[@]} sources (HERMES_LINT_LIMIT=$limit)"
    sources=("${sources[@]:0:limit}")
  fi
  echo "clang-tidy: ${#sources[@]} sources"
  if ((${#sources[@]} > 0)); then
    # Without the precompiled headers of the tests, which are GCC's.
    commands=$(mktemp -d)
    trap 'rm -rf "$commands"' EXIT
    sed -E 's/-Winvalid-pch -include [^ ]*cmake_pch.hxx//' "$build/compile_commands.json" >"$commands/compile_commands.json"
    printf '%s\0' "${sources[@]}" |
      xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "$commands" \
        --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings generated\.$' >&2) || status=1
  fi
fi

((status == 0)) && echo "lint: clean" || echo "lint: findings above"
exit "$status"
