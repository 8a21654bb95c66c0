"""Writes optuna_seeds.json: further seeds of the samplers in optuna_quality.json, so that comparisons are decided by more than 20 of them.

With Debian's python3-optuna (3.1.0) and python3-cmaes (0.9.1); functions.py is the counterpart of Problems.cs, held_out.py that of HeldOutProblems.cs:
/usr/bin/python3 optuna_seeds.py functions-folder sampler problem seeds out.json, where 20 seeds are 0 to 19 and 20:50 are 20 to 49, added to those that the file has

Random search has not changed since 3.1, nor has CMA-ES on real numbers. TPE has: `Tpe5` below restates Optuna 5's, down to the order in which random numbers are drawn.
Tables also have "optimum": how many trials it took, one more than were made where it was not found. Whatever the sampler, the run fails unless it finds the values of the seeds that optuna_quality.json has, to six digits.
"""
import json
import math
import os
import sys
import warnings

import held_out
import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.samplers._tpe import _truncnorm
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
BUDGETS = (50, 60, 100)
STARTUP = 10
CANDIDATES = 24


def weights(n):
    """Ages: all alike up to 25, then the newest 25 count 1 and the others fall off; last the prior."""
    ramp = np.ones(n) if n < 25 else np.concatenate([np.linspace(1.0 / n, 1.0, n - 25), np.ones(25)])
    w = np.append(ramp, 1.0) if n else np.ones(1)
    return w / w.sum()


class Kernels:
    """One dimension of a Parzen estimator."""

    sort = None

    def __init__(self, domain, seen):
        self.domain, n = domain, len(seen)
        self.is_choice = isinstance(domain, CategoricalDistribution)
        if self.is_choice:
            table = np.full((n + 1, len(domain.choices)), 1.0 / (n + 1))
            table[np.arange(n), seen.astype(int)] += 1
            self.table = table / table.sum(axis=1, keepdims=True)
            return
        half = (domain.step or 0) / 2
        self.log, self.step = domain.log, domain.step or 0
        self.low, self.high = ((math.log(x) if self.log else x) for x in (domain.low - half, domain.high + half))
        self.grid = self.step > 0
        mu = np.log(seen) if self.log else np.asarray(seen, float)
        order = np.argsort(mu, kind=self.sort)
        ends = np.concatenate([[self.low], mu[order], [self.high]])
        gaps = np.maximum(ends[1:-1] - ends[:-2], ends[2:] - ends[1:-1])
        if n >= 2:
            gaps[0], gaps[-1] = ends[2] - ends[1], ends[-2] - ends[-3]
        sigma = np.empty(n)
        sigma[order] = gaps
        extent = self.high - self.low
        sigma = np.append(np.clip(sigma, extent / min(100.0, n + 2.0), extent), extent)
        mu = np.append(mu, 0.5 * (self.low + self.high))
        self.mu, self.sigma = mu, sigma
        self.a, self.b = (self.low - mu) / sigma, (self.high - mu) / sigma

    def draw(self, active, u):
        if self.is_choice:
            cumulative = np.cumsum(self.table[active], axis=1)
            cumulative[:, -1] = 1
            return np.sum(cumulative < u[:, None], axis=1)
        x = _truncnorm.ppf(u, self.a[active], self.b[active]) * self.sigma[active] + self.mu[active]
        x = np.exp(x) if self.log else x
        if self.grid:
            x = self.domain.low + np.round((x - self.domain.low) / self.step) * self.step
        return np.clip(x, self.domain.low, self.domain.high)

    def log_density(self, x):
        if self.is_choice:
            return np.log(self.table.T[x.astype(int)])
        if not self.grid:
            # 3.1's density lacks the width.
            return _truncnorm.logpdf((np.log(x) if self.log else x)[:, None], self.a, self.b, loc=self.mu, scale=self.sigma) - np.log(self.sigma)
        ends = [np.log(e) if self.log else e for e in (x - self.step / 2, x + self.step / 2)]
        below, above = ((e[:, None] - self.mu) / self.sigma for e in ends)
        return _truncnorm._log_gauss_mass(below, above) - _truncnorm._log_gauss_mass(self.a, self.b)


class Mixture:
    def __init__(self, space, trials):
        trials = [t for t in trials if all(name in t.params for name in space)]
        seen = {name: np.array([d.to_internal_repr(t.params[name]) for t in trials], float) for name, d in space.items()}
        self.weights = weights(len(trials))
        self.parts = {name: Kernels(domain, seen[name]) for name, domain in space.items()}

    def draw(self, rng):
        active = rng.choice(len(self.weights), p=self.weights, size=CANDIDATES)
        choices = [name for name, part in self.parts.items() if part.is_choice]
        numbers = [name for name, part in self.parts.items() if not part.is_choice]
        uniforms = {name: rng.rand(CANDIDATES) for name in choices}
        if numbers:
            uniforms.update(zip(numbers, rng.uniform(size=(len(numbers), CANDIDATES))))
        return {name: part.draw(active, uniforms[name]) for name, part in self.parts.items()}

    def log_density(self, candidates):
        logs = sum(part.log_density(candidates[name]) for name, part in self.parts.items()) + np.log(self.weights)
        largest = logs.max(axis=1)
        return np.log(np.exp(logs - largest[:, None]).sum(axis=1)) + largest


class Tpe5(BaseSampler):
    def __init__(self, seed, multivariate=True):
        self.rng, self.random, self.multivariate = np.random.RandomState(seed), RandomSampler(seed), multivariate

    def infer_relative_search_space(self, study, trial):
        done = finished(study)
        if not self.multivariate or not done:
            return {}
        shared = set.intersection(*({(n, d) for n, d in t.distributions.items()} for t in done))
        return {name: domain for name, domain in sorted(shared, key=lambda pair: pair[0]) if not domain.single()}

    def sample_relative(self, study, trial, space):
        return self.choose(study, space) if space and len(finished(study)) >= STARTUP else {}

    def sample_independent(self, study, trial, name, domain):
        if len(finished(study)) < STARTUP:
            return self.random.sample_independent(study, trial, name, domain)
        return self.choose(study, {name: domain})[name]

    def choose(self, study, space):
        done = finished(study)
        ranked = sorted(done, key=lambda t: t.value)
        size = min(math.ceil(0.1 * len(done)), 25)
        good, others = (sorted(part, key=lambda t: t.number) for part in (ranked[:size], ranked[size:]))
        good, others = Mixture(space, good), Mixture(space, others)
        candidates = good.draw(self.rng)
        best = np.argmax(good.log_density(candidates) - others.log_density(candidates))
        return {name: domain.to_external_repr(candidates[name][best].item()) for name, domain in space.items()}


def finished(study):
    return [t for t in study.get_trials(deepcopy=False) if t.state == TrialState.COMPLETE]


SAMPLERS = {
    "random": lambda seed: RandomSampler(seed=seed),
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "tpe_v5default": Tpe5,
    "tpe_univariate": lambda seed: Tpe5(seed, multivariate=False),
}


def main(folder, sampler, problem, seeds, out):
    if problem in held_out.PROBLEMS:
        objective, optimum = held_out.PROBLEMS[problem], None
    else:
        sys.path.insert(0, folder)
        import functions

        spec = functions.main_set()[problem]
        objective, optimum = functions.objective(spec), spec["fmin"] if problem.startswith("table_") else None
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optuna_quality.json")) as file:
        known = json.load(file)["results"].get(problem, {}).get(sampler, {})
    results = {}
    for seed in range(*map(int, seeds.split(":"))):
        study = optuna.create_study(sampler=SAMPLERS[sampler](seed))
        study.optimize(objective, n_trials=BUDGETS[-1])
        values = [trial.value for trial in study.get_trials(deepcopy=False)]
        results[str(seed)] = {str(k): float("%.12g" % min(values[:k])) for k in BUDGETS}
        if optimum is not None:
            results[str(seed)]["optimum"] = values.index(optimum) + 1 if optimum in values else BUDGETS[-1] + 1
        for k, value in known.get(str(seed), {}).items():
            if k in results[str(seed)] and not math.isclose(results[str(seed)][k], value, rel_tol=1e-6, abs_tol=1e-9):
                sys.exit(f"{sampler} on {problem}, seed {seed}, {k} trials: {results[str(seed)][k]} instead of {value}")
    print(problem, sampler, {k: float(np.median([row[str(k)] for row in results.values()])) for k in BUDGETS}, f"{len(known)} seeds reproduced", flush=True)
    everything = json.load(open(out))["results"] if os.path.exists(out) else {}
    everything.setdefault(problem, {}).setdefault(sampler, {}).update(results)
    with open(out, "w") as file:
        json.dump({"results": everything}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
