#!/usr/bin/env python3
"""Writes compatibility.json: what Evidently 0.7 and NannyML 0.13 say, by numpy and scipy, independent of this repository's code.

Usage: python3 tests/reference/drift/compatibility.py  (made with Python 3.11, numpy 1.24.2, scipy 1.10.1)
The rules are those of the tools' sources; the tools themselves are not run.
"""
import csv
import json
import pathlib

import numpy as np
from scipy import stats
from scipy.spatial import distance

HERE = pathlib.Path(__file__).resolve().parent
RIDES = HERE.parents[2] / "samples/Quickstart/data/chicago_ridership.csv"
MASK = (1 << 64) - 1


def uniforms(seed, count):
    state, out = int(seed), np.empty(count)
    for i in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        out[i] = ((z ^ (z >> 31)) >> 11) * 2.0**-53
    return out


def build(spec):
    n, a, b = spec["n"], spec.get("a", 0.0), spec.get("b", 1.0)
    if spec["gen"] == "pareto1":
        base = 1.0 / (1.0 - uniforms(spec["seed"], n))
    elif spec["gen"] == "ih12":
        u = uniforms(spec["seed"], 12 * n).reshape(n, 12)
        base = u[:, 0]
        for k in range(1, 12):
            base = base + u[:, k]
        base = base - 6.0
    elif spec["gen"] == "discrete":
        base = np.floor(uniforms(spec["seed"], n) * spec["k"])
    else:
        base = np.zeros(n)
    return a + b * base


# --- NannyML


class Reference:
    def __init__(self, x, mode="auto"):
        self.x, self.n = x, len(x)
        self.estimated = mode == "estimated" or (mode == "auto" and self.n >= 10_000)
        self.doane = np.histogram_bin_edges(x, bins="doane")
        self.shares = np.histogram(x, bins=self.doane)[0] / self.n

    def pair(self, y):
        q = np.histogram(y, bins=self.doane)[0] / len(y)
        left = 1 - q.sum()
        return (np.append(self.shares, 0), np.append(q, left)) if left > 0 else (self.shares, q)

    def js(self, y):
        return distance.jensenshannon(*self.pair(y), base=2)

    def hellinger(self, y):
        p, q = self.pair(y)
        return np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2)

    def ks(self, y):
        if not self.estimated:
            return stats.ks_2samp(self.x, y, mode="asymp")[0]
        counts, edges = np.histogram(self.x, np.linspace(self.x.min(), self.x.max(), 10_001))
        mine = np.cumsum(np.histogram(y, edges)[0] / len(y)) + (y < edges[0]).mean()
        return np.abs(np.cumsum(counts / self.n) - mine).max()

    def wasserstein(self, y):
        if not self.estimated:
            return stats.wasserstein_distance(self.x, y)
        counts, edges = np.histogram(self.x, bins=10_000)
        low, high = y[y < edges[0]], y[y > edges[-1]]
        mine = np.cumsum(np.histogram(y, bins=edges)[0] / len(y)) + ((len(low) + 1) / len(y) if len(low) else 0)
        within = (np.abs(np.cumsum(counts / self.n) - mine) * (edges[1] - edges[0])).sum()
        return within + (edges[0] - low).sum() / len(y) + (high - edges[-1]).sum() / len(y)


def chunks(x, rows):
    return [x[i : i + rows] for i in range(0, len(x), rows)]


def nannyml(x, y, method, rows=None, mode="auto"):
    fitted = Reference(x, mode)
    of = {"js": fitted.js, "hellinger": fitted.hellinger, "ks": fitted.ks, "wasserstein": fitted.wasserstein}[method]
    own = [float(of(c)) for c in chunks(x, rows or len(x) // 10)]
    values = [float(of(c)) for c in chunks(y, rows or len(y) // 10)]
    mean, sd = np.mean(own), np.std(own)
    lower, upper = None, 0.1
    if method == "ks":
        upper = min(1, float(mean + 3 * sd))
    if method == "wasserstein":
        lower, upper = max(0, float(mean - 3 * sd)), float(mean + 3 * sd)
    alerts = [bool((lower is not None and v < lower) or v > upper) for v in values]
    return {"reference": own, "values": values, "lower": lower, "upper": upper, "alerts": alerts}


# --- Evidently


def shares(x, y, fill):
    if len(np.unique(x)) > 20:
        edges = np.histogram_bin_edges(np.concatenate([x, y]), bins="sturges")
        p, q = np.histogram(x, edges)[0] / len(x), np.histogram(y, edges)[0] / len(y)
    else:
        keys = np.unique(np.concatenate([x, y]))
        p, q = np.array([(x == k).mean() for k in keys]), np.array([(y == k).mean() for k in keys])
    if fill:
        for s in (p, q):
            least = s[s > 0].min()
            s[s == 0] = least / 1e6 if least <= 1e-4 else 1e-4
    return p, q


def evidently(x, y, test=None):
    keys = np.unique(np.concatenate([x, y]))
    if test is None and len(x) > 1000:
        test = "wasserstein" if len(keys) > 5 else "js"
    elif test is None:
        test = "ks" if len(keys) > 5 else "chi" if len(keys) > 2 else "z"
    if test == "ks":
        p = float(stats.ks_2samp(x, y)[1])
        return {"test": test, "score": p, "drifted": p <= 0.05}
    if test == "chi":
        observed, expected = [(y == k).sum() for k in keys], [(x == k).sum() * len(y) / len(x) for k in keys]
        p = float(stats.chisquare(observed, expected)[1])
        return {"test": test, "score": p, "drifted": p < 0.05}
    if test == "z":
        p, n, m = 1.0, len(x), len(y)
        if len(keys) > 1:
            a, b = (x != keys[0]).mean(), (y != keys[0]).mean()
            both = (a * n + b * m) / (n + m)
            p = float(2 * stats.norm.sf(abs(a - b) / np.sqrt(both * (1 - both) * (1 / n + 1 / m))))
        return {"test": test, "score": p, "drifted": p < 0.05}
    if test == "wasserstein":
        score = stats.wasserstein_distance(x, y) / max(x.std(), 0.001)
    elif test == "js":
        score = distance.jensenshannon(*shares(x, y, False))
    elif test == "psi":
        p, q = shares(x, y, True)
        score = ((p - q) * np.log(p / q)).sum()
    else:
        score = stats.entropy(*shares(x, y, True))
    return {"test": test, "score": float(score), "drifted": bool(score >= 0.1)}


def main():
    with open(RIDES, newline="") as file:
        rows = list(csv.reader(file))
    names, days = rows[0][2:], rows[1:]
    table = {name: np.array([float(day[2 + i]) for day in days]) for i, name in enumerate(names)}
    date = np.array([day[0] for day in days])
    old, year = date < "2004", np.char.startswith(date, "2008")
    rides = {}
    for name, column in table.items():
        x, y = column[old], column[year]
        rides[name] = {
            "evidently": [evidently(x, part) for part in chunks(y, 92)],
            "evidently_few": [evidently(x[:1000], part) for part in chunks(y, 92)],
            "evidently_asked": [evidently(x, y, test) for test in ("psi", "kl", "js", "ks")],
            "nannyml": {method: nannyml(x, y, method, 92) for method in ("js", "hellinger", "ks", "wasserstein")},
        }
    pairs = {
        "pareto": ({"gen": "pareto1", "seed": "11", "n": 20_000}, {"gen": "pareto1", "seed": "12", "n": 4_000, "b": 1.25}),
        "shifted": ({"gen": "ih12", "seed": "13", "n": 12_000}, {"gen": "ih12", "seed": "14", "n": 3_000, "a": -0.5, "b": 1.5}),
        "limit": ({"gen": "ih12", "seed": "15", "n": 10_000}, {"gen": "ih12", "seed": "16", "n": 1_000, "b": 1.1}),
        "below_limit": ({"gen": "ih12", "seed": "15", "n": 9_999}, {"gen": "ih12", "seed": "16", "n": 1_000, "b": 1.1}),
        "discrete": ({"gen": "discrete", "seed": "17", "n": 15_000, "k": 7}, {"gen": "discrete", "seed": "18", "n": 2_000, "k": 8, "a": -1}),
        "constant": ({"gen": "const", "n": 10_000, "a": 2}, {"gen": "discrete", "seed": "19", "n": 500, "k": 5}),
    }
    large = []
    for name, (x, y) in pairs.items():
        built = build(x), build(y)
        large.append({"id": name, "x": x, "y": y} | {m: {mode: nannyml(*built, m, mode=mode) for mode in ("auto", "exact", "estimated")} for m in ("ks", "wasserstein")})
    with open(HERE / "compatibility.json", "w") as file:
        json.dump({"rides": rides, "large": large}, file, indent=None, separators=(",", ":"))
        file.write("\n")


main()
