#!/usr/bin/env bash
# data/*.sh with a stand-in for hermes that writes its arguments into the output file.
# usage: scripts_test.sh DATA_DIRECTORY
set -euo pipefail
scripts=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

cat >hermes <<'STUB'
#!/usr/bin/env bash
arguments=("$@")
while (($# > 1)) && [[ $1 != --out ]]; do shift; done
echo "${arguments[*]}" >"$2"
STUB
chmod +x hermes
export HERMES=$scratch/hermes

expect() {
  [[ $1 == "$2" ]] || { printf 'expected: %s\nfound:    %s\n' "$2" "$1" >&2; exit 1; }
}
expect_failure() {
  local pattern=$1 text
  shift
  if text=$("$@" 2>&1); then echo "expected a failure: $*" >&2; exit 1; fi
  [[ $text == *"$pattern"* ]] || { printf 'expected: *%s*\nfound:    %s\n' "$pattern" "$text" >&2; exit 1; }
}

mkdir idx
touch idx/train-images-idx3-ubyte.gz idx/train-labels-idx1-ubyte idx/t10k-images-idx3-ubyte idx/t10k-labels-idx1-ubyte.gz
for name in fashion_mnist mnist; do
  "$scripts/$name.sh" --from idx --out "$name.h5" --limit 50
  expect "$(cat "$name.h5")" "convert idx --train-images idx/train-images-idx3-ubyte.gz --train-labels idx/train-labels-idx1-ubyte \
--test-images idx/t10k-images-idx3-ubyte --test-labels idx/t10k-labels-idx1-ubyte.gz --out $name.h5 --limit 50"
done
echo old >mnist.h5
"$scripts/mnist.sh" --from idx --out mnist.h5 | grep -q 'is there already'
expect "$(cat mnist.h5)" old
"$scripts/mnist.sh" --from idx --out mnist.h5 --force
[[ $(cat mnist.h5) == convert* ]]

mkdir cifar
touch cifar/data_batch_{1,2}.bin cifar/test_batch.bin
"$scripts/cifar10.sh" --from cifar --out cifar.h5
expect "$(cat cifar.h5)" "convert cifar10 --train cifar/data_batch_1.bin cifar/data_batch_2.bin --test cifar/test_batch.bin --out cifar.h5"

rm idx/t10k-labels-idx1-ubyte.gz cifar/test_batch.bin
expect_failure "no t10k-labels-idx1-ubyte and no t10k-labels-idx1-ubyte.gz in idx" "$scripts/mnist.sh" --from idx --out x.h5
expect_failure "no test_batch.bin in cifar" "$scripts/cifar10.sh" --from cifar --out x.h5
expect_failure "no directory nowhere" "$scripts/fashion_mnist.sh" --from nowhere --out x.h5
expect_failure "unknown argument '--form'" "$scripts/mnist.sh" --form idx
expect_failure "--from: expected a value" "$scripts/mnist.sh" --from
touch cifar/test_batch.bin
HERMES=$scratch/none expect_failure "expected an executable" "$scripts/cifar10.sh" --from cifar --out x.h5
[[ ! -e x.h5 ]]

# A download whose checksum is wrong is refused (curl is a stand-in, too).
mkdir bin data
cp "$scripts"/*.sh data/
printf '#!/usr/bin/env bash\nwhile [[ $1 != --output ]]; do shift; done\necho damaged >"$2"\n' >bin/curl
chmod +x bin/curl
PATH=$scratch/bin:$PATH expect_failure "expected sha256" data/mnist.sh --out mine/x.h5

# The directory of an installed package cannot be written to: all is beside the output file.
[[ -d mine/raw/mnist && ! -e data/raw ]] || { echo "expected the download in mine/raw/mnist" >&2; exit 1; }
touch file
expect_failure "cannot write into file: choose another place with --out" data/mnist.sh --from idx --out file/x.h5
echo ok
