using System.Text.Json;

namespace Mlops.Statistics.Tests;

internal sealed partial class GoldenTests
{
    [TestCaseSource(nameof(Expectations), new object[] { "table" })]
    public void Golden_table(JsonElement item, string name, JsonElement expected)
    {
        long[][] rows = [.. item.GetProperty("table").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetInt64()).ToArray())];
        IgnoreWhenNotPorted(name);
        if (TablesOfMoreRows.Contains(item.GetProperty("id").GetString()!) && name is not ("jensenshannon" or "psi" or "distances" or "kl"))
            Assert.Ignore("Tests of more than two rows are not ported.");
        long[] r = rows[0], c = rows[1];
        switch (name)
        {
            case "chi2_contingency_yates_if_dof1":
                Verify(ChiSquare.Test(r, c, mergeRare: false, yates: true), expected);
                break;
            case "chi2_contingency_nocorr":
                Verify(ChiSquare.Test(r, c, mergeRare: false), expected);
                break;
            case "jensenshannon":
                Close(JensenShannon.Distance(r, c), expected.GetProperty("distance_nat"), 1e-12);
                Close(JensenShannon.DistanceBase2(r, c), expected.GetProperty("distance_base2"), 1e-12);
                Close(JensenShannon.Divergence(r, c), expected.GetProperty("divergence_nat"), 1e-12);
                break;
            case "psi":
                Close(PopulationStabilityIndex.Compute(r, c), expected.GetProperty("laplace0.5"), 1e-12);
                Close(Evidently.PopulationStabilityIndex(r, c), expected.GetProperty("evidently"), 1e-12);
                break;
            case "distances":
                Close(Hellinger.Distance(r, c), expected.GetProperty("hellinger"), 1e-12);
                Close(ShareDistance.TotalVariation(r, c), expected.GetProperty("total_variation"), 1e-12);
                Close(ShareDistance.LInfinity(r, c), expected.GetProperty("l_infinity"), 1e-12);
                break;
            case "chisquare_onesample_evidently":
                TwoSampleResult oneSample = Evidently.ChiSquare(r, c);
                if (expected.TryGetProperty("undefined", out _))
                {
                    Assert.That(oneSample.Reason, Is.EqualTo(NotComputableReason.TooFewValues));
                    break;
                }

                Close(oneSample.Statistic, expected.GetProperty("statistic"), 1e-12);
                Close(oneSample.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "cramers_v":
                Close(CramersV.Compute(r, c), expected.GetProperty("cramers_v"), 1e-12);
                Close(CramersV.ComputeCorrected(r, c), expected.GetProperty("cramers_v_bias_corrected"), 1e-12);
                break;
            case "g_test_nocorr":
                Verify(GTest.Test(r, c, mergeRare: false), expected);
                break;
            case "g_test_yates_if_dof1":
                Verify(GTest.Test(r, c, mergeRare: false, yates: true), expected);
                break;
            case "kl":
                Close(KullbackLeibler.RawDivergence(r, c), expected.GetProperty("kl_row0_row1_nat_raw"), 1e-12);
                Close(KullbackLeibler.RawDivergence(c, r), expected.GetProperty("kl_row1_row0_nat_raw"), 1e-12);
                break;
            case "fisher_exact":
                // Columns are misses and hits seen from the second row, whose odds ratio is scipy's reciprocal form a d / (b c).
                Close(FisherExact.Test(r[1], r[0] + r[1], c[1], c[0] + c[1]).Statistic, expected.GetProperty("oddsratio"), 1e-12);
                Close(FisherExact.Test(r[1], r[0] + r[1], c[1], c[0] + c[1]).PValue, expected.GetProperty("pvalue_two_sided"), 1e-9);
                Close(FisherExact.Test(r[1], r[0] + r[1], c[1], c[0] + c[1], Alternative.Less).PValue, expected.GetProperty("pvalue_less"), 1e-9);
                Close(FisherExact.Test(r[1], r[0] + r[1], c[1], c[0] + c[1], Alternative.Greater).PValue, expected.GetProperty("pvalue_greater"), 1e-9);
                break;
            default:
                FailAsUnknown(name);
                break;
        }
    }

    private static void Verify(TwoSampleResult result, JsonElement expected)
    {
        Close(result.Statistic, expected.GetProperty("statistic"), 1e-12);
        Close(result.PValue, expected.GetProperty("pvalue"), 1e-9);
        Assert.That(result.DegreesOfFreedom, Is.EqualTo(expected.GetProperty("dof").GetDouble()));
    }

    private static IEnumerable<TestCaseData> Adjustments() =>
        from item in GoldenFile.Array("multiple_testing").Select((value, index) => (value, index))
        from expected in item.value.GetProperty("expected").EnumerateObject()
        select new TestCaseData(item.value.GetProperty("p"), expected.Name, expected.Value)
            .SetName($"Golden multiple_testing {item.index} {expected.Name}");

    [TestCaseSource(nameof(Adjustments))]
    public void Golden_multiple_testing(JsonElement pValues, string name, JsonElement expected)
    {
        IgnoreWhenNotPorted(name);
        double[] p = GoldenFile.Numbers(pValues);
        if (name.StartsWith("fisher_combined", StringComparison.Ordinal))
        {
            (double statistic, double combined) = MultipleTesting.CombineFisher(p);
            Close(name == "fisher_combined_p" ? combined : statistic, expected, 1e-12);
            return;
        }

        double[]? adjusted = name switch
        {
            "bonferroni" => MultipleTesting.Bonferroni(p),
            "holm" => MultipleTesting.Holm(p),
            "hochberg" => MultipleTesting.Hochberg(p),
            "benjamini_hochberg" => MultipleTesting.BenjaminiHochberg(p),
            "benjamini_yekutieli" => MultipleTesting.BenjaminiYekutieli(p),
            _ => null,
        };
        if (adjusted is null)
        {
            FailAsUnknown(name);
            return;
        }

        Assert.That(adjusted, Is.EqualTo(GoldenFile.Numbers(expected)).Within(1e-12));
    }
}
