"""Writes optuna_parts.json: densities, splits, updates, margins and volumes by Optuna 3.1.0 and cmaes 0.9.1 (Debian's packages) where the algorithms are the same.

tpe: log densities by optuna_seeds.Tpe5, which finds Optuna 5's own choices. Run without arguments.
"""
import json
import math
import os

import numpy as np
from cmaes import CMA, CMAwM, get_warm_start_mgd
from optuna._hypervolume import WFG
from optuna._hypervolume.hssp import _solve_hssp
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.sampler import _calculate_nondomination_rank, _split_observation_pairs

from optuna_seeds import Kernels, Mixture, weights

SPACE = {
    "real": FloatDistribution(-5, 10),
    "log": FloatDistribution(1e-5, 1, log=True),
    "step": FloatDistribution(0, 1, step=0.25),
    "whole": IntDistribution(1, 20),
    "wholelog": IntDistribution(1, 100, log=True),
    "choice": CategoricalDistribution(["a", "b", "c"]),
}


class Seen:
    def __init__(self, params):
        self.params = params


def draw(rng):
    return {
        "real": float(rng.uniform(-5, 10)), "log": float(10 ** rng.uniform(-5, 0)), "step": float(rng.randint(5) * 0.25),
        "whole": int(rng.randint(1, 21)), "wholelog": int(rng.randint(1, 101)), "choice": "abc"[rng.randint(3)],
    }


def tpe(rng):
    """Per number of observations: the weights, and the joint log density at some points."""
    # numpy's default leaves the order of equal observations open; ours is that of trials.
    Kernels.sort = "stable"
    cases = []
    for count in (0, 1, 2, 3, 10, 24, 25, 26, 60):
        seen = [draw(rng) for _ in range(count)]
        at = [draw(rng) for _ in range(5)]
        mixture = Mixture(SPACE, [Seen(row) for row in seen])
        inner = {name: np.array([domain.to_internal_repr(row[name]) for row in at], float) for name, domain in SPACE.items()}
        cases.append({"seen": seen, "at": at, "weights": weights(count).tolist(), "log_density": mixture.log_density(inner).tolist()})
    return cases


def splits(rng):
    """Trials as (state, value, last step, violation), and which are good. States: 0 completed, 1 pruned."""
    cases = []
    for count in (7, 10, 11, 40, 120, 260):
        rows, losses, violations = [], [], []
        for _ in range(count):
            state, value, step = int(rng.rand() < 0.4), float(rng.randint(6)), int(rng.randint(-1, 4))
            violation = float(max(0, rng.randint(-6, 4)))
            rows.append([state, value, step, violation])
            losses.append((-math.inf, [value]) if state == 0 else (-step, [value]) if step >= 0 else (math.inf, [0.0]))
            violations.append(violation)
        size = min(math.ceil(0.1 * count), 25)
        cases.append({"trials": rows, "good": np.sort(_split_observation_pairs(losses, size, violations)[0]).tolist()})
    return cases


def fronts(rng):
    """Points: their fronts, volume below a reference point, and of the first front the half that is chosen greedily by volume."""
    cases = []
    for objectives in (2, 3, 4):
        for count in (6, 20, 40):
            points, reference = rng.uniform(size=(count, objectives)), np.full(objectives, 1.1)
            ranks = _calculate_nondomination_rank(points).astype(int)
            first = points[ranks == 0]
            chosen = _solve_hssp(first, np.arange(len(first)), (len(first) + 1) // 2, reference)
            cases.append({
                "points": points.tolist(), "ranks": ranks.tolist(),
                "volume": float(WFG().compute(points, reference)), "chosen": sorted(int(i) for i in chosen)})
    return cases


def evolutions():
    cases = []
    for dimensions, population in ((2, 6), (3, 7), (10, 10), (10, 40)):
        strategy = CMA(mean=np.full(dimensions, 0.5), sigma=1 / 6, population_size=population, seed=dimensions)
        generations = []
        for _ in range(8):
            asked = [strategy.ask() for _ in range(population)]
            told = sorted(((x, float(sum((i + 1) ** 2 * (v - 0.4) ** 2 for i, v in enumerate(x)) + x[0] * x[-1])) for x in asked), key=lambda row: row[1])
            strategy.tell(told)
            generations.append({
                "points": [x.tolist() for x, _ in told], "mean": strategy._mean.tolist(), "deviation": float(strategy._sigma), "covariance": strategy._C.tolist()})
        cases.append({"dimensions": dimensions, "population": population, "generations": generations})
    return cases


def margins():
    """Per corrected dimension: mean and deviation before, the cell's ends or null beyond the outermost, the margin, mean and deviation after."""
    rows = []
    for seed in range(6):
        bounds, steps = np.array([[0, 1], [0, 8], [0, 3]]), np.array([1.0, 1, 1])
        strategy = CMAwM(mean=np.array([0.3, 3.0, 1.2]), sigma=0.8, bounds=bounds, steps=steps, seed=seed, population_size=8)
        for _ in range(12):
            told = []
            for _ in range(8):
                shown, asked = strategy.ask()
                told.append((asked, float(np.sum((shown - np.array([0, 5, 3])) ** 2))))
            strategy._cma.tell(told)
            before = strategy._cma._mean.copy()
            width = lambda: strategy._cma._sigma * strategy._A * np.sqrt(np.diag(strategy._cma._C))
            wide = width()
            original, strategy._cma.tell = strategy._cma.tell, lambda solutions: None
            strategy.tell(told)
            strategy._cma.tell = original
            after = width()
            for d in range(3):
                low, up = float(strategy.m_z_lim_low[d]), float(strategy.m_z_lim_up[d])
                is_edge = low == up
                below = None if is_edge and before[d] <= up else low
                above = None if is_edge and before[d] > up else up
                rows.append([float(before[d]), float(wide[d]), below, above, float(strategy.margin), float(strategy._cma._mean[d]), float(after[d])])
    return rows


def warm_start(rng):
    points = rng.uniform(size=(40, 3))
    values = [float(np.sum((x - 0.3) ** 2)) for x in points]
    mean, deviation, covariance = get_warm_start_mgd(list(zip(points, values)), gamma=0.1, alpha=0.1)
    return {"points": points.tolist(), "values": values, "mean": mean.tolist(), "deviation": float(deviation), "covariance": covariance.tolist()}


if __name__ == "__main__":
    rng = np.random.RandomState(5)
    parts = {"tpe": tpe(rng), "splits": splits(rng), "fronts": fronts(rng), "evolutions": evolutions(), "margins": margins(), "warm_start": warm_start(rng)}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optuna_parts.json"), "w") as out:
        json.dump(parts, out, separators=(",", ":"))
        out.write("\n")
