using System.Globalization;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Compares the latest errors with the baseline.</summary>
internal static class ErrorComparison
{
    private const double PowerQuantile = 0.8416212335729143;

    public static ErrorDrift Compare(ErrorBaseline? baseline, DriftMonitorOptions options, double[] predictions, double[] actuals)
    {
        ErrorThresholds thresholds = options.ErrorThresholds;
        ErrorMeasure measure = baseline?.Measure ?? options.ErrorMeasure;
        double decisionThreshold = baseline?.DecisionThreshold ?? options.DecisionThreshold;
        double[] errors = new double[predictions.Length];
        for (int i = 0; i < errors.Length; i++)
            errors[i] = measure.Error(predictions[i], actuals[i], decisionThreshold);
        Moments moments = Moments.Of(errors);
        ErrorDrift described = Describe(measure, decisionThreshold, moments, predictions, actuals, thresholds);
        if (baseline is null)
            return described with { Reason = "there is no error baseline for this version" };
        described = described with
        {
            BaselineMean = baseline.Mean,
            Effect = baseline.Mean > 0 && moments.Mean is { } mean ? (mean / baseline.Mean) - 1 : null,
        };
        if (moments.Count < thresholds.MinimumRows)
            return described with { Reason = $"{moments.Count} labelled predictions are too few; {thresholds.MinimumRows} are needed" };
        return moments.Variance is not { } variance || !double.IsFinite(variance)
            ? described with { Reason = "an error is so large that the errors' variance is no number" }
            : Decide(described, baseline, errors, moments, thresholds);
    }

    private static ErrorDrift Decide(ErrorDrift described, ErrorBaseline baseline, double[] errors, Moments moments, ErrorThresholds thresholds)
    {
        double inflation = Dependence.InflationOf<double>(errors);
        double ours = moments.Variance!.Value * inflation / moments.Count;
        double theirs = baseline.StandardDeviation * baseline.StandardDeviation * baseline.Inflation / baseline.Rows;
        double standardError = Math.Sqrt(ours + theirs);
        described = described with { Inflation = inflation };
        if (!(standardError > 0))
        {
            return described.Mean > baseline.Mean
                ? described with { Verdict = DriftVerdict.Drift, Reason = "the errors do not vary and are larger than the baseline" }
                : described with { Verdict = DriftVerdict.NoDrift, Reason = "the errors do not vary and are not larger than the baseline" };
        }

        // Satterthwaite's degrees of freedom, with effective counts.
        double n = Math.Max(2, moments.Count / inflation), m = Math.Max(2, baseline.Rows / baseline.Inflation);
        double freedom = (ours + theirs) * (ours + theirs) / ((ours * ours / (n - 1)) + (theirs * theirs / (m - 1)));
        double t = (described.Mean!.Value - baseline.Mean) / standardError;
        double p = StudentDistribution.Survival(t, freedom);
        double critical = StudentDistribution.TwoSidedQuantile(2 * thresholds.Alpha, freedom);
        double? detectable = baseline.Mean > 0 ? (critical + PowerQuantile) * standardError / baseline.Mean : null;
        (DriftVerdict verdict, string reason) = Judge(p, described.Effect, detectable, thresholds);
        return described with { Statistic = t, PValue = p, MinimumDetectableEffect = detectable, Verdict = verdict, Reason = reason };
    }

    private static (DriftVerdict Verdict, string Reason) Judge(double p, double? effect, double? detectable, ErrorThresholds thresholds)
    {
        bool significant = p <= thresholds.Alpha;
        bool large = effect is null || effect >= thresholds.EffectFloor;
        if (significant && large)
            return (DriftVerdict.Drift, $"the error is {Percent(effect)} above the baseline, p {Text(p)}");
        if (significant)
            return (DriftVerdict.NoDrift, $"significant (p {Text(p)}) but negligible: {Percent(effect)} is below the floor {Percent(thresholds.EffectFloor)}");
        return detectable <= thresholds.MaterialEffect
            ? (DriftVerdict.NoDrift, $"p {Text(p)}; an error {Percent(detectable)} above the baseline would have been found")
            : (DriftVerdict.Undecided, $"p {Text(p)}, but these rows find only an error {Percent(detectable)} above the baseline");
    }

    private static ErrorDrift Describe(
        ErrorMeasure measure, double decisionThreshold, Moments moments, double[] predictions, double[] actuals, ErrorThresholds thresholds)
    {
        ErrorDrift described = new()
        {
            Measure = measure,
            Verdict = DriftVerdict.Undecided,
            Reason = "",
            Rows = moments.Count,
            Mean = moments.Mean is { } mean ? Finite(mean) : null,
            EffectFloor = thresholds.EffectFloor,
        };
        if (predictions.Length == 0)
            return described;
        double[] residuals = new double[predictions.Length];
        double absolute = 0, squared = 0, relative = 0;
        for (int i = 0; i < residuals.Length; i++)
        {
            residuals[i] = predictions[i] - actuals[i];
            absolute += Math.Abs(residuals[i]);
            squared += residuals[i] * residuals[i];
            relative += Math.Abs(residuals[i] / actuals[i]);
        }

        double variation = Moments.Of(actuals).M2;
        return described with
        {
            MeanAbsoluteError = Finite(absolute / residuals.Length),
            RootMeanSquaredError = Finite(Math.Sqrt(squared / residuals.Length)),
            Bias = Moments.Of(residuals).Mean is { } bias ? Finite(bias) : null,
            MeanAbsolutePercentageError = Finite(relative / residuals.Length),
            Classification = measure is ErrorMeasure.Misclassification or ErrorMeasure.LogLoss ? ClassificationPerformance.Measure(predictions, actuals, decisionThreshold) : null,
            R2 = variation > 0 ? Finite(1 - (squared / variation)) : null,
        };
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    internal static string Percent(double? value) => value is { } v ? (100 * v).ToString("0.#", CultureInfo.InvariantCulture) + " %" : "unknown";
}
