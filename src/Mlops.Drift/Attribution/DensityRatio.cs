using System.Globalization;

namespace Mlops.Drift;

/// <summary>
/// How much more often rows like each reference row occur in a window than in the reference: weights with which means over reference rows become
/// means over the window's law of the inputs.
/// </summary>
/// <remarks>
/// <para>
/// A classifier tells window from reference; by Bayes' rule a row's ratio is <c>p / (1 - p)</c> times reference rows per window row (Bickel, Bruckner and
/// Scheffer 2009). Each row is weighed by a model that was not taught on it. Weights are kept within 1e-6 and <see cref="DensityRatioOptions.MaximumWeight"/>, then divided by
/// their mean.
/// </para>
/// <para>
/// Right as far as the classifier is calibrated and the reference has rows wherever the window has them. What the window alone
/// has cannot be weighed: then few effective rows are left, or the mean before division is far from the 1 that a ratio of densities has. Either makes it not reliable, and so does a classifier that orders new
/// rows the wrong way round.
/// </para>
/// </remarks>
public sealed record DensityRatio
{
    private const double Least = 1e-6;
    private const double LargestMissOfMean = 0.2;
    private const double LargestClippedShare = 0.01;
    private const double LeastArea = 0.45;

    /// <summary>One weight per reference row, positive, with mean 1.</summary>
    public required ReadOnlyMemory<double> Weights { get; init; }

    /// <summary>Rows of the window.</summary>
    public required int WindowRows { get; init; }

    /// <summary>Unweighted rows that would tell as much, (sum of weights)² / sum of squared weights (Kish 1965): 1 to the reference's rows.</summary>
    public required double EffectiveRows { get; init; }

    /// <summary>The weights' mean before division, with the largest ones clipped: near 1 when the reference has all that the window has.</summary>
    public required double RawMean { get; init; }

    /// <summary>Share of the reference rows whose weight was set to the largest allowed.</summary>
    public required double ClippedShare { get; init; }

    /// <summary>Area under the curve with which rows that are new to it are told apart: 0.5 for laws that cannot be told apart, 1 for laws that share no row.</summary>
    public required double RocAuc { get; init; }

    /// <summary>At least <see cref="DensityRatioOptions.MinimumEffectiveRows"/> effective rows, a raw mean within 0.8 and 1.25, at most 1 % clipped, and an area under the curve not clearly below 0.45.</summary>
    public required bool IsReliable { get; init; }

    /// <summary>Why it is, or is not, reliable, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Weighs the reference rows for a window.</summary>
    /// <param name="reference">The reference's rows.</param>
    /// <param name="window">The window's, of the same schema.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The schemas differ, a column is not filled or unknown, or a side has fewer rows than twice the folds.</exception>
    public static DensityRatio Estimate(DriftBatch reference, DriftBatch window, DensityRatioOptions? options = null)
    {
        options ??= new DensityRatioOptions();
        options.Validate();
        IReadOnlyList<DriftColumn> columns = ComparedBatches.Columns(reference, window, options.Columns, 2 * options.Folds);
        RowEncoding encoding = RowEncoding.Of(columns, squares: true, reference, window);
        return Of(encoding.Encode(reference), encoding.Encode(window), encoding.Width, options);
    }

    /// <summary>Weighs row-major numbers; columns are named 0, 1, ...</summary>
    /// <param name="reference">The reference's rows; NaN is a value that is absent.</param>
    /// <param name="window">The window's.</param>
    /// <param name="columns">Values per row, 1 to 10 000.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A side is no whole number of rows, or has fewer than twice the folds.</exception>
    public static DensityRatio EstimateRows(ReadOnlySpan<double> reference, ReadOnlySpan<double> window, int columns, DensityRatioOptions? options = null) =>
        Estimate(ComparedBatches.Of(reference, columns, nameof(reference)), ComparedBatches.Of(window, columns, nameof(window)), options);

    /// <summary>Of encoded rows.</summary>
    internal static DensityRatio Of(double[] reference, double[] window, int width, DensityRatioOptions options)
    {
        DomainClassifier classifier = DomainClassifier.Fit(reference, window, width, options);
        int n = reference.Length / width, m = window.Length / width, clipped = 0;
        double[] weights = new double[n];
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++)
        {
            double p = classifier.Scores[i], ratio = p / (1 - p) * n / m;
            clipped += ratio > options.MaximumWeight ? 1 : 0;
            weights[i] = Math.Clamp(ratio, Least, options.MaximumWeight);
            sum += weights[i];
            squares += weights[i] * weights[i];
        }

        double mean = sum / n, effective = sum * sum / squares, share = (double)clipped / n;
        for (int i = 0; i < n; i++)
            weights[i] /= mean;
        double area = classifier.Area();
        string? doubt = DoubtOf(area, n, m) ?? Doubt(effective, mean, share, options);
        return new DensityRatio
        {
            Weights = weights,
            WindowRows = m,
            EffectiveRows = effective,
            RawMean = mean,
            ClippedShare = share,
            RocAuc = area,
            IsReliable = doubt is null,
            Reason = doubt ?? string.Create(CultureInfo.InvariantCulture, $"{effective:F0} of {n} rows are effective"),
        };
    }

    internal void RequireReliable(string name)
    {
        if (!IsReliable)
            throw new ArgumentException($"Weighing reference rows like the window: the density ratio is not reliable, {Reason}. Look at IsReliable first, and estimate without the ratio or bring more reference rows.", name);
    }

    private static string? Doubt(double effective, double mean, double clipped, DensityRatioOptions options)
    {
        if (effective < options.MinimumEffectiveRows)
            return string.Create(CultureInfo.InvariantCulture, $"{effective:F0} effective rows are too few; {options.MinimumEffectiveRows} are needed");
        if (mean is < 1 - LargestMissOfMean or > 1 / (1 - LargestMissOfMean))
            return string.Create(CultureInfo.InvariantCulture, $"the weights' mean is {mean:F2} instead of 1: the reference lacks rows that the window has");
        return clipped > LargestClippedShare
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * clipped:F1} % of the rows would weigh more than {options.MaximumWeight}: the reference has few rows where the window has many")
            : null;
    }

    /// <summary>New rows ordered by less than chance, by more than chance can: what the classifier holds on to is no property of the rows.</summary>
    private static string? DoubtOf(double area, int reference, int window)
    {
        // The standard error of the area where there is nothing to tell (Mann and Whitney 1947).
        double error = Math.Sqrt((reference + window + 1) / (12.0 * reference * window));
        return area < LeastArea && area < 0.5 - (3 * error)
            ? string.Create(CultureInfo.InvariantCulture, $"the classifier orders rows that are new to it the wrong way round, area under the curve {area:F2}: it tells something else than the rows' law")
            : null;
    }
}
