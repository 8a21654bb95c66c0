using System.Diagnostics;

namespace Mlops.Serving.Tests;

/// <summary>Users who call as often as a heavy-tailed law says, each with a rate of failure and a loss of its own, split between two versions.</summary>
internal sealed class Simulation(ulong seed)
{
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
    public bool IsRolledBackAgainstItself(double alpha, double share, int calls)
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
            evidence.OnAnswer(key, isCandidate, share, ticks: Math.Exp(loss + Uniform()), id, predicted: 0);
            if (Uniform() < 0.5)
                evidence.OnOutcome(new PredictionOutcome { Model = "m", Id = id, Value = loss * Uniform(), Timestamp = default });
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
            bool isCandidate = Uniform() < share;
            double rate = (0.2 * Uniform()) + (isCandidate ? margin : 0);
            if (Uniform() < rate)
                evidence.OnFault(NewKey(), isCandidate, share);
            else
                evidence.OnAnswer(NewKey(), isCandidate, share, ticks: 0, default, double.NaN);
        }

        return evidence.IsShownWithinMargins();
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
                evidence.OnAnswer(NewKey(), isCandidate, share, ticks: 1, PredictionId.Next(), double.NaN);
            if (isWorse)
                return candidateKeys;
        }

        return null;
    }

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
