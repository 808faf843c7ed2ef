#!/usr/bin/env python3
"""Writes a SimGrid platform of a server and N workers to stdout (see README.md here).

    scale.py N [--speeds GFLOPS,...] [--bandwidth MBITPS] [--latency MS]
               [--server-speed GFLOPS] [--server-bandwidth MBITPS] [--server-latency MS]

The workers take the speeds in turn. Latencies are of one way over one access link: a message
passes two of them.
"""

import argparse
import sys

HEAD = """\
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="cluster" routing="Cluster">
"""
TAIL = """\
    <router id="switch"/>
  </zone>
</platform>
"""
HOST = """\
    <host id="{name}" speed="{speed:g}Gf"/>
    <link id="{name}-link" bandwidth="{bandwidth:g}Mbps" latency="{latency:g}us" sharing_policy="SPLITDUPLEX"/>
    <host_link id="{name}" up="{name}-link_UP" down="{name}-link_DOWN"/>
"""


def positive(text):
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def speeds(text):
    return [positive(part) for part in text.split(",")]


def parse(arguments):
    parser = argparse.ArgumentParser(description="a platform of a server and N workers")
    parser.add_argument("workers", metavar="N", type=int)
    parser.add_argument("--speeds", type=speeds, default=[4.0, 7.0, 10.0, 16.0])
    parser.add_argument("--bandwidth", type=positive, default=100.0)
    parser.add_argument("--latency", type=positive, default=1.0)
    parser.add_argument("--server-speed", type=positive, default=16.0)
    parser.add_argument("--server-bandwidth", type=positive, default=1000.0)
    parser.add_argument("--server-latency", type=positive, default=0.5)
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error(f"N: expected at least 1 worker, found {options.workers}")
    return options


def main():
    options = parse(sys.argv[1:])
    digits = max(2, len(str(options.workers)))
    text = HEAD + HOST.format(
        name="server",
        speed=options.server_speed,
        bandwidth=options.server_bandwidth,
        latency=1000 * options.server_latency,
    )
    for worker in range(options.workers):
        text += HOST.format(
            name=f"w{worker + 1:0{digits}}",
            speed=options.speeds[worker % len(options.speeds)],
            bandwidth=options.bandwidth,
            latency=1000 * options.latency,
        )
    sys.stdout.write(text + TAIL)


if __name__ == "__main__":
    main()
