"""The statistics benchmarks' operations in numpy and scipy: CPU time of this thread, the lowest and the median of several calls.

    python3 benchmarks/peers/numpy_scipy.py

Prints ns per value for a million standard normal values, as the tables of `dotnet run -c Release --project benchmarks/Mlops.Benchmarks -- turns`
do; for maximum mean discrepancy ns per comparison.
"""
import statistics
import time

import numpy
import scipy
import scipy.spatial.distance
import scipy.stats

N = 1_000_000


def measure(what, per, call, rounds=7):
    call()
    times = []
    for _ in range(rounds):
        before = time.thread_time_ns()
        call()
        times.append((time.thread_time_ns() - before) / per)
    shown = lambda value: f"{value:,.2f}" if value < 10 else f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"
    print(f"| {what} | {shown(min(times))} | {shown(statistics.median(times))} |", flush=True)


def mmd(x, y):
    squared = lambda a, b: scipy.spatial.distance.cdist(a, b, "sqeuclidean")
    return sum(numpy.exp(-squared(a, b) / 128).sum() for a, b in ((x, x), (x, y), (y, y)))


random = numpy.random.default_rng(1)
double, other, shifted = random.standard_normal(N), random.standard_normal(N), random.standard_normal(N) + 0.3
single = double.astype(numpy.float32)
edges = {bins: numpy.quantile(double, numpy.linspace(0, 1, bins + 1)) for bins in (10, 32, 100)}

print(f"numpy {numpy.__version__}, scipy {scipy.__version__}\n")
print("| what | ns, lowest | ns, median |\n|---|---:|---:|")
measure("numpy min, max, sum, mean, var, float", N, lambda: (single.min(), single.max(), single.sum(), single.mean(), single.var()))
measure("numpy min, max, sum, mean, var, double", N, lambda: (double.min(), double.max(), double.sum(), double.mean(), double.var()))
measure("scipy.stats.describe, double", N, lambda: scipy.stats.describe(double))
measure("numpy.histogram, 32 bins of equal width, float", N, lambda: numpy.histogram(single, 32, (-3, 3)))
for bins, inner in edges.items():
    measure(f"numpy.histogram, {bins} quantile bins, float", N, lambda: numpy.histogram(single, inner))
measure("numpy.sort, float", N, lambda: numpy.sort(single))
measure("numpy.sort, double", N, lambda: numpy.sort(double))
measure("scipy.stats.ks_2samp, no difference, double", N, lambda: scipy.stats.ks_2samp(double, other, method="asymp"), 3)
measure("scipy.stats.ks_2samp, 0.3 sigma, double", N, lambda: scipy.stats.ks_2samp(double, shifted, method="asymp"), 3)
measure("scipy.stats.wasserstein_distance, double", N, lambda: scipy.stats.wasserstein_distance(double, shifted), 3)
x, y = random.standard_normal((1_000, 64)), random.standard_normal((1_000, 64))
measure("scipy cdist and numpy.exp, 1,000 x 1,000 x 64, three blocks, double", 1, lambda: mmd(x, y))
