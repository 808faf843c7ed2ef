"""Learning rates: each row of a table tries the same small grid, with seeds that the table does not use.

The choice is the setting with the smallest median time to the main target; if none has one, that with the best accuracy.
Once there is a median, the others of the row run only as long: what takes longer cannot make theirs smaller.
"""

import math
import statistics
import tomllib

import outcomes
import plans
import runs


def tuned_file(directory, platform_name, job_name):
    return directory / f"{platform_name}-{job_name}.toml"


def read_tuned(file):
    try:
        with open(file, "rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}


def rate_settings(row, push_rate):
    """Gates that push as often as another row's gate did."""
    if not row.rate_of or not push_rate:
        return {}
    return {
        "strategy.hermes.push_probability": round(push_rate, 4),
        "strategy.hermes.push_period": max(1, round(1 / push_rate)),
    }


def preference(outcome):
    """The smaller, the better."""
    return (outcome["seconds"], -outcome["best_accuracy"])


def try_setting(settings, seeds, limit, job, make_run):
    """One point of the grid. A seed whose run cannot change the median any more is not run."""
    times, accuracies, push_rates, failed = [], [], [], 0
    for seed in seeds:
        if times.count(math.inf) > len(seeds) // 2:
            break
        run = make_run(settings, seed, limit)
        outcome = outcomes.read_outcome(run.directory, runs.make(run), job)
        seconds = outcome.get("seconds_to_main")
        times.append(math.inf if seconds is None else seconds)
        failed += outcome["exit_code"] != 0
        accuracies.append(outcome.get("best_accuracy") or 0.0)
        push_rates.append(outcome.get("push_rate") or 0.0)
    return {
        "settings": settings,
        "limit": float(limit),
        "seconds": statistics.median_high(times + [math.inf] * (len(seeds) - len(times))),
        "times": times,
        "best_accuracy": statistics.median(accuracies),
        "push_rate": statistics.median(push_rates),
        "failed": failed,
    }


def tune_row(row, grid, seeds, job, make_run):
    """All outcomes and the best of them. `make_run(settings, seed, limit)` says which run that is."""
    limit, found = row.max_seconds or job.max_seconds, []
    for settings in grid:
        found.append(try_setting(settings, seeds, limit, job, make_run))
        limit = min(limit, found[-1]["seconds"])
    usable = [one for one in found if not one["failed"]]
    if not usable:
        raise plans.PlanError(f"{row.name}: expected a setting that can be run, found that all {len(found)} failed")
    return found, min(usable, key=preference)


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {toml(one)}' for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return f"{value:.7g}" if isinstance(value, float) else f'"{value}"' if isinstance(value, str) else str(value)


def write_tuned(file, rows, command):
    lines = [f"# Made by: {command}", "# settings: the choice. tried: the grid; limit: the seconds that each run had; inf: not there by then.", ""]
    for name, entry in rows.items():
        lines += [f"[{name}]", f"settings = {toml(entry['settings'])}"]
        lines.append(f"push_rate = {toml(entry['push_rate'])}")
        lines += ["tried = [", *(f"  {toml(one)}," for one in entry["tried"]), "]", ""]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines))
