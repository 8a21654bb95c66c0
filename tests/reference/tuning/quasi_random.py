"""Writes quasi_random.json from scipy's unscrambled sequences: /usr/bin/python3 quasi_random.py (Debian's python3-scipy, 1.10.1).

sobol: for each of the indices, 32 coordinates times 2^32. The first 128 points use the direction numbers that are tabulated, the later ones those
that follow from them. scipy counts in the order of Gray's code: its point n is the point of index n ^ (n >> 1) in plain binary order.
halton: the first 64 points in 32 dimensions, as doubles.
"""
import json
import os
import warnings

from scipy.stats import qmc

DIMENSIONS = 32
FIRST = 128
LARGEST_POWER = 21
warnings.filterwarnings("ignore")

indices = list(range(FIRST)) + [(1 << k) + 1 for k in range(7, LARGEST_POWER + 1)]
engine = qmc.Sobol(DIMENSIONS, scramble=False)
rows, at = [], 0
for index in indices:
    if index > at:
        engine.fast_forward(index - at)
    rows.append([int(x * 2 ** 32) for x in engine.random(1)[0]])
    at = index + 1

halton = qmc.Halton(DIMENSIONS, scramble=False).random(64).tolist()
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "quasi_random.json"), "w") as file:
    json.dump({"indices": indices, "sobol": rows, "halton": halton}, file, separators=(",", ":"))
    file.write("\n")
