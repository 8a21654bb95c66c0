namespace Mlops.Statistics;

/// <summary>
/// Gradient boosting of shallow regression trees (Friedman 2001, with the second-order steps of Friedman, Hastie and Tibshirani 2000) on binned columns: what a linear
/// model misses, bends and columns that act together. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Each tree splits where <c>G_L² / (H_L + penalty) + G_R² / (H_R + penalty) - G² / (H + penalty)</c> gains most (G the sum of the loss's slopes, H of its curvatures), and
/// its leaves add <c>-rate G / (H + penalty)</c>. Nothing is drawn: equal rows give an equal model, whatever their order but for rounding. O(rows columns depth) per tree.
/// </para>
/// <para>NaN is a value of its own, below every number, in fitting and in predicting; splits can set it apart. Predictions do not go beyond what the leaves have seen.</para>
/// </remarks>
public sealed class BoostedTrees : IFittedModel
{
    private readonly double _start;
    private readonly bool _probability;
    private readonly RegressionTree[] _trees;
    private readonly double[] _losses;

    private BoostedTrees(int columns, double start, bool probability, RegressionTree[] trees, double[] losses)
    {
        FeatureCount = columns;
        _start = start;
        _probability = probability;
        _trees = trees;
        _losses = losses;
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <summary>Trees that were grown.</summary>
    public int TreeCount => _trees.Length;

    /// <summary>Mean loss on the rows of the fit, before the first tree and after each: squared error, or log loss of probabilities.</summary>
    public ReadOnlySpan<double> TrainingLosses => _losses;

    /// <summary>Fits the mean of a number (squared loss).</summary>
    /// <param name="rows">Row-major features; NaN and infinities are allowed.</param>
    /// <param name="columns">Features per row, at least 1.</param>
    /// <param name="targets">One finite target per row.</param>
    /// <param name="options">Null for the defaults.</param>
    public static BoostedTrees Fit(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> targets, BoostedTreesOptions? options = null)
    {
        Check(rows, columns, targets);
        double start = 0, largest = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            start += (targets[i] - start) / (i + 1);
            largest = double.Max(largest, Math.Abs(targets[i]));
        }

        // Squared rounding errors of the targets are no gain.
        return Boost(rows, columns, targets.ToArray(), start, false, 1e-28 * targets.Length * largest * largest, options ?? BoostedTreesOptions.Default);
    }

    /// <summary>Fits the probability of label 1 (log loss). With one class only it is (ones + 1) / (n + 2) everywhere.</summary>
    /// <param name="rows">Row-major features; NaN and infinities are allowed.</param>
    /// <param name="columns">Features per row, at least 1.</param>
    /// <param name="labels">0 or 1 per row.</param>
    /// <param name="options">Null for the defaults.</param>
    public static BoostedTrees FitProbability(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> labels, BoostedTreesOptions? options = null)
    {
        Check(rows, columns, labels);
        double ones = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] is not (0 or 1))
                throw new ArgumentException($"Labels must be 0 or 1; number {i} is {labels[i]}.", nameof(labels));
            ones += labels[i];
        }

        if (ones == 0 || ones == labels.Length)
        {
            double share = (ones + 1) / (labels.Length + 2), odds = Math.Log(share / (1 - share));
            return new(columns, odds, true, [], [Math.Log(1 + Math.Exp(ones == 0 ? odds : -odds))]);
        }

        return Boost(rows, columns, labels.ToArray(), Math.Log(ones / (labels.Length - ones)), true, 1e-10, options ?? BoostedTreesOptions.Default);
    }

    /// <inheritdoc/>
    public double Predict(ReadOnlySpan<double> features)
    {
        DesignMatrix.CheckRow(features, FeatureCount);
        double score = _start;
        foreach (RegressionTree tree in _trees)
            score += tree.Predict(features);
        return _probability ? LogisticRegression.Probability(score) : score;
    }

    private static void Check(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (targets.IsEmpty)
            throw new ArgumentException("At least one row is needed.", nameof(targets));
        if (rows.Length != (long)targets.Length * columns)
            throw new ArgumentException($"{targets.Length} targets with {columns} columns need {(long)targets.Length * columns} features; {rows.Length} were given.", nameof(rows));
        for (int i = 0; i < targets.Length; i++)
        {
            if (!double.IsFinite(targets[i]))
                throw new ArgumentException($"Targets must be finite; number {i} is {targets[i]}.", nameof(targets));
        }
    }

    private static BoostedTrees Boost(ReadOnlySpan<double> rows, int columns, double[] targets, double start, bool probability, double least, BoostedTreesOptions options)
    {
        RegressionTree.Grower grower = new(BinnedColumns.Of(rows, columns, options.Bins), targets.Length, options);
        double[] scores = new double[targets.Length], slopes = new double[targets.Length], curvatures = new double[targets.Length];
        Array.Fill(scores, start);
        Array.Fill(curvatures, 1);
        List<RegressionTree> trees = [];
        List<double> losses = [Derive(targets, scores, slopes, curvatures, probability)];
        while (trees.Count < options.Rounds && grower.Grow(slopes, curvatures, scores, least) is { } tree)
        {
            trees.Add(tree);
            losses.Add(Derive(targets, scores, slopes, curvatures, probability));
        }

        return new(columns, start, probability, [.. trees], [.. losses]);
    }

    /// <summary>Slope and curvature of every row's loss (half the squared error, or log loss) at its score; the mean loss.</summary>
    private static double Derive(double[] targets, double[] scores, double[] slopes, double[] curvatures, bool probability)
    {
        double loss = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            if (!probability)
            {
                slopes[i] = scores[i] - targets[i];
                loss += slopes[i] * slopes[i];
                continue;
            }

            double p = LogisticRegression.Probability(scores[i]), against = targets[i] == 1 ? -scores[i] : scores[i];
            slopes[i] = p - targets[i];
            curvatures[i] = double.Max(p * (1 - p), 1e-12);
            loss += double.Max(against, 0) + SaddlePoint.LogOnePlus(Math.Exp(-Math.Abs(against)));
        }

        return loss / targets.Length;
    }
}
