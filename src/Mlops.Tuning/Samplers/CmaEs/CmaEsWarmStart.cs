namespace Mlops.Tuning;

/// <summary>
/// A first distribution from the trials of an earlier, similar study: a normal over its best tenth, widened by a tenth of the domain.
/// Nomura, Watanabe, Akimoto, Ozaki, Onishi: Warm starting CMA-ES for hyperparameter optimization (arXiv 2012.06932), gamma = alpha = 0.1.
/// </summary>
internal static class CmaEsWarmStart
{
    private const double Share = 0.1;
    private const double Widening = 0.1;

    /// <summary>Mean, deviation and a covariance of determinant 1, or null when no trial has all the parameters.</summary>
    public static (double[] Mean, double Deviation, double[][] Covariance)? From(
        IReadOnlyList<TrialRecord> trials, string[] names, ParameterDomain[] domains, UnitAxis[] axes, bool maximizes)
    {
        List<(double Value, double[] Point)> known = [];
        foreach (TrialRecord trial in trials)
        {
            if (trial is { State: TrialState.Completed, IsFeasible: true, Value: { } value } && Read(trial, names, domains, axes) is { } point)
            {
                known.Add((maximizes ? -value : value, point));
            }
        }

        if (known.Count == 0)
        {
            return null;
        }

        double[][] best = [.. known.OrderBy(static entry => entry.Value).Take((int)Math.Ceiling(Share * known.Count)).Select(static entry => entry.Point)];
        int n = names.Length;
        double[] mean = [.. Enumerable.Range(0, n).Select(d => best.Average(point => point[d]))];
        double[][] covariance = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n)
            .Select(j => best.Average(point => (point[i] - mean[i]) * (point[j] - mean[j])) + (i == j ? Widening * Widening : 0)).ToArray())];
        double[] values = new double[n];
        SymmetricEigen.Decompose(Array.ConvertAll(covariance, static row => (double[])row.Clone()), values, Array.ConvertAll(covariance, row => new double[n]));
        double deviation = Math.Exp(values.Sum(static value => Math.Log(value)) / 2 / n);
        return (mean, deviation, Array.ConvertAll(covariance, row => Array.ConvertAll(row, entry => entry / (deviation * deviation))));
    }

    private static double[]? Read(TrialRecord trial, string[] names, ParameterDomain[] domains, UnitAxis[] axes)
    {
        double[] point = new double[names.Length];
        for (int d = 0; d < point.Length; d++)
        {
            if (!trial.Parameters.TryGetValue(names[d], out ParameterValue value) || domains[d].ToCoordinate(value) is not { } coordinate)
            {
                return null;
            }

            point[d] = axes[d].ToUnit(coordinate);
        }

        return point;
    }
}
