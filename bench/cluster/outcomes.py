"""What came out of one run, read from its summary.json and metrics.csv."""

import csv
import json

FIELDS = [
    "platform", "job", "row", "seed", "learning_rate", "server_learning_rate", "push_rate",
    "iterations", "seconds_to_easy", "seconds_to_main", "megabytes_to_easy", "megabytes_to_main",
    "accuracy_at_fixed", "ended_before_fixed", "best_accuracy", "test_accuracy", "worker_independence",
    "messages", "megabytes_up", "megabytes_down", "megabytes_data", "seconds", "stop_reason", "undisturbed_seconds",
    "workers_lost", "rejected", "real_seconds", "exit_code", "program",
]  # fmt: skip
NUMBERS = set(FIELDS) - {"platform", "job", "row", "stop_reason", "program"}


def read_evaluations(directory):
    """(seconds, accuracy, megabytes so far) of each evaluation of the global model, in order."""
    with open(directory / "metrics.csv", newline="") as stream:
        return [
            (float(line["seconds"]), float(line["validation_accuracy"]),
             (int(line["bytes_up"]) + int(line["bytes_down"])) / 1e6)
            for line in csv.DictReader(stream)
            if line["event"] == "evaluation"
        ]  # fmt: skip


def first_at(evaluations, target):
    """(seconds, megabytes) of the first evaluation that reaches the accuracy, or two Nones."""
    return next(((seconds, size) for seconds, accuracy, size in evaluations if accuracy >= target), (None, None))


def best_until(evaluations, seconds):
    return max((accuracy for when, accuracy, _ in evaluations if when <= seconds), default=None)


def read_outcome(directory, note, job):
    """The measured part of a line of results.csv; of a run that failed, only that."""
    failed = {"exit_code": note["exit_code"], "real_seconds": note["real_seconds"], "program": note["program"]}
    if note["exit_code"] != 0:
        return failed
    summary = json.loads((directory / "summary.json").read_text())
    evaluations = read_evaluations(directory)
    easy, main = (first_at(evaluations, target) for target in (job.targets[0], job.targets[-1]))
    return {
        **failed,
        "iterations": summary["rounds"],
        "seconds_to_easy": easy[0],
        "seconds_to_main": main[0],
        "megabytes_to_easy": easy[1],
        "megabytes_to_main": main[1],
        "accuracy_at_fixed": best_until(evaluations, job.fixed_seconds),
        "ended_before_fixed": int(summary["training_seconds"] < job.fixed_seconds),
        "best_accuracy": summary["best_validation_accuracy"],
        "test_accuracy": summary["test_accuracy"],
        "worker_independence": summary["worker_independence"],
        "messages": summary.get("messages_up", 0) + summary.get("messages_down", 0) or None,
        "megabytes_up": summary["bytes_up"] / 1e6,
        "megabytes_down": summary["bytes_down"] / 1e6,
        "megabytes_data": summary["bytes_data"] / 1e6,
        "seconds": summary["training_seconds"],
        "stop_reason": summary["stop_reason"],
        "workers_lost": summary["workers_lost"],
        "rejected": summary["rejected_updates"],
        "push_rate": summary["pushes"] / summary["rounds"] if summary["rounds"] else None,
    }


def write_results(file, lines):
    with open(file, "w", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, restval="", lineterminator="\n")
        writer.writeheader()
        for line in lines:
            writer.writerow({key: shortest(value) for key, value in line.items()})


def shortest(value):
    return "" if value is None else f"{value:.7g}" if isinstance(value, float) else value


def read_results(file):
    """The lines of a results.csv; numbers as floats, None where nothing is known."""
    with open(file, newline="") as stream:
        return [
            {key: (float(text) if text else None) if key in NUMBERS else text for key, text in line.items()}
            for line in csv.DictReader(stream)
        ]
