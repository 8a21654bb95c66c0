"""Likelihood, posterior and expected improvement of a Matern-5/2 process by numpy and scipy: writes gaussian_process.json.

    python3 tests/reference/tuning/gaussian_process.py
"""
import json
import os

import numpy as np
from scipy import linalg, special, stats


def kernel(a, b, weights, choices, scale):
    squared = sum(
        w * ((a[:, None, k] != b[None, :, k]) if k in choices else (a[:, None, k] - b[None, :, k]) ** 2) for k, w in enumerate(weights)
    )
    r = np.sqrt(5 * squared)
    return scale * (1 + r + 5 / 3 * squared) * np.exp(-r)


def loss(logs, x, y, choices):
    weights, scale, noise = np.exp(logs[:-2]), np.exp(logs[-2]), np.exp(logs[-1])
    matrix = kernel(x, x, weights, choices, scale) + noise * np.eye(len(x))
    value = -stats.multivariate_normal(np.zeros(len(x)), matrix).logpdf(y)
    value += (0.1 / weights + 0.1 * weights).sum() - (np.log(scale) - scale) - (0.1 * np.log(noise) - 30 * noise)
    return float(value)


random = np.random.default_rng(7)
x = random.random((25, 3))
x[:, 2] = random.integers(0, 3, 25)
y = np.sin(6 * x[:, 0]) + x[:, 1] ** 2 + 0.3 * (x[:, 2] == 1)
y = (y - y.mean()) / y.std()
logs = np.array([1.5, 0.3, -0.5, 0.4, -4.0])
step = 1e-5
gradient = [(loss(logs + step * e, x, y, {2}) - loss(logs - step * e, x, y, {2})) / (2 * step) for e in np.eye(5)]
at = np.column_stack([random.random((6, 2)), random.integers(0, 3, 6)])
weights, scale, noise = np.exp(logs[:-2]), np.exp(logs[-2]), np.exp(logs[-1])
matrix = kernel(x, x, weights, {2}, scale) + noise * np.eye(len(x))
cross = kernel(at, x, weights, {2}, scale)
mean = cross @ linalg.solve(matrix, y)
variance = scale - np.einsum("ij,ji->i", cross, linalg.solve(matrix, cross.T))
z = np.array([300, 60, 3, 0.5, -0.5, -2, -5, -12, -24, -26, -60, -300.0])
with np.errstate(all="ignore"):
    direct = np.log(stats.norm.pdf(z) + z * stats.norm.cdf(z))
    tail = -(z**2) / 2 - np.log(2 * np.pi) / 2 + np.log1p(np.sqrt(np.pi / 2) * z * special.erfcx(-z / np.sqrt(2)))
    series = -(z**2) / 2 - np.log(2 * np.pi) / 2 - 2 * np.log(-z, where=z < 0, out=np.zeros_like(z)) + np.log1p(-3 / z**2 + 15 / z**4 - 105 / z**6)
improvement = np.where(z > -3, direct, np.where(z > -20, tail, series))
values = stats.lognorm(1).rvs(40, random_state=3)
standard = (values - values.mean()) / values.std()
bent, power = stats.yeojohnson(standard)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gaussian_process.json"), "w") as file:
    json.dump(
        {
            "points": x.tolist(), "targets": y.tolist(), "logs": logs.tolist(), "loss": loss(logs, x, y, {2}), "gradient": gradient,
            "at": at.tolist(), "mean": mean.tolist(), "variance": variance.tolist(), "z": z.tolist(), "improvement": improvement.tolist(),
            "values": values.tolist(), "bent": ((bent - bent.mean()) / bent.std()).tolist(),
        },
        file,
    )
    file.write("\n")
