"""Learning rates: each row of a table tries the same small grid, with a seed that the table does not use.

The choice is the setting that reaches the main target first; if none does, the one with the best accuracy. Once one
has reached it, the others of the row run only as long as it took: a later one is no choice.
"""

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


def better(one, other):
    """Whether outcome `one` is to be preferred."""
    def rank(outcome):
        seconds = outcome.get("seconds_to_main")
        return (0, seconds) if seconds is not None else (1, -(outcome.get("best_accuracy") or 0.0))

    return rank(one) < rank(other)


def tune_row(row, grid, job, make_run):
    """All outcomes, each with its `settings`, and the best of them. `make_run(settings, limit, directory name)`."""
    limit = row.max_seconds or job.max_seconds
    found, best = [], None
    for settings in grid:
        run = make_run(settings, limit, "x".join(f"{rate:g}" for rate in settings.values()))
        outcome = {"settings": settings, "limit": limit, **outcomes.read_outcome(run.directory, runs.make(run), job)}
        found.append(outcome)
        if outcome["exit_code"] == 0 and (best is None or better(outcome, best)):
            best = outcome
            limit = outcome["seconds_to_main"] or limit
    return found, best


def entry_of(row, found, best):
    """What the tuned file has of a row."""
    tried = [
        {"settings": one["settings"], "limit": one["limit"], "seconds_to_main": one.get("seconds_to_main"),
         "best_accuracy": one.get("best_accuracy"), "exit_code": one["exit_code"]}
        for one in found
    ]  # fmt: skip
    if best is None:
        raise plans.PlanError(f"{row.name}: expected a setting that can be run, found that all {len(found)} failed")
    chosen = {"settings": best["settings"], "push_rate": best["push_rate"], "tried": tried}
    return without_nothing(chosen)


def without_nothing(value):
    """TOML has no null."""
    if isinstance(value, dict):
        return {key: without_nothing(one) for key, one in value.items() if one is not None}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {toml(one)}' for key, one in value.items()) + " }"
    return f"{value:.7g}" if isinstance(value, float) else f'"{value}"' if isinstance(value, str) else str(value)


def write_tuned(file, rows, command):
    lines = [f"# Made by: {command}", "# settings: the choice. tried: the grid; limit: the seconds that it had.", ""]
    for name, entry in rows.items():
        lines += [f"[{name}]", f"settings = {toml(entry['settings'])}"]
        if "push_rate" in entry:
            lines.append(f"push_rate = {toml(float(entry['push_rate']))}")
        lines += ["tried = [", *(f"  {toml(one)}," for one in entry["tried"]), "]", ""]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines))
