"""What an experiment is made of: rows of a table, a job, targets and a grid, read from one TOML file.

A row is a strategy with its settings. Paths in a plan are relative to the plan's own directory.
"""

import dataclasses
import pathlib
import tomllib

LEARNING_RATE = "train.optimizer.learning_rate"
PLAN_KEYS = {"name", "platform", "seeds", "tuning_seeds", "tuned_as", "timeline_seconds", "set", "grid", "job", "row"}
JOB_KEYS = {"config", "set", "targets", "fixed_seconds", "max_seconds", "tuned_as"}
ROW_KEYS = {"name", "strategy", "set", "server_learning_rates", "alone", "rate_of", "tuned_as", "max_seconds"}
GRID_KEYS = {"learning_rates", "server_learning_rates"}


class PlanError(Exception):
    """A plan, or what it names, is not as it should be. One line."""


@dataclasses.dataclass(frozen=True)
class Job:
    """What all rows train, and until when."""

    name: str
    config: pathlib.Path
    set: dict
    targets: list  # validation accuracies, rising; a run stops at the last, the main one
    fixed_seconds: float  # the table shows the accuracy by then
    max_seconds: float  # a run that has not reached the main target by then is hopeless
    tuned_as: str  # the job whose learning rates it takes: itself, or another


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    strategy: str
    set: dict
    server_learning_rates: list  # the grid's, in the order in which to try them; none: the row has no such rate
    alone: bool  # one rank, on the fastest worker's host
    rate_of: str  # gates that push at another row's rate: that row
    tuned_as: str  # the row whose learning rates it takes: itself, or another
    max_seconds: float | None  # instead of the job's

    def learning_rate_keys(self):
        server = [f"strategy.{self.strategy}.server_learning_rate"] if self.server_learning_rates else []
        return [LEARNING_RATE, *server]

    def has_own_rate(self):
        return LEARNING_RATE in self.set

    def is_tuned(self):
        return self.tuned_as == self.name and not self.has_own_rate()


@dataclasses.dataclass(frozen=True)
class Plan:
    name: str
    platform: pathlib.Path
    seeds: list
    tuning_seeds: list
    tuned_as: str | None  # platform whose tuned file to read, instead of the run's own
    timeline_seconds: float
    set: dict
    grid: dict
    jobs: dict
    rows: list

    def row(self, name):
        return next((row for row in self.rows if row.name == name), None)

    def grid_of(self, row):
        """All settings of learning rates that the row is tried with, in order."""
        points = [{LEARNING_RATE: rate} for rate in self.grid["learning_rates"]]
        for key in row.learning_rate_keys()[1:]:
            points = [{**point, key: rate} for rate in row.server_learning_rates for point in points]
        return points


def check_keys(table, known, where):
    for key in table:
        if key not in known:
            raise PlanError(f"{where}: expected some of {', '.join(sorted(known))}, found '{key}'")


def needed(table, key, where):
    if key not in table:
        raise PlanError(f"{where}: expected the key '{key}', found none")
    return table[key]


def read_job(name, table, directory, where):
    check_keys(table, JOB_KEYS, where)
    targets = [float(target) for target in needed(table, "targets", where)]
    if not targets or targets != sorted(targets):
        raise PlanError(f"{where}: targets: expected rising accuracies, found {targets}")
    return Job(
        name=name,
        config=(directory / needed(table, "config", where)).resolve(),
        set=table.get("set", {}),
        targets=targets,
        fixed_seconds=float(needed(table, "fixed_seconds", where)),
        max_seconds=float(needed(table, "max_seconds", where)),
        tuned_as=table.get("tuned_as", name),
    )


def read_row(table, where):
    check_keys(table, ROW_KEYS, where)
    name = needed(table, "name", where)
    return Row(
        name=name,
        strategy=needed(table, "strategy", f"{where} '{name}'"),
        set=table.get("set", {}),
        server_learning_rates=table.get("server_learning_rates", []),
        alone=table.get("alone", False),
        rate_of=table.get("rate_of", ""),
        tuned_as=table.get("tuned_as", name),
        max_seconds=table.get("max_seconds"),
    )


def read_plan(file):
    """The plan in `file`. Throws PlanError."""
    try:
        with open(file, "rb") as stream:
            table = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{file}: {error}") from error
    where, directory = str(file), pathlib.Path(file).parent
    check_keys(table, PLAN_KEYS, where)
    grid = table.get("grid", {})
    check_keys(grid, GRID_KEYS, f"{where}: grid")
    jobs = needed(table, "job", where)
    plan = Plan(
        name=table.get("name", pathlib.Path(file).stem),
        platform=(directory / needed(table, "platform", where)).resolve(),
        seeds=needed(table, "seeds", where),
        tuning_seeds=table.get("tuning_seeds", []),
        tuned_as=table.get("tuned_as"),
        timeline_seconds=float(table.get("timeline_seconds", 10)),
        set=table.get("set", {}),
        grid={key: grid.get(key, []) for key in GRID_KEYS},
        jobs={name: read_job(name, job, directory, f"{where}: job.{name}") for name, job in jobs.items()},
        rows=[read_row(row, f"{where}: row") for row in needed(table, "row", where)],
    )
    check_rows(plan, where)
    return plan


def check_rows(plan, where):
    names = [row.name for row in plan.rows]
    for name in names:
        if names.count(name) > 1:
            raise PlanError(f"{where}: row '{name}' is there twice")
    for row in plan.rows:
        found, grid = sorted(row.server_learning_rates), sorted(plan.grid["server_learning_rates"])
        if found and grid and found != grid:
            raise PlanError(f"{where}: row '{row.name}': server_learning_rates: expected the grid's {grid}, found {found}")
    for seed in plan.tuning_seeds:
        if seed in plan.seeds:
            raise PlanError(f"{where}: tuning_seeds: expected none of the table's seeds, found {seed}")
    if plan.grid["learning_rates"] and not plan.tuning_seeds:
        raise PlanError(f"{where}: expected the key 'tuning_seeds' beside a grid, found none")
