"""The tables of an experiment, as Markdown: medians over the seeds with their range.

A row that does not reach a target in most of its runs has a "-" and its best accuracy; nothing is left out.
"""

import math
import statistics

RIVALS = ["bsp_step", "bsp_step_momentum", "bsp_round", "bsp_round_adaptive", "alone"]


def by_row(lines):
    rows = {}
    for line in lines:
        rows.setdefault(line["row"], []).append(line)
    return rows


def figure(value):
    """Three digits that count, with separators."""
    if value >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f}"


def values(lines, key):
    """What is known, of the runs that ended well."""
    return [line[key] for line in lines if line.get(key) is not None]


def median_to(lines, key):
    """Median of times or bytes to a target, where missing it is worse than any; infinity if most do."""
    found = values(lines, key) + [math.inf] * (len(lines) - len(values(lines, key)))
    return statistics.median_high(found)


def spread(lines, key):
    """median [min-max] of the runs that know it."""
    found = values(lines, key)
    if not found:
        return "-"
    if len(found) == 1:
        return figure(found[0])
    return f"{figure(statistics.median(found))} [{figure(min(found))}-{figure(max(found))}]"


def to_target(lines, key):
    """Time or bytes to a target: in how many runs, when not in all."""
    found = values(lines, key)
    median = median_to(lines, key)
    if median == math.inf:
        return f"- ({len(found)} of {len(lines)})" if found else "-"
    if len(lines) == 1:
        return figure(median)
    if len(found) < len(lines):
        return f"{figure(median)} [{figure(min(found))}-never] ({len(found)} of {len(lines)})"
    return f"{figure(median)} [{figure(min(found))}-{figure(max(found))}]"


def percent(lines, key):
    found = [100 * value for value in values(lines, key)]
    if not found:
        return "-"
    text = f"{statistics.median(found):.1f}"
    return text if len(found) == 1 else f"{text} [{min(found):.1f}-{max(found):.1f}]"


def accuracy_at_fixed(lines):
    """A run that reached its target earlier has at least what it ended with."""
    at_least = "≥ " if any(line.get("ended_before_fixed") for line in lines) else ""
    return at_least + percent(lines, "accuracy_at_fixed")


def speed_up(lines, rival_lines):
    """How many times sooner than the rival with the same seed: as the same rows validate, seeds are comparable pairs."""
    rivals = {line["seed"]: line.get("seconds_to_main") for line in rival_lines}
    ratios = []
    for line in lines:
        ours, theirs = line.get("seconds_to_main"), rivals.get(line["seed"])
        if line["seed"] in rivals:
            ratios.append(0 if ours is None else math.inf if theirs is None else theirs / ours)
    median = statistics.median_low(ratios) if ratios else 0
    if median in (0, math.inf):
        return "∞" if median else "-"
    low, high = ("never" if end == 0 else "∞" if end == math.inf else figure(end) for end in (min(ratios), max(ratios)))
    return figure(median) if len(ratios) == 1 else f"{figure(median)} [{low}-{high}]"


def rates(lines):
    first = lines[0]
    known = [first.get(key) for key in ("learning_rate", "server_learning_rate")]
    return " × ".join(f"{rate:g}" for rate in known if rate is not None)


def markdown(header, body):
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in body]) + "\n"


def time_table(rows, job):
    easy, main = job.targets[0], job.targets[-1]
    header = ["row", "rates", f"s to {easy:g}", f"s to {main:g}", f"accuracy % at {job.fixed_seconds:g} s",
              "best %", "test %", *(f"× {rival}" for rival in RIVALS if rival in rows)]  # fmt: skip
    body = []
    for name, lines in rows.items():
        failed = [line for line in lines if line["exit_code"] != 0]
        cells = [name, rates(lines), to_target(lines, "seconds_to_easy"), to_target(lines, "seconds_to_main"),
                 accuracy_at_fixed(lines), percent(lines, "best_accuracy"), percent(lines, "test_accuracy")]  # fmt: skip
        if failed:
            cells[0] += f" ({len(failed)} of {len(lines)} failed)"
        body.append(cells + [speed_up(lines, rows[rival]) for rival in RIVALS if rival in rows])
    return markdown(header, body)


def traffic_table(rows, job):
    header = ["row", "iterations", "WI", "messages", "MB up", "MB down", "MB data", f"MB to {job.targets[0]:g}",
              f"MB to {job.targets[-1]:g}", "rejected", "real s"]  # fmt: skip
    keys = ["iterations", "worker_independence", "messages", "megabytes_up", "megabytes_down", "megabytes_data"]
    body = []
    for name, lines in rows.items():
        cells = [name, *(spread(lines, key) for key in keys)]
        cells += [to_target(lines, key) for key in ("megabytes_to_easy", "megabytes_to_main")]
        body.append(cells + [spread(lines, "rejected"), spread(lines, "real_seconds")])
    return markdown(header, body)


def straggler_table(rows):
    """What it cost that a worker slowed down half-way."""
    body = []
    for name, lines in rows.items():
        both = [line for line in lines if line.get("undisturbed_seconds") is not None]
        losses = [100 * (line["seconds_to_main"] / line["undisturbed_seconds"] - 1) for line in both
                  if line["seconds_to_main"] is not None]  # fmt: skip
        loss = "-"
        if losses:
            loss = f"{statistics.median(losses):+.0f} [{min(losses):+.0f} to {max(losses):+.0f}]"
        if len(losses) < len(lines):
            loss += f" ({len(losses)} of {len(lines)})"
        body.append([name, spread(lines, "undisturbed_seconds"), to_target(lines, "seconds_to_main"), loss])
    return markdown(["row", "s undisturbed", "s with the straggler", "loss %"], body)


def tables(lines, job):
    rows = by_row(lines)
    first, seeds = lines[0], sorted({int(line["seed"]) for line in lines})
    programs = sorted({line["program"] for line in lines})
    words = (
        f"{first['platform']}, {first['job']}: seeds {', '.join(map(str, seeds))}; median [min-max]. "
        f"Virtual seconds and megabytes to a validation accuracy; a run stops at {job.targets[-1]:g} "
        f"or after {job.max_seconds:g} s unless its row says otherwise. rates: learning rate × server learning rate. "
        f"× a rival: how many times sooner at {job.targets[-1]:g}. Program {', '.join(programs)}.\n"
    )
    parts = [words, time_table(rows, job), traffic_table(rows, job)]
    if any(line.get("undisturbed_seconds") is not None for line in lines):
        parts.append(straggler_table(rows))
    return "\n".join(parts)
