# shellcheck shell=bash disable=SC2154
# What the scripts of this directory share; they source it. Variables: here, from, out, mirrors.

fail() {
  echo "${0##*/}: $1" >&2
  exit 2
}

# Sets from, out, force and the array limit.
parse_arguments() {
  force=no
  limit=()
  while (($# > 0)); do
    case $1 in
      --from | --out | --limit)
        (($# > 1)) || fail "$1: expected a value, found nothing"
        case $1 in
          --from) from=$2 ;;
          --out) out=$2 ;;
          --limit) limit=(--limit "$2") ;;
        esac
        shift 2
        ;;
      --force)
        force=yes
        shift
        ;;
      -h | --help)
        sed -n '2,3s/^# //p' "$0"
        exit 0
        ;;
      *) fail "unknown argument '$1' (see --help)" ;;
    esac
  done
}

skip_when_done() {
  if [[ -e $out && $force == no ]]; then
    echo "$out is there already (--force makes it anew)"
    exit 0
  fi
}

# Before anything is downloaded. An installed package's own directory is not for users to write to.
check_out() {
  local folder
  folder=$(dirname "$out")
  mkdir -p "$folder" 2>/dev/null && [[ -w $folder ]] ||
    fail "cannot write into $folder: choose another place with --out FILE.h5"
}

# fetch NAME SHA256: NAME from the first mirror that has it into $from, unless it is there already.
fetch() {
  local name=$1 sum=$2 mirror
  local file=$from/$name
  mkdir -p "$from"
  if [[ -e $file ]] && echo "$sum  $file" | sha256sum --check --status; then
    return
  fi
  command -v curl >/dev/null || fail "curl is missing (apt install curl), or name a directory with --from DIR"
  for mirror in "${mirrors[@]}"; do
    echo "downloading $mirror/$name"
    if curl --fail --location --silent --show-error --retry 2 --output "$file.part" "$mirror/$name"; then
      echo "$sum  $file.part" | sha256sum --check --status ||
        fail "$mirror/$name: expected sha256 $sum, found $(sha256sum "$file.part" | cut -d' ' -f1)"
      mv "$file.part" "$file"
      return
    fi
  done
  rm -f "$file.part"
  fail "cannot download $name; get it elsewhere and use --from DIR"
}

# The hermes executable: $HERMES, the release build beside this directory, or PATH.
find_hermes() {
  local built=$here/../build/release/src/cli/hermes
  if [[ -n ${HERMES:-} ]]; then
    [[ -x $HERMES ]] || fail "HERMES: expected an executable, found '$HERMES'"
    echo "$HERMES"
  elif [[ -x $built ]]; then
    echo "$built"
  else
    command -v hermes || fail "no hermes executable: build it (cmake --preset release && cmake --build --preset release) or set HERMES"
  fi
}

# convert FORMAT ARGUMENTS...
convert() {
  local hermes
  hermes=$(find_hermes)
  "$hermes" convert "$@" --out "$out" "${limit[@]}"
}

# The four IDX files of an MNIST-like data set in $from, plain or gzip.
convert_idx_directory() {
  local arguments=() part name
  for part in train-images=train-images-idx3-ubyte train-labels=train-labels-idx1-ubyte \
    test-images=t10k-images-idx3-ubyte test-labels=t10k-labels-idx1-ubyte; do
    name=$from/${part#*=}
    if [[ -e $name.gz ]]; then
      name=$name.gz
    elif [[ ! -e $name ]]; then
      fail "no ${name##*/} and no ${name##*/}.gz in $from"
    fi
    arguments+=("--${part%%=*}" "$name")
  done
  convert idx "${arguments[@]}"
}
