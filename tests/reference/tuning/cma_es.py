"""Updates of CMA-ES straight from Hansen's tutorial (arXiv 1604.00772, figure 6 and table 1), and with the learning rate adaptation of
Nomura et al. (arXiv 2304.03473), by numpy's eigendecomposition. Writes cma_es.json: per case the ranked samples of every generation and
the mean, deviation and covariance after it.

    python3 tests/reference/tuning/cma_es.py
"""
import json
import os

import numpy as np


def constants(n, lam):
    raw = np.log((lam + 1) / 2) - np.log(np.arange(1, lam + 1))
    mu = lam // 2
    mueff = raw[:mu].sum() ** 2 / (raw[:mu] ** 2).sum()
    mueff_minus = raw[mu:].sum() ** 2 / (raw[mu:] ** 2).sum()
    c1 = 2 / ((n + 1.3) ** 2 + mueff)
    cmu = min(1 - c1 - 1e-8, 2 * (mueff - 2 + 1 / mueff) / ((n + 2) ** 2 + mueff))
    scale = min(1 + c1 / cmu, 1 + 2 * mueff_minus / (mueff + 2), (1 - c1 - cmu) / (n * cmu))
    weights = np.where(raw >= 0, raw / raw[raw > 0].sum(), raw * scale / -raw[raw < 0].sum())
    cs = (mueff + 2) / (n + mueff + 5)
    ds = 1 + 2 * max(0, np.sqrt((mueff - 1) / (n + 1)) - 1) + cs
    cc = (4 + mueff / n) / (n + 4 + 2 * mueff / n)
    chi = np.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    return mu, mueff, c1, cmu, weights, cs, ds, cc, chi


def root(matrix, power):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**power) @ vectors.T


def run(n, lam, generations, seed, adapt):
    random = np.random.default_rng(seed)
    mu, mueff, c1, cmu, weights, cs, ds, cc, chi = constants(n, lam)
    mean, sigma, cov = np.full(n, 0.5), 1 / 6, np.eye(n)
    ps, pc = np.zeros(n), np.zeros(n)
    rates, means, squares = [1.0, 1.0], [np.zeros(n), np.zeros((n, n))], [0.0, 0.0]
    goal = np.linspace(0.2, 0.9, n)
    steps = []
    for g in range(1, generations + 1):
        points = mean + sigma * random.standard_normal((lam, n)) @ root(cov, 0.5)
        points = points[np.argsort([((p - goal) ** 2 * 10 ** np.arange(n)).sum() for p in points])]
        y = (points - mean) / sigma
        whiten = root(cov, -0.5)
        yw = weights[:mu] @ y[:mu]
        new_mean = mean + sigma * yw
        ps = (1 - cs) * ps + np.sqrt(cs * (2 - cs) * mueff) * whiten @ yw
        norm = np.linalg.norm(ps)
        h = 1.0 if norm / np.sqrt(1 - (1 - cs) ** (2 * (g + 1))) < (1.4 + 2 / (n + 1)) * chi else 0.0
        pc = (1 - cc) * pc + h * np.sqrt(cc * (2 - cc) * mueff) * yw
        adjusted = [w if w >= 0 else w * n / (np.linalg.norm(whiten @ v) ** 2 + 1e-8) for w, v in zip(weights, y)]
        rank_mu = sum(w * np.outer(v, v) for w, v in zip(adjusted, y))
        new_cov = (1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cmu * weights.sum()) * cov + c1 * np.outer(pc, pc) + cmu * rank_mu
        new_sigma = sigma * np.exp(cs / ds * (norm / chi - 1))
        if adapt:
            old, inverse = sigma**2 * cov, whiten / sigma
            dm, dc = new_mean - mean, new_sigma**2 * new_cov - old
            local = [inverse @ dm, inverse @ dc @ inverse / np.sqrt(2)]
            before = rates[0]
            for i, beta in enumerate((0.1, 0.03)):
                means[i] = (1 - beta) * means[i] + beta * local[i]
                squares[i] = (1 - beta) * squares[i] + beta * (local[i] ** 2).sum()
                signal = (means[i] ** 2).sum()
                ratio = (signal - beta / (2 - beta) * squares[i]) / (squares[i] - signal)
                rates[i] = min(1, rates[i] * np.exp(min(0.1 * rates[i], beta) * np.clip(ratio / 1.4 / rates[i] - 1, -1, 1)))
            mean = mean + rates[0] * dm
            total = old + rates[1] * dc
            sigma = np.linalg.det(total) ** (1 / (2 * n))
            cov = total / sigma**2
            sigma *= before / rates[0]
        else:
            mean, sigma, cov = new_mean, new_sigma, new_cov
        steps.append({"points": points.tolist(), "mean": mean.tolist(), "deviation": float(sigma), "covariance": cov.tolist()})
    return {"dimensions": n, "population": lam, "adapt": adapt, "generations": steps}


cases = [run(2, 6, 12, 1, False), run(5, 8, 15, 2, False), run(5, 20, 6, 3, False), run(4, 8, 15, 4, True)]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cma_es.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
