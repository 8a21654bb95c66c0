using System.Globalization;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Makes the checks of texts, adjusts them for each other and concludes.</summary>
internal sealed class TextComparison(TextDriftOptions options)
{
    // About a millisecond; beyond, the limit is good to a few percent.
    private static readonly KolmogorovSmirnovOptions LengthOptions = new() { MaximumCells = 1_000_000 };

    public TextDrift Compare(IReadOnlyList<string?> reference, IReadOnlyList<string?> current)
    {
        TextFeatures features = new();
        WordShares words = new();
        TextSample first = new(reference, features, words, isReference: true, options), second = new(current, features, words, isReference: false, options);
        TextCheck[] checks = Adjust(
        [
            MissingShare(first, second),
            Lengths(TextTest.Characters, first.Characters, second.Characters),
            Lengths(TextTest.Words, first.Words, second.Words),
            Domain(first, second),
        ]);
        (DriftVerdict verdict, string reason) = Conclude(checks, first.Count, second.Count);
        return new TextDrift
        {
            Verdict = verdict,
            Reason = reason,
            Checks = checks,
            TellingWords = words.Telling(first.Count, second.Count, options.Alpha, options.MaximumWords),
            ReferenceTexts = first.Given,
            CurrentTexts = second.Given,
            ReferenceTextsCompared = first.Count,
            CurrentTextsCompared = second.Count,
        };
    }

    private TextCheck MissingShare(TextSample first, TextSample second)
    {
        TextCheck check = new() { Test = TextTest.MissingShare, EffectFloor = options.MissingShareFloor };
        int missing = first.Missing + second.Missing, total = first.Given + second.Given;
        if (first.Given == 0 || second.Given == 0)
            return check with { NotTested = "a sample holds no text" };
        if (missing == 0 || missing == total)
            return check with { Effect = 0, NotTested = missing == 0 ? "no text is missing" : "all texts are missing" };
        TwoSampleResult normal = TwoProportionZ.Test(first.Missing, first.Given, second.Missing, second.Given);
        bool exact = (double)Math.Min(missing, total - missing) / total * Math.Min(first.Given, second.Given) < 5;
        return check with
        {
            Statistic = exact ? null : normal.Statistic,
            PValue = exact ? FisherExact.Test(first.Missing, first.Given, second.Missing, second.Given).PValue : normal.PValue,
            Effect = Math.Abs(normal.Effect!.Value.Value),
            MinimumDetectableEffect = MinimumDetectable.Share((double)missing / total, first.Given, second.Given, options.Alpha),
        };
    }

    private TextCheck Lengths(TextTest test, double[] first, double[] second)
    {
        TextCheck check = new() { Test = test, EffectFloor = options.LengthFloor };
        TwoSampleResult result = KolmogorovSmirnov.Test(first, second, LengthOptions);
        return result.PValue is null
            ? check with { NotTested = Words(result.Reason) }
            : check with
            {
                Statistic = result.Statistic,
                PValue = result.PValue,
                Effect = result.Statistic,
                MinimumDetectableEffect = MinimumDetectable.Distance(first.Length, second.Length, options.Alpha),
            };
    }

    private TextCheck Domain(TextSample first, TextSample second)
    {
        TextCheck check = new() { Test = TextTest.Domain, EffectFloor = options.AreaFloor };
        TwoSampleResult result = LinearClassifierTest.Test(first.Rows, second.Rows, options.Seed, TextFeatures.Weigh);
        return result.PValue is null
            ? check with { NotTested = Words(result.Reason) }
            : check with
            {
                Statistic = result.Statistic,
                PValue = result.PValue,
                Effect = result.Statistic,
                MinimumDetectableEffect = MinimumDetectable.Area(first.Count - (first.Count / 2), second.Count - (second.Count / 2), options.Alpha),
            };
    }

    private TextCheck[] Adjust(TextCheck[] checks)
    {
        double[] adjusted = MultipleTesting.BenjaminiHochberg([.. checks.Select(static check => check.PValue).OfType<double>()]);
        int at = 0;
        return Array.ConvertAll(checks, check =>
        {
            if (check.PValue is null)
                return check;
            double p = adjusted[at++];
            return check with { AdjustedPValue = p, IsDrift = p <= options.Alpha && check.Effect >= check.EffectFloor };
        });
    }

    private (DriftVerdict Verdict, string Reason) Conclude(TextCheck[] checks, int n, int m)
    {
        // Of several, what the texts are about says more than how long they are.
        if (Array.FindLast(checks, static check => check.IsDrift) is { } found)
            return (DriftVerdict.Drift, $"{Name(found.Test)} {Text(found.Effect)} is at least the floor of {Text(found.EffectFloor)}, adjusted p {Text(found.AdjustedPValue)}");
        TextCheck domain = checks[^1];
        // Alone among all checks it must be that much more significant.
        double alpha = options.Alpha / checks.Count(static check => check.PValue is not null);
        if (domain.PValue is null || MinimumDetectable.Area(n - (n / 2), m - (m / 2), alpha) is not { } detectable)
            return (DriftVerdict.Undecided, $"the content could not be tested: {domain.NotTested}");
        string smallest = Text(checks.Min(static check => check.AdjustedPValue));
        if (detectable > options.MaterialArea)
            return (DriftVerdict.Undecided, $"smallest adjusted p {smallest}, but so few texts find no area below {Text(detectable)} of a classifier");
        return Array.Find(checks, check => check.AdjustedPValue <= options.Alpha) is { } small
            ? (DriftVerdict.NoDrift, $"significant (adjusted p {smallest}) but negligible: {Name(small.Test)} {Text(small.Effect)} is below the floor {Text(small.EffectFloor)}")
            : (DriftVerdict.NoDrift, $"smallest adjusted p {smallest}; an area of {Text(detectable)} on the texts that did not teach the classifier would have been found");
    }

    private static string Name(TextTest test) => test switch
    {
        TextTest.MissingShare => "change of the missing share",
        TextTest.Characters => "KS distance of characters",
        TextTest.Words => "KS distance of words",
        _ => "area under the domain classifier's curve",
    };

    private static string Words(NotComputableReason? reason) => reason switch
    {
        NotComputableReason.EmptySample => "a sample holds no text",
        NotComputableReason.TooFewValues => "there are too few texts",
        _ => "the texts do not vary",
    };

    private static string Text(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "unknown";
}
