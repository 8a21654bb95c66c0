using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// Estimates what a model's predictions lose on rows whose labels are not known yet, from what they lost on rows like these (direct loss estimation). For regression
/// and classification. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A learner is taught the loss of labelled reference rows from their inputs and prediction; the mean of what it expects of the window's rows is the estimate. With
/// the window's <see cref="DensityRatio"/> the reference's residuals, each of a model that was not taught on the row, are weighed like the window and correct what the learner gets wrong there: right
/// when either the learner or the ratio is (Robins, Rotnitzky and Zhao 1994).
/// </para>
/// <para>
/// The interval is for the mean loss that will be realised: it holds the rows' own scatter (a second model, taught the squared residuals, says how large it is for
/// rows like the window's) and the estimate's error (models taught on resampled rows; with a ratio, the weighted residuals' error). It is normal, so windows should have a hundred
/// rows or more, and many more when few rows lose nearly everything. A 95 % interval measured held MAE and MSE in 93 and 91 % with 1 200 labelled reference rows, in 89 and 86 % with 300, the fewest allowed.
/// </para>
/// <para>
/// It sees covariate shift. It is blind to concept drift, where like rows lose more than before: then the estimate stays and reality moves. Rows beyond the reference's range are
/// taken for those at its edge.
/// </para>
/// </remarks>
public sealed class LossEstimator
{
    private const int FewestRows = 300;

    private readonly LossEstimatorOptions _options;
    private readonly DriftSchema _schema;
    private readonly RowEncoding _encoding;
    private readonly IFittedModel _model;
    private readonly IFittedModel _scatter;
    private readonly IFittedModel[] _resampled;
    private readonly double[] _residuals;
    private readonly int[] _used;
    private readonly int _referenceRows;
    private readonly double _mean;

    private LossEstimator(LossEstimatorOptions options, DriftSchema schema, RowEncoding encoding, LossFits fits, int[] used, int referenceRows, double mean)
    {
        _options = options.Copy();
        _schema = schema;
        _encoding = encoding;
        _model = fits.Model;
        _scatter = fits.Scatter;
        _resampled = fits.Resampled;
        _residuals = fits.Residuals;
        _used = used;
        _referenceRows = referenceRows;
        _mean = mean;
    }

    internal DriftSchema Schema => _schema;

    /// <summary>Teaches what rows lose. Use rows which the model itself was not fitted to.</summary>
    /// <param name="reference">Rows with inputs and prediction.</param>
    /// <param name="actuals">What really happened, per row; rows where it or the prediction is not finite are left out.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The schema has no prediction, a column is not filled or unknown, the lengths differ, or fewer than 300 rows can be used.</exception>
    public static LossEstimator Fit(DriftBatch reference, ReadOnlySpan<double> actuals, LossEstimatorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        options ??= new LossEstimatorOptions();
        options.Validate();
        if (reference.Schema.PredictionSlot < 0)
            throw new ArgumentException("The schema has no prediction, so nothing can be lost; declare it with Prediction.", nameof(reference));
        reference.RequireComplete(nameof(reference));
        if (actuals.Length != reference.Rows)
            throw new ArgumentException($"{reference.Rows} rows and {actuals.Length} outcomes do not pair.", nameof(actuals));
        IEnumerable<DriftColumn> inputs = ComparedBatches.Columns(reference.Schema, options.Columns).Where(static c => c.Role != ColumnRole.Prediction);
        RowEncoding encoding = RowEncoding.Of([.. inputs, reference.Schema.NumericColumns[reference.Schema.PredictionSlot]], squares: false, reference);
        double[] rows = encoding.Encode(reference);
        ReadOnlySpan<double> predictions = reference.Numbers(reference.Schema.PredictionSlot);
        List<int> used = [];
        List<double> losses = [];
        for (int i = 0; i < actuals.Length; i++)
        {
            double loss = options.Measure.Error(predictions[i], actuals[i], options.DecisionThreshold);
            if (!double.IsFinite(predictions[i]) || !double.IsFinite(actuals[i]) || !double.IsFinite(loss))
                continue;
            used.Add(i);
            losses.Add(loss);
        }

        if (used.Count < FewestRows)
            throw new ArgumentException($"{used.Count} rows with prediction and outcome are too few to learn from; {FewestRows} are needed.", nameof(reference));
        LossFits fits = LossFits.Of(encoding.TakeRows(rows, used), encoding.Width, [.. losses], options);
        return new LossEstimator(options, reference.Schema, encoding, fits, [.. used], reference.Rows, losses.Average());
    }

    /// <summary>Estimates the mean loss on a window.</summary>
    /// <param name="window">Rows of the reference's schema; those without a finite prediction are left out.</param>
    /// <param name="ratio">The window's ratio to the very reference rows of the fit, to correct the learner by; null (default) to trust the learner.</param>
    /// <exception cref="ArgumentException">The schema is another, a column is not filled, the ratio is not reliable, or it has another number of weights than the reference had rows.</exception>
    public EstimatedLoss Estimate(DriftBatch window, DensityRatio? ratio = null)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (_schema.DifferenceFrom(window.Schema) is { } difference)
            throw new ArgumentException($"The window's schema is another than the reference's: {difference}.", nameof(window));
        window.RequireComplete(nameof(window));
        if (ratio is not null && ratio.Weights.Length != _referenceRows)
            throw new ArgumentException($"The ratio weighs {ratio.Weights.Length} rows, the reference has {_referenceRows}.", nameof(ratio));
        ratio?.RequireReliable(nameof(ratio));
        ReadOnlySpan<double> predictions = window.Numbers(_schema.PredictionSlot);
        List<int> used = [];
        for (int i = 0; i < predictions.Length; i++)
        {
            if (double.IsFinite(predictions[i]))
                used.Add(i);
        }

        EstimatedLoss none = new() { Measure = _options.Measure, Rows = used.Count, ReferenceMean = _mean };
        if (used.Count == 0)
            return none;
        double[] rows = _encoding.TakeRows(_encoding.Encode(window), used);
        double mean = MeanOf(_model, rows);
        (double correction, double corrected) = ratio is null ? (0, 0) : Correction(ratio.Weights.Span);
        double variance = corrected + Moments.Of(Array.ConvertAll(_resampled, model => MeanOf(model, rows))).Variance!.Value;
        double scatter = Math.Max(0, MeanOf(_scatter, rows)) / used.Count;
        double half = NormalDistribution.SurvivalQuantile((1 - _options.Confidence) / 2) * Math.Sqrt(variance + scatter);
        double highest = _options.Measure == ErrorMeasure.Misclassification ? 1 : double.PositiveInfinity, value = Math.Clamp(mean + correction, 0, highest);
        return none with
        {
            Mean = new EstimatedMetric(value, Math.Max(0, value - half), Math.Min(highest, value + half)),
            StandardError = Math.Sqrt(variance),
            IsCorrected = ratio is not null,
        };
    }

    private double MeanOf(IFittedModel model, double[] rows)
    {
        int width = _encoding.Width, count = rows.Length / width;
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += model.Predict(rows.AsSpan(i * width, width));
        return sum / count;
    }

    /// <summary>The weighted mean of the residuals and its squared standard error.</summary>
    private (double Mean, double Variance) Correction(ReadOnlySpan<double> weights)
    {
        double sum = 0, total = 0, squares = 0;
        for (int i = 0; i < _used.Length; i++)
        {
            sum += weights[_used[i]] * _residuals[i];
            total += weights[_used[i]];
        }

        double mean = sum / total;
        for (int i = 0; i < _used.Length; i++)
        {
            double off = weights[_used[i]] * (_residuals[i] - mean) / total;
            squares += off * off;
        }

        return (mean, squares);
    }
}
