#!/usr/bin/env bash
# Makes FILE.h5 (data/cifar10.h5) of CIFAR-10, downloaded into raw/ beside it (checksum verified) or of the .bin files in DIR.
# usage: data/cifar10.sh [--from DIR] [--out FILE.h5] [--limit N] [--force]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

mirrors=(https://www.cs.toronto.edu/~kriz)
from=
out=$here/cifar10.h5
parse_arguments "$@"
skip_when_done
check_out

if [[ -z $from ]]; then
  from=$(dirname "$out")/raw/cifar10
  fetch cifar-10-binary.tar.gz c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd
  tar -xzf "$from/cifar-10-binary.tar.gz" -C "$from" --strip-components=1
fi
[[ -d $from ]] || fail "no directory $from"
train=("$from"/data_batch_*.bin)
[[ -e ${train[0]} ]] || fail "no data_batch_*.bin in $from"
[[ -e $from/test_batch.bin ]] || fail "no test_batch.bin in $from"
convert cifar10 --train "${train[@]}" --test "$from/test_batch.bin"
