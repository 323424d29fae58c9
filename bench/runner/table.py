"""Sets the answers of a case side by side: medians, spread, ratios, and whether the goals are met."""

from statistics import median

from .questions import Case, Goal, Metric

REFERENCES = ["floor", "nchan", "nginx-proxy"]


def values(answers: list[dict], metric_key: str) -> list[float]:
    return [answer[metric_key] for answer in answers if metric_key in answer]


def ratio(answers: dict[str, list[dict]], key: str, row: str, reference: str) -> float | None:
    """The median of the rounds' ratios: what drifts from round to round drifts for both."""
    pairs = zip(answers.get(row, []), answers.get(reference, []))
    ratios = [one[key] / other[key] for one, other in pairs if key in one and other.get(key)]
    return median(ratios) if ratios else None


def number(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def cells(answers: dict[str, list[dict]], row: str, metric: Metric, references: list[str]) -> list[str]:
    found = [value * metric.scale for value in values(answers[row], metric.key)]
    if not found:
        return ["–"] * (1 + (1 + len(references) if metric.ratios else 0))
    if not metric.ratios:
        return [number(median(found))]
    ratios = [ratio(answers, metric.key, row, reference) for reference in references]
    return [number(median(found)), f"{number(min(found))}–{number(max(found))}", *map(ratio_text, ratios)]


def ratio_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def own_row(answers: dict[str, list[dict]]) -> str | None:
    """The row that the goals are for: martd, or martd in front of a site."""
    return next((row for row in ("martd", "martd-proxy", "martd-large") if row in answers), None)


def verdict(goal: Goal, own: str, answers: dict[str, list[dict]]) -> str:
    row = goal.row or own
    if goal.against:
        value = ratio(answers, goal.key, row, goal.against)
    else:
        found = values(answers.get(row, []), goal.key)
        value = median(found) if found else None
    if value is None:
        return f"goal: {goal.text()}: not measured"
    met = value >= goal.bound if goal.least else value <= goal.bound
    return f"goal: {goal.text()}: {value:.3g}, " + ("met" if met else "MISSED")


def render(case: Case, answers: dict[str, list[dict]]) -> str:
    references = [row for row in REFERENCES if row in answers]
    head = ["row"]
    for metric in case.metrics:
        head.append(metric.label)
        if metric.ratios:
            head += ["spread", *(f"× {reference}" for reference in references)]
    body = [
        [row, *(cell for metric in case.metrics for cell in cells(answers, row, metric, references))] for row in answers
    ]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]

    def line(of: list[str]) -> str:
        padded = [of[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(of[1:], widths[1:])]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2)] + ["-" * (width + 1) + ":" for width in widths[1:]]) + "|"
    out = [f"### {case.name}", "", line(head), rule, *map(line, body), ""]
    for row, of_row in answers.items():
        errors = [answer["error"] for answer in of_row if "error" in answer]
        if errors:
            out.append(f"{row}: {len(errors)} of {len(of_row)} runs failed: {errors[0]}")
    if own := own_row(answers):
        out += [verdict(goal, own, answers) for goal in case.goals]
    return "\n".join(out) + "\n"
