"""Plots of an experiment by gnuplot: accuracy over virtual time and over bytes, and what each worker did when."""

import csv
import shutil
import subprocess

import outcomes

HEAD = """set terminal svg size 960,600 dynamic background "white"
set output "{file}"
set title "{title}" noenhanced
set grid
set key outside right noenhanced
"""


def rising(evaluations, column):
    """(seconds or megabytes, best accuracy so far) at each new best."""
    points, best = [], 0.0
    for point in evaluations:
        if point[1] > best:
            best = point[1]
            points.append((point[column], best))
    return points


def block(name, points):
    return "\n".join([f"${name} << EOD", *(" ".join(f"{value:.6g}" for value in point) for point in points), "EOD\n"])


BELOW_TARGET = 0.25  # where plots of accuracy begin: what is worse than that is of no interest


def accuracy_script(file, title, label, lowest, curves):
    """One curve per row: steps, as the best model so far stays the best."""
    text = HEAD.format(file=file, title=title)
    text += f'set logscale x\nset xlabel "{label}"\nset ylabel "validation accuracy, best so far"\nset yrange [{lowest:.6g}:]\n'
    names = []
    for number, (name, points) in enumerate(curves.items()):
        if not points:
            continue
        text += block(f"row{number}", points)
        dash = 1 + number // 8
        names.append(f'$row{number} with steps linewidth 2 linecolor {number % 8 + 1} dashtype {dash} title "{name}"')
    return text + "plot " + ", \\\n  ".join(names) + "\n" if names else ""


def work_seconds(report):
    """Older runs count the evaluation of the local model as computing."""
    return float(report["compute_seconds"]) + float(report.get("evaluation_seconds") or 0.0)


def read_rounds(directory, until):
    """(begin, end, rank) of each round's computing, as it ended with a report before `until`."""
    with open(directory / "metrics.csv", newline="") as stream:
        reports = [line for line in csv.DictReader(stream) if line["event"] == "report"]
    ends = [(float(line["seconds"]), work_seconds(line), int(line["rank"])) for line in reports]
    return [(max(0.0, end - length), end, rank) for end, length, rank in ends if end <= until]


def timeline_script(file, title, rounds):
    """A bar for each round, on the worker's line; between bars it waits, sends or receives."""
    if not rounds:
        return ""
    ranks = sorted({rank for _, _, rank in rounds})
    text = HEAD.format(file=file, title=title) + "unset key\n"
    text += 'set xlabel "virtual seconds; a bar: computing, placed so that it ends when the report arrives"\n'
    text += f'set ylabel "worker"\nset yrange [{ranks[-1] + 0.6}:{ranks[0] - 0.6}]\nset ytics 1\n'
    text += "set style fill solid 0.7 border\n"
    text += block("rounds", [(begin, rank, begin, end, rank - 0.35, rank + 0.35) for begin, end, rank in rounds])
    return text + "plot $rounds using 1:2:3:4:5:6 with boxxyerror linecolor 2\n"


def draw(script, file):
    if script:
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
        print(file)


def plot(plan, job, directory, seed, results):
    """Accuracies of all rows and a timeline of each, of one seed, as SVG files beside the results."""
    if not shutil.which("gnuplot"):
        print("experiment: no plots: gnuplot is not installed")
        return
    seconds, megabytes = {}, {}
    for row in plan.rows:
        run = directory / row.name / f"seed-{seed}"
        if not (run / "summary.json").exists():
            continue
        evaluations = outcomes.read_evaluations(run)
        seconds[row.name], megabytes[row.name] = rising(evaluations, 0), rising(evaluations, 2)
        file = f"{results}-timeline-{row.name}.svg"
        title = f"{directory.name}, {row.name}, seed {seed}"
        if plan.timeline_seconds > 0:
            draw(timeline_script(file, title, read_rounds(run, plan.timeline_seconds)), file)
    for curves, label, what in ((seconds, "virtual seconds", "seconds"), (megabytes, "MB up and down", "bytes")):
        file = f"{results}-{what}.svg"
        points = {name: [one for one in curve if one[0] > 0] for name, curve in curves.items()}
        lowest = job.targets[0] - BELOW_TARGET
        draw(accuracy_script(file, f"{directory.name}, seed {seed}", label, lowest, points), file)
