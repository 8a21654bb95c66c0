using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// The law of how many of some independent events happen (Poisson-binomial), averaged over several sets of their probabilities. Exact up to
/// <see cref="LargestExact"/> events; beyond, the normal law with its correction for skewness (Volkova 1996), whose error falls with the variance.
/// </summary>
internal sealed class CountMixture(int events)
{
    public const int LargestExact = 1_000;

    // Farther out than this many deviations there is nothing that a quantile could meet.
    private const double Widest = 9;

    private readonly double[] _mass = new double[events + 1];
    private readonly double[] _own = new double[events + 1];
    private int _sets;

    public void Add(ReadOnlySpan<double> probabilities)
    {
        _sets++;
        if (events <= LargestExact)
            AddExact(probabilities);
        else
            AddNormal(probabilities);
    }

    /// <summary>The least count that is exceeded with probability 1 - <paramref name="probability"/> at most.</summary>
    public int Quantile(double probability)
    {
        double below = 0;
        for (int count = 0; count < events; count++)
        {
            below += _mass[count] / _sets;
            if (below >= probability)
                return count;
        }

        return events;
    }

    internal double Mass(int count) => _mass[count] / _sets;

    private void AddExact(ReadOnlySpan<double> probabilities)
    {
        Array.Clear(_own);
        _own[0] = 1;
        for (int i = 0; i < probabilities.Length; i++)
        {
            double p = probabilities[i], q = 1 - p;
            for (int count = i + 1; count > 0; count--)
                _own[count] = (_own[count] * q) + (_own[count - 1] * p);
            _own[0] *= q;
        }

        for (int count = 0; count <= events; count++)
            _mass[count] += _own[count];
    }

    private void AddNormal(ReadOnlySpan<double> probabilities)
    {
        double mean = 0, variance = 0, third = 0;
        foreach (double p in probabilities)
        {
            mean += p;
            variance += p * (1 - p);
            third += p * (1 - p) * (1 - (2 * p));
        }

        double deviation = Math.Sqrt(variance);
        if (!(deviation > 0))
        {
            _mass[(int)Math.Round(mean)]++;
            return;
        }

        double skewness = third / (variance * deviation), before = 0;
        int first = Math.Max(0, (int)(mean - (Widest * deviation))), last = Math.Min(events, (int)(mean + (Widest * deviation)));
        for (int count = first; count <= last; count++)
        {
            double x = (count + 0.5 - mean) / deviation;
            double density = Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
            double until = count == last ? 1 : Math.Clamp(NormalDistribution.Cumulative(x) + (skewness * (1 - (x * x)) * density / 6), before, 1);
            _mass[count] += until - before;
            before = until;
        }
    }
}
