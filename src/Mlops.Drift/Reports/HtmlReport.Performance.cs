namespace Mlops.Drift;

/// <summary>What the report says of the model's errors, lately and by window, and of groups.</summary>
internal sealed partial class HtmlReport
{
    private void Errors(ErrorDrift error)
    {
        _html.Append("<h2>Error: ").Append(Verdict(error.Verdict)).Append("</h2>\n<p>").Append(Encode(error.Reason)).Append("</p>\n<dl>");
        Fact("Mean error", Number(error.Mean));
        Fact("Baseline", Number(error.BaselineMean));
        if (error.Classification is { } classification)
            Classification(classification);
        else
            Regression(error);
        Fact("Labelled rows", Count(error.Rows));
        if (error.Change is { } change)
            Fact("Changes found", change.LastAt is { } at ? $"{Count(change.Changes)} by {change.Detector}, the last {Time(at)}" : $"none by {change.Detector}");
        _html.Append("</dl>\n");
    }

    private void EstimatedError(EstimatedError error)
    {
        _html.Append("<h2>Estimated error: ").Append(Verdict(error.Verdict)).Append("</h2>\n<p>").Append(Encode(error.Reason)).Append("</p>\n<dl>");
        Fact("Measure", error.Measure.ToString());
        Fact("Mean error", Interval(error.Mean));
        Fact("Reference", Number(error.ReferenceMean));
        Fact("Rows", Count(error.Rows));
        _html.Append("</dl>\n");
    }

    private void EstimatedPerformance(EstimatedPerformance performance)
    {
        _html.Append("<h2>Estimated performance</h2>\n<p class=\"d\">Without labels, as long as a score means what it did; intervals are for what will be realised.</p>\n<dl>");
        Fact("Accuracy", Interval(performance.Accuracy));
        Fact("Precision", Interval(performance.Precision));
        Fact("Recall", Interval(performance.Recall));
        Fact("F1", Interval(performance.F1));
        Fact("ROC AUC", Interval(performance.RocAuc));
        Fact("Rows", Count(performance.Rows));
        Fact("Beyond the reference's scores", performance.BeyondReference > 0 ? Number(performance.BeyondReference) : null);
        _html.Append("</dl>\n");
    }

    private static string Interval(EstimatedMetric? metric) => metric is { } m ? $"{Number(m.Value)} ({Number(m.Lower)} to {Number(m.Upper)})" : Number(null);

    private void Regression(ErrorDrift error)
    {
        Fact("MAE", Number(error.MeanAbsoluteError));
        Fact("RMSE", Number(error.RootMeanSquaredError));
        Fact("MAPE", Number(error.MeanAbsolutePercentageError));
        Fact("Bias", Number(error.Bias));
        Fact("R2", Number(error.R2));
    }

    private void Classification(ClassificationPerformance performance)
    {
        Fact("Accuracy", Number(performance.Accuracy));
        Fact("Precision", Number(performance.Precision));
        Fact("Recall", Number(performance.Recall));
        Fact("F1", Number(performance.F1));
        Fact("ROC AUC", Number(performance.RocAuc));
        Fact("Average precision", Number(performance.AveragePrecision));
        Fact("Log-loss", Number(performance.LogLoss));
        Fact("Brier", Number(performance.Brier));
        Fact("Calibration error", Number(performance.CalibrationError));
        Fact("Positives", Count(performance.Positives));
    }

    private void LabelledWindows()
    {
        _html.Append("<h2>Labels of ended windows</h2>\n<p class=\"d\">Windows for which labels have come since they were judged last.</p>\n")
            .Append("<table><thead><tr><th>Window</th><th>Verdict</th><th>Before</th><th class=\"n\">Labelled</th><th class=\"n\">Mean error</th><th class=\"n\">Baseline</th><th>Reason</th></tr></thead><tbody>\n");
        foreach (WindowPerformance window in report.LabelledWindows)
        {
            _html.Append("<tr><td>").Append(window.From is { } from && window.To is { } to ? $"{Time(from)} to {Time(to)}" : "").Append("</td><td>").Append(Verdict(window.Error.Verdict))
                .Append("</td><td>").Append(window.Before is { } before ? Verdict(before) : "").Append("</td><td class=\"n\">").Append(Count(window.Labelled)).Append(" of ").Append(Count(window.Rows))
                .Append("</td><td class=\"n\">").Append(Number(window.Error.Mean)).Append("</td><td class=\"n\">").Append(Number(window.Error.BaselineMean))
                .Append("</td><td class=\"w\">").Append(Encode(window.Error.Reason)).Append("</td></tr>\n");
        }

        _html.Append("</tbody></table>\n");
    }

    private void Gaps()
    {
        _html.Append("<h2>Groups</h2>\n<p class=\"d\">The largest gap between two groups since the version is live; its interval holds at all times.</p>\n")
            .Append("<table><thead><tr><th>By</th><th>Rate</th><th class=\"n\">Gap</th><th class=\"n\">At least</th><th class=\"n\">At most</th><th>Lowest</th><th>Highest</th><th></th></tr></thead><tbody>\n");
        foreach (GroupGap gap in report.GroupGaps.Where(static gap => gap.Value is not null))
        {
            _html.Append("<tr><td class=\"w\">").Append(Encode(gap.Column ?? "")).Append("</td><td>").Append(gap.Kind).Append("</td><td class=\"n\">").Append(Number(gap.Value))
                .Append("</td><td class=\"n\">").Append(Number(gap.Lower)).Append("</td><td class=\"n\">").Append(Number(gap.Upper))
                .Append("</td><td class=\"w\">").Append(Encode(Cut(gap.Lowest ?? ""))).Append("</td><td class=\"w\">").Append(Encode(Cut(gap.Highest ?? "")))
                .Append("</td><td>").Append(gap.IsProven ? "<b class=\"Drift\">beyond the floor</b>" : "").Append("</td></tr>\n");
        }

        _html.Append("</tbody></table>\n");
    }
}
