namespace Mlops.Tuning;

/// <summary>
/// Gives a trial time: it is pruned only once its last reports, more than the patience, are all worse than the best one before them, and
/// then only if the wrapped pruner agrees. Thread-safe.
/// </summary>
public sealed class PatientPruner : IPruner
{
    private readonly IPruner? _wrapped;

    /// <summary>A pruner around another.</summary>
    /// <param name="wrapped">Decides about trials that have stopped improving; null prunes them all.</param>
    /// <param name="patience">How many reports without improvement are tolerated; 0 or more.</param>
    /// <param name="minimumGain">By how much a report must be better than before to count as good as before; 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public PatientPruner(IPruner? wrapped, int patience, double minimumGain = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(patience);
        if (!(minimumGain >= 0) || double.IsInfinity(minimumGain))
        {
            throw new ArgumentOutOfRangeException(nameof(minimumGain), minimumGain, "The least gain is a finite number, 0 or more.");
        }

        _wrapped = wrapped;
        Patience = patience;
        MinimumGain = minimumGain;
    }

    /// <inheritdoc/>
    public string Name => "patient";

    /// <inheritdoc/>
    public bool Pauses => _wrapped is { Pauses: true };

    /// <summary>How many reports without improvement are tolerated.</summary>
    public int Patience { get; }

    /// <summary>By how much the best earlier report must be better than all later ones.</summary>
    public double MinimumGain { get; }

    /// <inheritdoc/>
    public PruningVerdict Judge(PruningContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        IReadOnlyList<TrialReport> reports = context.Trial.Reports;
        int earlier = reports.Count - Patience - 1;
        if (earlier < 1)
        {
            return PruningVerdict.Continue;
        }

        double sign = context.Maximizes ? -1 : 1;
        double before = Best(reports.Take(earlier));
        double after = Best(reports.Skip(earlier));
        return before + MinimumGain < after ? _wrapped?.Judge(context) ?? PruningVerdict.Prune : PruningVerdict.Continue;

        // Reports of NaN are left out; without any other the comparison is false.
        double Best(IEnumerable<TrialReport> some) =>
            some.Select(report => sign * report.Value).Where(static value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Min();
    }
}
