namespace Mlops.Tuning;

/// <summary>
/// Importance as the Pearson divergence of a parameter's density among the best trials from that among all trials that have it, as a share of the sum over
/// parameters.
/// </summary>
internal sealed class PedAnova
{
    /// <summary>Fewer trials than this say nothing, as all of them would be among the best.</summary>
    public const int FewestTrials = 3;

    private const int FewestBest = 2;
    private const double Floor = 1e-12;

    private readonly CompletedTrials _trials;
    private readonly double _quantile;
    private readonly CellDensity?[] _densities;
    private readonly int[][] _cells;

    public PedAnova(CompletedTrials trials, double quantile)
    {
        _trials = trials;
        _quantile = quantile;
        _densities = Array.ConvertAll(trials.Domains, static domain => domain.IsSingle ? null : new CellDensity(domain));
        _cells = [.. _densities.Select((density, i) => density?.Place(trials.Columns[i]) ?? [])];
    }

    /// <summary>Every parameter's share among the given trials, which may repeat; the sum is 1 where anything varies.</summary>
    public double[] Shares(int[] trials)
    {
        // Most parameters are had by all trials, and sorting is what a resample costs.
        double bar = trials.Length < FewestTrials ? 0 : BarOf(trials);
        double[] shares = [.. _densities.Select((density, i) => density is null ? 0 : Divergence(density, _cells[i], trials, bar))];
        double sum = shares.Sum();
        int varying = _densities.Count(static density => density is not null);
        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = sum > 0 ? shares[i] / sum : _densities[i] is null ? 0 : 1.0 / varying;
        }

        return shares;
    }

    private double Divergence(CellDensity density, int[] cells, int[] trials, double barOfAll)
    {
        int[] having = Array.FindAll(trials, trial => cells[trial] >= 0);
        if (having.Length < FewestTrials)
        {
            return 0;
        }

        double bar = having.Length == trials.Length ? barOfAll : BarOf(having);
        int[] all = new int[density.Cells];
        int[] best = new int[density.Cells];
        foreach (int trial in having)
        {
            all[cells[trial]]++;
            best[cells[trial]] += _trials.Values[trial] <= bar ? 1 : 0;
        }

        double[] local = density.Of(all);
        double[] top = density.Of(best);
        double divergence = 0;
        for (int i = 0; i < local.Length; i++)
        {
            double ratio = ((top[i] + Floor) / (local[i] + Floor)) - 1;
            divergence += (local[i] + Floor) * ratio * ratio;
        }

        return divergence;
    }

    /// <summary>The largest value that counts as best.</summary>
    private double BarOf(int[] trials)
    {
        double[] values = Array.ConvertAll(trials, trial => _trials.Values[trial]);
        Array.Sort(values);
        return Math.Max(values[FewestBest - 1], values[(int)Math.Ceiling(_quantile * values.Length) - 1]);
    }
}
