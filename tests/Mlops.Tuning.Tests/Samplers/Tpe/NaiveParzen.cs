namespace Mlops.Tuning.Tests;

/// <summary>The Parzen estimator straight from its definition, rebuilt for every evaluation.</summary>
internal static class NaiveParzen
{
    public static double LogDensity(ParameterDomain[] domains, IReadOnlyList<(int Number, double[] At)> observations, double[] candidate)
    {
        (int Number, double[] At)[] sorted = [.. observations.OrderBy(static o => o.Number)];
        int n = sorted.Length;
        double[] weights = [.. Enumerable.Range(0, n).Select(i => Weight(i, n)), 1];
        double[] terms = new double[n + 1];
        for (int d = 0; d < domains.Length; d++)
        {
            double[] column = [.. sorted.Select(o => o.At[d])];
            double[] densities = domains[d].IsChoice ? Choice(domains[d], column, candidate[d]) : Number(domains[d], column, candidate[d]);
            for (int k = 0; k <= n; k++)
            {
                terms[k] += Math.Log(densities[k]);
            }
        }

        double largest = terms.Max();
        return largest + Math.Log(terms.Select((term, k) => weights[k] / weights.Sum() * Math.Exp(term - largest)).Sum());
    }

    // numpy: ones(n) below 25, else concatenate(linspace(1/n, 1, n - 25), ones(25)).
    private static double Weight(int i, int n) => n < 25 || i >= n - 25 ? 1
        : n == 26 ? 1.0 / n
        : (1.0 / n) + (i * (1 - (1.0 / n)) / (n - 26));

    private static double[] Choice(ParameterDomain domain, double[] observed, double candidate)
    {
        int count = domain.Choices.Count;
        double share = 1.0 / (observed.Length + 1);
        return [.. observed.Select(o => ((o == candidate ? 1 : 0) + share) / (1 + (count * share))), 1.0 / count];
    }

    private static double[] Number(ParameterDomain domain, double[] observed, double candidate)
    {
        double half = (domain.Step ?? 0) / 2;
        double low = Scale(domain.Low - half);
        double high = Scale(domain.High + half);
        double[] means = [.. observed.Select(Scale)];
        int n = means.Length;
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => means[i]).ThenBy(static i => i)];
        double[] ends = [low, .. order.Select(i => means[i]), high];
        double[] widths = [.. Enumerable.Range(1, n).Select(i => Math.Max(ends[i] - ends[i - 1], ends[i + 1] - ends[i]))];
        if (n >= 2)
        {
            widths[0] = ends[2] - ends[1];
            widths[^1] = ends[^2] - ends[^3];
        }

        double[] deviations = new double[n];
        for (int i = 0; i < n; i++)
        {
            deviations[order[i]] = Math.Clamp(widths[i], (high - low) / Math.Min(100, 2 + n), high - low);
        }

        return [.. means.Select((mean, i) => Density(mean, deviations[i])), Density((low + high) / 2, high - low)];

        double Density(double mean, double deviation)
        {
            double log = NormalLaw.LogMass((low - mean) / deviation, (high - mean) / deviation);
            if (half > 0)
            {
                return Math.Exp(NormalLaw.LogMass((Scale(candidate - half) - mean) / deviation, (Scale(candidate + half) - mean) / deviation) - log);
            }

            double z = (Scale(candidate) - mean) / deviation;
            return Math.Exp((-z * z / 2) - log) / (deviation * Math.Sqrt(2 * Math.PI));
        }

        double Scale(double x) => domain.Log ? Math.Log(x) : x;
    }
}
