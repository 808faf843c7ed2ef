"""The gate of Hermes once more, from its definition: what it must have said of the losses in metrics.csv."""

import collections
import math

ALPHA, BETA, LAMBDA, WINDOW = -1.3, 0.1, 5, 10  # the defaults of strategy.hermes


def near(found, expected):
    return math.isclose(found, expected, rel_tol=1e-5, abs_tol=1e-5)


def differences(reports):
    """Rounds of which the file says other z-scores, thresholds or decisions than follow from its losses."""
    wrong = []
    for rank in sorted({row["rank"] for row in reports}):
        window, threshold, silent = collections.deque(maxlen=WINDOW), ALPHA, 0
        for row in (row for row in reports if row["rank"] == rank):
            loss = float(row["validation_loss"])
            window.append(loss)
            mean = sum(window) / len(window)
            sigma = math.sqrt(sum((value - mean) ** 2 for value in window) / len(window))
            z = 0.0 if sigma <= 1e-12 * max(1.0, abs(mean)) else (loss - mean) / sigma
            pushes = len(window) >= 2 and z <= threshold
            said = (float(row["gate_z"] or 0), float(row["gate_threshold"] or 0), row["kind"] == "push")
            if not (near(said[0], z) and near(said[1], threshold) and said[2] == pushes):
                wrong.append(f"worker {rank} round {row['round']}: expected {(z, threshold, pushes)}, found {said}")
            silent = 0 if pushes else silent + 1
            if pushes:
                window.clear()
            elif silent >= LAMBDA:
                threshold = min(0.0, threshold * (1 - BETA))
    return wrong
