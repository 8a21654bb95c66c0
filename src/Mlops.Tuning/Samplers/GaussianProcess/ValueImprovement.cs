namespace Mlops.Tuning;

/// <summary>With one objective: by how much a point lies below the best value.</summary>
internal sealed class ValueImprovement : Improvement
{
    private double[] _targets = [];
    private double _best;

    public override void Begin(IReadOnlyList<GaussianProcessRow> rows, Surrogate[] objectives, RandomStream random)
    {
        Span<double> targets = objectives[0].Targets(rows.Count);
        if (_targets.Length < targets.Length)
        {
            _targets = new double[targets.Length * 2];
        }

        targets.CopyTo(_targets);
        _best = double.PositiveInfinity;
        double worst = double.NegativeInfinity;
        for (int i = 0; i < targets.Length; i++)
        {
            _best = rows[i].Violation > 0 ? _best : Math.Min(_best, targets[i]);
            worst = Math.Max(worst, targets[i]);
        }

        // Without a feasible trial any value is an improvement, and only the chance of being feasible decides.
        _best = double.IsFinite(_best) ? _best : worst;
    }

    public override double Standing(int row) => _targets[row];

    public override void Add(ReadOnlySpan<double> expected) => _best = Math.Min(_best, expected[0]);

    public override double Log(ReadOnlySpan<double> means, ReadOnlySpan<double> variances, Span<double> byMeans, Span<double> byVariances) =>
        ExpectedImprovement.Log(_best, means[0], variances[0], out byMeans[0], out byVariances[0]);
}
