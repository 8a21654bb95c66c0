"""Writes studies with Optuna's own RDBStorage on SQLite and prints as SQL what they hold. Debian's python3-optuna: /usr/bin/python3 write.py > optuna-3.1.0.sql"""
import math
import os
import sqlite3
import tempfile

import optuna
from optuna.distributions import (
    CategoricalDistribution, DiscreteUniformDistribution, FloatDistribution, IntDistribution, IntLogUniformDistribution, IntUniformDistribution,
    LogUniformDistribution, UniformDistribution)
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
path = os.path.join(tempfile.mkdtemp(), "optuna.db")
storage = optuna.storages.RDBStorage(f"sqlite:///{path}", heartbeat_interval=60)

# One objective, maximised: every distribution, reports with NaN and infinities, pruned, failed, infinite, running and waiting trials, enqueued values.
study = optuna.create_study(study_name="svm", storage=storage, direction="maximize", sampler=optuna.samplers.RandomSampler(seed=7), pruner=optuna.pruners.NopPruner())
study.set_user_attr("owner", "somebody")
study.enqueue_trial({"C": 2.5, "kernel": "rbf"})


def objective(trial):
    c = trial.suggest_float("C", 1e-3, 10, log=True)
    kernel = trial.suggest_categorical("kernel", ["linear", "rbf", None, True, 3, 0.5])
    degree = trial.suggest_int("degree", 1, 9, step=2) if kernel == "rbf" else 0
    trial.suggest_int("leaf", 1, 128, log=True)
    trial.suggest_float("grid", 0, 1, step=0.1)
    trial.suggest_float("single", 2.5, 2.5)
    trial.set_user_attr("note", "text")
    for step, value in [(0, 0.25), (1, math.nan), (3, math.inf), (4, -math.inf), (7, c + degree)]:
        trial.report(value, step)
    if trial.number == 3:
        raise optuna.TrialPruned()
    if trial.number == 4:
        raise ValueError("bad luck")
    if trial.number == 5:
        return math.inf
    if trial.number == 6:
        return -math.inf
    if trial.number == 7:
        return math.nan
    return c + degree


study.optimize(objective, n_trials=9, catch=(ValueError,))
study.ask().suggest_float("C", 1e-3, 10, log=True)
study.enqueue_trial({"C": 1.0})

# Two objectives with constraints, as samplers with a constraints_func keep them.
two = optuna.create_study(
    study_name="two", storage=storage, directions=["minimize", "maximize"],
    sampler=optuna.samplers.NSGAIISampler(seed=7, constraints_func=lambda trial: (trial.params["x"] - 0.5, -1.0)))
two.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)), n_trials=4)

# Distributions of before Optuna 3, which trials that were added or upgraded still have.
old = optuna.create_study(study_name="old", storage=storage)
old.add_trial(create_trial(
    value=1.5, params={"u": 0.5, "lu": 0.01, "du": 0.3, "iu": 4, "ilu": 8},
    distributions={
        "u": UniformDistribution(0, 1), "lu": LogUniformDistribution(1e-3, 1), "du": DiscreteUniformDistribution(0, 1, 0.1), "iu": IntUniformDistribution(0, 8, 2),
        "ilu": IntLogUniformDistribution(1, 64)}))
connection = sqlite3.connect(path)
(trial_id,) = connection.execute("SELECT trial_id FROM trials WHERE study_id = (SELECT study_id FROM studies WHERE study_name = 'old')").fetchone()
for name, distribution in [
    ("u", '{"name": "UniformDistribution", "attributes": {"low": 0.0, "high": 1.0}}'),
    ("lu", '{"name": "LogUniformDistribution", "attributes": {"low": 0.001, "high": 1.0}}'),
    ("du", '{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.1}}'),
    ("iu", '{"name": "IntUniformDistribution", "attributes": {"low": 0, "high": 8, "step": 2}}'),
    ("ilu", '{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 64, "step": 1}}')]:
    connection.execute("UPDATE trial_params SET distribution_json = ? WHERE trial_id = ? AND param_name = ?", (distribution, trial_id, name))
connection.commit()

print(f"-- Written by Optuna {optuna.__version__} through SQLAlchemy: see write.py.")
for line in connection.iterdump():
    print(line)
