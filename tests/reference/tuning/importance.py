"""PED-ANOVA straight from its definition (Watanabe et al., arXiv 2304.10255) with the settings of Optuna's PedAnovaImportanceEvaluator: 50 cells,
Scott's bandwidth over cells, the prior kernel, the best tenth but at least two trials. Written with plain loops and math.erfc alone.
Writes importance.json: domains, trials and the expected shares.

    python3 tests/reference/tuning/importance.py
"""
import json
import math
import os
import random


def phi(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def mass(a, b):
    return phi(-a) - phi(-b) if a > 0 else phi(b) - phi(a)


def cells_of(domain):
    if domain["kind"] == "categorical":
        return domain["choices"]
    if domain["kind"] == "real" and not domain.get("step"):
        return 50
    step = domain.get("step") or 1
    count = round((domain["high"] - domain["low"]) / step) + 1
    if domain.get("log"):
        return min(math.ceil(math.log2(count)) + 1, 50)
    return min(count, 50)


def place(domain, n, value):
    if domain["kind"] == "categorical":
        return int(value)
    scale = math.log if domain.get("log") else float
    low, high = scale(domain["low"]), scale(domain["high"])
    width = (high - low) / (n - 1)
    for i in range(n):
        if low + i * width >= scale(value) - width / 2:
            return i
    return n - 1


def density(domain, n, observed):
    total = len(observed)
    distinct = sorted(set(observed))
    result = [0.0] * n
    if domain["kind"] == "categorical":
        kernels = len(distinct) + 1
        for choice in distinct:
            row = [1 / kernels + (1 if i == choice else 0) for i in range(n)]
            for i in range(n):
                result[i] += observed.count(choice) / (total + 1) * row[i] / sum(row)
        return [value + 1 / n / (total + 1) for value in result]
    mean = sum(observed) / total
    deviation = math.sqrt(sum((o - mean) ** 2 for o in observed) / max(1, total - 1))
    cumulated, so_far = [], 0
    for cell in distinct:
        so_far += observed.count(cell)
        cumulated.append(so_far)
    q25 = next(i for i, c in enumerate(cumulated) if c >= total // 4)
    q75 = next((i for i, c in enumerate(cumulated) if c > total * 3 // 4), len(distinct) - 1)
    width = 1.059 * min((distinct[q75] - distinct[q25]) / 1.34, deviation) * total ** -0.2
    width = max(width, 0.5 / 1.64)
    kernels = [(cell, width, observed.count(cell) / (total + 1)) for cell in distinct] + [(0.5 * (n - 1), float(n), 1 / (total + 1))]
    for mu, sigma, weight in kernels:
        inside = mass((-0.5 - mu) / sigma, (n - 0.5 - mu) / sigma)
        for i in range(n):
            result[i] += weight * mass((i - 0.5 - mu) / sigma, (i + 0.5 - mu) / sigma) / inside
    return result


def shares(domains, trials, values, quantile):
    ordered = sorted(values)
    bar = max(ordered[1], ordered[math.ceil(quantile * len(values)) - 1])
    found = {}
    for name, domain in domains.items():
        n = cells_of(domain)
        cells = [place(domain, n, trial[name]) for trial in trials]
        top = [value + 1e-12 for value in density(domain, n, [c for c, v in zip(cells, values) if v <= bar])]
        local = [value + 1e-12 for value in density(domain, n, cells)]
        found[name] = sum(l * (t / l - 1) ** 2 for t, l in zip(top, local))
    return {name: value / sum(found.values()) for name, value in found.items()}


def main():
    domains = {
        "rate": {"kind": "real", "low": 1e-5, "high": 1.0, "log": True},
        "drop": {"kind": "real", "low": 0.0, "high": 0.5},
        "grid": {"kind": "real", "low": 0.0, "high": 2.0, "step": 0.25},
        "depth": {"kind": "whole", "low": 1, "high": 12},
        "width": {"kind": "whole", "low": 4, "high": 512, "log": True},
        "kernel": {"kind": "categorical", "choices": 4},
    }
    cases = []
    for seed, count, quantile in [(1, 12, 0.1), (2, 60, 0.1), (3, 200, 0.1), (4, 200, 0.25)]:
        rng = random.Random(seed)
        trials, values = [], []
        for _ in range(count):
            trial = {
                "rate": math.exp(rng.uniform(math.log(1e-5), 0)),
                "drop": rng.uniform(0, 0.5),
                "grid": 0.25 * rng.randrange(9),
                "depth": rng.randint(1, 12),
                "width": min(512, max(4, round(math.exp(rng.uniform(math.log(3.5), math.log(512.5)))))),
                "kernel": rng.randrange(4),
            }
            trials.append(trial)
            values.append((math.log10(trial["rate"]) + 3) ** 2 + 0.2 * trial["depth"] + (0 if trial["kernel"] == 2 else 0.5) + rng.gauss(0, 0.1))
        cases.append({"quantile": quantile, "trials": trials, "values": values, "shares": shares(domains, trials, values, quantile)})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "importance.json")
    with open(path, "w") as file:
        json.dump({"domains": domains, "cases": cases}, file)


main()
