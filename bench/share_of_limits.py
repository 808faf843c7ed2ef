#!/usr/bin/env python3
"""Micro-benchmarks as parts of what the machine can do: share_of_limits.py DIRECTORY

Reads what bench/run.sh wrote there: *_bench.json, above all probe_bench.json. Arithmetic (GFLOP/s, on
the operations of direct convolution) is compared with multiply-adds in registers; work on whole
payloads, which passes over memory, with y += a x of the nearest size, which counts all that it reads
and writes. Merges count likewise; benchmarks of the wire count a payload once, so their part is low.
"""

import json
import pathlib
import re
import sys

MEMORY_BOUND = re.compile(r"BM_(merge|Encode|Decode|To|From|Sparsify)")


def read(file):
    """name -> its best repetition; {} where nothing ran."""
    try:
        lines = json.loads(file.read_text())["benchmarks"]
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    best = {}
    for line in lines:
        if line.get("run_type", "iteration") != "iteration":
            continue
        name = line["run_name"]
        if name not in best or line["cpu_time"] < best[name]["cpu_time"]:
            best[name] = line
    return best


def nearest_axpy(probes, floats):
    """(floats, bytes/s) of the probe whose arrays are most like those of a benchmark."""
    sizes = {
        int(name.rpartition("/")[2]): line["bytes_per_second"]
        for name, line in probes.items()
        if name.startswith("BM_axpy/")
    }
    size = min(sizes, key=lambda one: max(one, floats) / min(one, floats))
    return size, sizes[size]


def rows_of(directory):
    probes = read(directory / "probe_bench.json")
    peak = max((line["GFLOP/s"] for name, line in probes.items() if name.startswith("BM_fma/")), default=None)
    has_axpy = any(name.startswith("BM_axpy/") for name in probes)
    for file in sorted(directory.glob("*_bench.json")):
        for name, line in read(file).items():
            size = re.search(r"/(\d+)$", name)
            if file.stem == "probe_bench":
                continue
            if "GFLOP/s" in line and peak:
                yield name, f"{line['GFLOP/s']:.1f} GFLOP/s", f"FMA {peak:.0f}", line["GFLOP/s"] / peak
            elif "bytes_per_second" in line and has_axpy and size and MEMORY_BOUND.match(name):
                floats, limit = nearest_axpy(probes, int(size[1]))
                rate = line["bytes_per_second"]
                yield name, f"{rate / 1e9:.1f} GB/s", f"axpy of {floats} {limit / 1e9:.1f}", rate / limit


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = [("benchmark", "found", "limit", "part")]
    rows += [(*row[:3], f"{row[3]:.2f}") for row in rows_of(pathlib.Path(sys.argv[1]))]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, found, limit, part in rows:
        print(f"{name:<{widths[0]}}  {found:>{widths[1]}}  {limit:>{widths[2]}}  {part:>{widths[3]}}")


if __name__ == "__main__":
    main()
