"""Problems that no setting was tuned on, the counterpart of HeldOutProblems.cs: all to be minimised. Run as a program it writes held_out.json, values at random points."""
import json
import math
import os

import numpy as np


def mirror(z):
    """A reflection along (1, 1/2, ..., 1/d): a rotation of the axes that is the same everywhere."""
    v = [1.0 / (i + 1) for i in range(len(z))]
    along = 2 * sum(a * b for a, b in zip(v, z)) / sum(a * a for a in v)
    return [b - along * a for a, b in zip(v, z)]


def levy(x):
    w = [1 + (x[i] - (0.7 * (i + 1) - 2)) / 4 for i in range(len(x))]
    inner = sum((v - 1) ** 2 * (1 + 10 * math.sin(math.pi * v + 1) ** 2) for v in w[:-1])
    return math.sin(math.pi * w[0]) ** 2 + inner + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)


def ellipsoid(x):
    z = mirror([x[i] - 1.5 * math.cos(i + 1) for i in range(len(x))])
    return sum(10 ** (3.0 * i / (len(z) - 1)) * v * v for i, v in enumerate(z))


def rastrigin(x):
    z = mirror([x[i] - 1.2 * math.sin(2 * (i + 1)) for i in range(len(x))])
    return 10 * len(z) + sum(v * v - 10 * math.cos(2 * math.pi * v) for v in z)


def griewank(x):
    z = [x[i] - 20 * math.cos(3 * i) for i in range(len(x))]
    return 1 + sum(v * v for v in z) / 400 - math.prod(math.cos(v / math.sqrt(i + 1)) for i, v in enumerate(z))


def styblinski(x):
    return 0.5 * sum(v ** 4 - 16 * v * v + 5 * v for v in x)


def alpine(x):
    z = [x[i] - 2 * math.sin(i + 1) for i in range(len(x))]
    return sum(abs(v * math.sin(v) + 0.1 * v) for v in z)


def schwefel(x):
    return 418.9828872724338 * len(x) - sum(v * math.sin(math.sqrt(abs(v))) for v in x)


def michalewicz(x):
    return -sum(math.sin(v) * math.sin((i + 1) * v * v / math.pi) ** 20 for i, v in enumerate(x))


def zakharov(x):
    z = mirror([x[i] - 1.5 * math.cos(2 * i + 1) for i in range(len(x))])
    along = sum(0.5 * (i + 1) * v for i, v in enumerate(z))
    return sum(v * v for v in z) + along ** 2 + along ** 4


def boosting(t):
    rate = math.log10(t.suggest_float("rate", 1e-4, 1.0, log=True))
    trees = math.log10(t.suggest_int("trees", 10, 1000, log=True))
    depth = t.suggest_int("depth", 2, 12)
    share = t.suggest_float("share", 0.3, 1.0, step=0.05)
    loss = t.suggest_categorical("loss", [0, 1, 2, 3, 4])
    kind = t.suggest_categorical("kind", ["gbtree", "dart", "linear"])
    at = 7 if kind == "dart" else 5
    return (0.4 * (rate + trees - 1) ** 2 + 0.15 * abs(rate + 2) + 0.1 * ((depth - at) / 4) ** 2 + 0.3 * (share - 0.65 - (0.1 if loss == 3 else 0)) ** 2
            + [0.2, 0.0, 0.15, 0.05, 0.3][loss] + {"gbtree": 0.08, "dart": 0.0, "linear": 0.2}[kind])


def pipeline(t):
    power = t.suggest_float("power", -2.0, 2.0)
    model = t.suggest_categorical("model", ["linear", "forest", "network"])
    value = 0.05 * (power - 0.6) ** 2
    if model == "linear":
        return value + 0.2 + 0.03 * (math.log10(t.suggest_float("alpha", 1e-6, 1e2, log=True)) + 1) ** 2
    if model == "forest":
        leaf = math.log2(t.suggest_int("leaf", 1, 128, log=True))
        features = t.suggest_float("features", 0.1, 1.0)
        bagged = t.suggest_categorical("bagged", ["yes", "no"])
        value += 0.12 + 0.02 * (leaf - 2) ** 2 + 0.3 * (features - 0.4) ** 2
        return value + 0.4 * (t.suggest_float("sample", 0.2, 1.0) - 0.75) ** 2 if bagged == "yes" else value + 0.06
    depth = t.suggest_int("depth", 1, 5)
    rate = math.log10(t.suggest_float("rate", 1e-5, 1e-1, log=True))
    value += 0.04 + 0.03 * (depth - 3) ** 2 + 0.05 * (rate + 2.5 + 0.2 * depth) ** 2
    return value + sum(0.1 * (math.log2(t.suggest_int("width%d" % i, 4, 512, log=True)) - 6) ** 2 / depth for i in range(depth)) / 2


def on(dimensions, low, high, function):
    return lambda t: function([t.suggest_float("x%d" % i, low, high) for i in range(dimensions)])


PROBLEMS = {
    "levy6": on(6, -10, 10, levy),
    "ellipsoid8": on(8, -5, 5, ellipsoid),
    "rastrigin6_turned": on(6, -5.12, 5.12, rastrigin),
    "griewank8": on(8, -100, 100, griewank),
    "styblinski7": on(7, -5, 5, styblinski),
    "boosting": boosting,
    "pipeline": pipeline,
    "alpine6": on(6, -10, 10, alpine),
    "schwefel5": on(5, -500, 500, schwefel),
    "michalewicz5": on(5, 0, math.pi, michalewicz),
    "zakharov6": on(6, -5, 10, zakharov),
}


class Point:
    """Answers a problem's questions at random and keeps the answers, a choice as its place."""

    def __init__(self, seed):
        self.rng, self.params = np.random.RandomState(seed), {}

    def suggest_float(self, name, low, high, log=False, step=None):
        u = self.rng.rand()
        value = low + step * round(u * (high - low) / step) if step else math.exp(math.log(low) + u * math.log(high / low)) if log else low + u * (high - low)
        return self.params.setdefault(name, value)

    def suggest_int(self, name, low, high, log=False):
        return self.params.setdefault(name, int(self.rng.randint(low, high + 1)))

    def suggest_categorical(self, name, choices):
        self.params[name] = int(self.rng.randint(len(choices)))
        return choices[self.params[name]]


if __name__ == "__main__":
    rows = {}
    for problem, function in PROBLEMS.items():
        rows[problem] = []
        for number in range(6):
            point = Point(number)
            value = function(point)
            rows[problem].append({"point": point.params, "value": value})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "held_out.json"), "w") as out:
        json.dump(rows, out, separators=(",", ":"))
        out.write("\n")
