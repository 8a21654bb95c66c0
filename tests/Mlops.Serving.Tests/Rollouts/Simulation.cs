using System.Diagnostics;

namespace Mlops.Serving.Tests;

/// <summary>Users who call as often as a heavy-tailed law says, each with a rate of failure and a loss of its own, split between two versions.</summary>
internal sealed class Simulation(ulong seed)
{
    private static readonly ServedVersion Stable = Served.VersionOf(1);
    private static readonly ServedVersion Candidate = Served.VersionOf(2);
    private ulong _state = seed;

    /// <summary>Strictly between 0 and 1.</summary>
    public double Uniform()
    {
        _state += 0x9E3779B97F4A7C15;
        return ((Split.Mix(_state) >> 11) + 0.5) * (1.0 / (1L << 53));
    }

    public ulong NewKey() => Split.Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>By Johnk's method.</summary>
    public double Beta(double a, double b)
    {
        while (true)
        {
            double x = Math.Pow(Uniform(), 1 / a), y = Math.Pow(Uniform(), 1 / b);
            if (x + y <= 1 && x + y > 0)
                return x / (x + y);
        }
    }

    /// <summary>A whole number from 1 on whose mean is infinite, cut off.</summary>
    public int Activity(int most) => (int)Math.Min(most, Math.Pow(Uniform(), -1));

    /// <summary>
    /// Calls of users in random order, with a look at the verdict after each: whether the candidate was ever called worse, though both are the same.
    /// </summary>
    /// <param name="alpha">Of the rollout.</param>
    /// <param name="share">At first.</param>
    /// <param name="calls">How many.</param>
    /// <param name="onLook">Gives the share of the next calls, after every fiftieth; <c>null</c> for one share all the time.</param>
    /// <param name="restartEvery">After how many calls another process goes on with the evidence; 0 for never.</param>
    public bool IsRolledBackAgainstItself(
        double alpha, double share, int calls, Func<RolloutOptions, double, RolloutEvaluation, double>? onLook = null, int restartEvery = 0)
    {
        const int Users = 400;
        var options = new RolloutOptions { Alpha = alpha, WarmupCalls = 10 };
        options.NonInferiority("mae", margin: 1e-6);
        var evidence = new RolloutEvidence(options, TimeProvider.System, default);
        bool isWorse = false;
        evidence.ShownWorse = () => isWorse = true;

        var users = new (ulong Key, double Rate, double Loss)[Users];
        var turns = new List<int>();
        for (int i = 0; i < Users; i++)
        {
            users[i] = (NewKey(), Beta(0.3, 2.7), Uniform());
            turns.AddRange(Enumerable.Repeat(i, Activity(most: calls)));
        }

        for (int call = 0; call < calls && !isWorse; call++)
        {
            (ulong key, double rate, double loss) = users[turns[(int)(Uniform() * turns.Count)]];
            bool isCandidate = key < share * Math.Pow(2, 64);
            if (Uniform() < rate)
            {
                evidence.OnFault(key, isCandidate, share);
                continue;
            }

            var id = PredictionId.Next();
            evidence.OnAnswer(key, isCandidate, share, Run(Math.Exp(loss + Uniform()), rows: 1, at: call + 1), id, predicted: 0);
            if (Uniform() < 0.5)
                evidence.OnOutcome(new PredictionOutcome { Model = "m", Id = id, Value = loss * Uniform(), Timestamp = default });
            if (restartEvery > 0 && call % restartEvery == restartEvery - 1)
            {
                evidence = RolloutEvidence.Restore(options, TimeProvider.System, default, evidence.Save("s"), "s")!;
                evidence.ShownWorse = () => isWorse = true;
            }

            if (onLook is not null && call % 50 == 0)
                share = onLook(options, share, evidence.Evaluate(Stable, Candidate));
        }

        return isWorse;
    }

    /// <summary>
    /// Two versions, the same or one slower, that do not batch alike: while the machine is busy the stable version's runs have many rows and the candidate's few.
    /// </summary>
    /// <param name="alpha">Of the rollout.</param>
    /// <param name="margin">Of the computing time.</param>
    /// <param name="slowness">How many times as long the candidate takes.</param>
    /// <param name="runs">Runs of either version.</param>
    /// <returns>Whether it was ever called worse, and whether ever within the margin.</returns>
    public (bool IsWorse, bool IsWithin) CompareTimes(double alpha, double margin, double slowness, int runs)
    {
        var options = new RolloutOptions { Alpha = alpha, ComputeTimeMargin = margin, WarmupCalls = 1 };
        var evidence = new RolloutEvidence(options, TimeProvider.System, default);
        double load = 0, logLimit = -Math.Log(alpha);
        long now = 0;
        bool isWithin = false;
        for (int i = 0; i < runs; i++)
        {
            // The load wanders between quiet and busy; a run takes up to four times as long while it is busy.
            load = Math.Clamp(load + (0.2 * (Uniform() - 0.5)), 0, 1);
            Take(isCandidate: false, rows: 1 + (int)(load * 8 * Uniform()));
            if (Uniform() < 0.3)
                Take(isCandidate: true, rows: 1 + (int)(load * 2 * Uniform()));
            RolloutMetric time = evidence.Evaluate(Stable, Candidate).Metrics[1];
            isWithin |= time.LogWithinMargin >= logLimit;
            if (time.LogWorse >= logLimit)
                return (true, isWithin);
        }

        return (false, isWithin);

        void Take(bool isCandidate, int rows)
        {
            double work = 20 + rows, noise = Math.Exp(0.6 * (Uniform() - 0.5));
            RunTime run = Run(work * (1 + (3 * load)) * noise * (isCandidate ? slowness : 1), rows, now += 1000);
            for (int call = 0; call < rows; call++)
                evidence.OnAnswer(NewKey(), isCandidate, 0.3, run, default, predicted: null);
        }
    }

    /// <summary>Runs of several calls, of which some fail as a whole, equally often with either version: whether the candidate was ever called worse.</summary>
    public bool IsRolledBackByWholeRuns(double alpha, double share, int runs)
    {
        var evidence = new RolloutEvidence(new RolloutOptions { Alpha = alpha }, TimeProvider.System, default);
        bool isWorse = false;
        evidence.ShownWorse = () => isWorse = true;
        for (int i = 0; i < runs && !isWorse; i++)
        {
            bool isCandidate = Uniform() < share;
            int calls = 1 + (int)(Uniform() * (isCandidate ? 8 : 16));

            // As many failures for as many calls, so that larger runs fail more often.
            FailedRun? failed = Uniform() < 0.02 * calls ? new FailedRun(calls) : null;
            for (int call = 0; call < calls; call++)
            {
                if (failed is null)
                    evidence.OnAnswer(NewKey(), isCandidate, share, default, default, predicted: null);
                else
                    evidence.OnFault(NewKey(), isCandidate, share, calls > 1 ? failed : null);
            }
        }

        return isWorse;
    }

    /// <summary>Keys with rates of failure of their own, the candidate's higher by exactly the margin: whether it was ever called within the margin.</summary>
    public bool IsPromotedAtTheMargin(double alpha, double share, double margin, int keys)
    {
        var options = new RolloutOptions { Alpha = alpha, ComputeTimeMargin = null, ErrorMargin = margin, MinimumKeys = 1 };
        var evidence = new RolloutEvidence(options, TimeProvider.System, default);
        for (int i = 0; i < keys; i++)
        {
            if (i % 10 == 0 && evidence.Evaluate(Stable, Candidate).Verdict == RolloutVerdict.Promote)
                return true;

            bool isCandidate = Uniform() < share;
            double rate = (0.2 * Uniform()) + (isCandidate ? margin : 0);
            if (Uniform() < rate)
                evidence.OnFault(NewKey(), isCandidate, share);
            else
                evidence.OnAnswer(NewKey(), isCandidate, share, default, default, predicted: null);
        }

        return evidence.Evaluate(Stable, Candidate).Verdict == RolloutVerdict.Promote;
    }

    /// <summary>Keys with one call each, of which so many fail: how many the candidate answered until it was called worse; <c>null</c> if it was not.</summary>
    public int? KeysUntilRollback(double share, double stableRate, double candidateRate, int mostKeys)
    {
        var evidence = new RolloutEvidence(new RolloutOptions(), TimeProvider.System, default);
        bool isWorse = false;
        evidence.ShownWorse = () => isWorse = true;
        int candidateKeys = 0;
        while (candidateKeys < mostKeys)
        {
            bool isCandidate = Uniform() < share;
            candidateKeys += isCandidate ? 1 : 0;
            if (Uniform() < (isCandidate ? candidateRate : stableRate))
                evidence.OnFault(NewKey(), isCandidate, share);
            else
                evidence.OnAnswer(NewKey(), isCandidate, share, default, PredictionId.Next(), predicted: null);
            if (isWorse)
                return candidateKeys;
        }

        return null;
    }

    private static RunTime Run(double time, int rows, long at) => new((long)(1000 * time), rows, at);

    /// <summary>The least number that at least 99.9 % of so many trials of that probability do not exceed.</summary>
    public static int BinomialQuantile(int trials, double probability)
    {
        double log = trials * Math.Log(1 - probability), sum = Math.Exp(log);
        int k = 0;
        for (; sum < 0.999; k++)
        {
            log += Math.Log((trials - k) / (k + 1.0) * (probability / (1 - probability)));
            sum += Math.Exp(log);
        }

        Debug.Assert(k < trials);
        return k;
    }
}
