using System.Text.Json;

namespace Mlops.Statistics.Tests;

internal sealed partial class GoldenTests
{
    private static readonly KolmogorovSmirnovOptions Continuous = new() { ConditionOnTies = false };
    private static readonly TwoSampleTestOptions AsymptoticLimit = new() { Method = PValueMethod.Asymptotic };
    private static readonly KolmogorovSmirnovOptions Asymptotic = new() { Method = PValueMethod.Asymptotic };

    [TestCaseSource(nameof(Expectations), new object[] { "two_sample" })]
    public void Golden_two_sample(JsonElement item, string name, JsonElement expected)
    {
        (double[] x, double[] y) = SamplesOf(item);
        IgnoreWhenNotPorted(name);
        switch (name)
        {
            case "ks_2samp_exact":
                TwoSampleResult ks = KolmogorovSmirnov.Test(x, y, Continuous);
                Close(ks.Statistic, expected.GetProperty("statistic"), 1e-12);
                if (expected.TryGetProperty("scipy_probably_fell_back_to_asymp", out JsonElement fell) && fell.ValueKind == JsonValueKind.True)
                    return;
                Assert.That(ks.PValueKind, Is.EqualTo(PValueKind.Exact));
                Close(ks.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "ks_exact_rational":
                ks = KolmogorovSmirnov.Test(x, y, Continuous);
                Close(ks.Statistic, expected.GetProperty("statistic"), 1e-12);
                Close(ks.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "ks_2samp_asymp":
                ks = KolmogorovSmirnov.Test(x, y, Asymptotic);
                Close(ks.Statistic, expected.GetProperty("statistic"), 1e-12);
                Close(ks.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "ks_kolmogorov_limit":
                ks = KolmogorovSmirnov.Test(x, y, Asymptotic);
                double z = Math.Sqrt(GoldenFile.Number(expected.GetProperty("note_en"))) * ks.Statistic!.Value;
                Close(Math.Exp(KolmogorovDistribution.LogLimitSurvival(z)), expected.GetProperty("pvalue"), 1e-9);
                break;
            case "moments_x":
                VerifyMoments(x, expected);
                break;
            case "psi_refquantile10":
                VerifyStabilityIndex(x, y, expected);
                break;
            case "mannwhitneyu_asymptotic_cc":
                TwoSampleResult u = MannWhitney.Test(x, y, AsymptoticLimit);
                Close(u.Statistic, expected.GetProperty("statistic"), 1e-12);
                if (u.PValueKind == PValueKind.Asymptotic)
                    Close(u.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "mannwhitneyu_auto":
                // scipy counts only up to eight values a side, and never with ties.
                u = int.Min(Kept(x).Length, Kept(y).Length) <= 8 && !Tied(x, y) ? MannWhitney.Test(x, y) : MannWhitney.Test(x, y, AsymptoticLimit);
                Close(u.Statistic, expected.GetProperty("statistic"), 1e-12);
                Close(u.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "mannwhitneyu_exact_noties":
                u = MannWhitney.Test(x, y);
                Close(u.Statistic, expected.GetProperty("statistic"), 1e-12);
                Assert.That(u.PValueKind, Is.EqualTo(PValueKind.Exact));

                // scipy's law ignores ties when it is told to; the default here is conditional on them.
                (int n, int m) = (Kept(x).Length, Kept(y).Length);
                double smaller = double.Min(u.Statistic!.Value, ((double)n * m) - u.Statistic.Value);
                Close(double.Min(1, 2 * MannWhitneyLaw.LowerTail(n, m, (long)smaller)!.Value), expected.GetProperty("pvalue"), 1e-9);
                if (!Tied(x, y))
                    Close(u.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "cramervonmises_2samp_exact":
                TwoSampleResult cvm = CramerVonMises.Test(x, y);
                Close(cvm.Statistic, expected.GetProperty("statistic"), 1e-12);
                if (cvm.PValueKind != PValueKind.Permutation)
                    Close(cvm.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "cramervonmises_2samp_asymptotic":
                // scipy cuts its series short, which costs digits below 1e-3; the law itself is tested against mpmath.
                cvm = CramerVonMises.Test(x, y, AsymptoticLimit);
                Close(cvm.Statistic, expected.GetProperty("statistic"), StatisticTolerance(x, y));
                Close(cvm.PValue, expected.GetProperty("pvalue"), 1e-9, GoldenFile.Number(expected.GetProperty("pvalue")) > 1e-3 ? 1e-300 : 3e-8);
                break;
            case "anderson_ksamp_midrank":
                TwoSampleResult ad = AndersonDarling.Test(x, y, AsymptoticLimit);
                if (expected.TryGetProperty("scipy_raises", out _))
                    Assert.That(ad.Reason, Is.EqualTo(NotComputableReason.ConstantSample));
                else
                    Close(ad.Statistic, expected.GetProperty("statistic"), 1e-9);
                break;
            case "epps_singleton_2samp_t0.4_0.8":
                TwoSampleResult es = EppsSingleton.Test(x, y);
                if (expected.TryGetProperty("scipy_raises", out _))
                {
                    Assert.That(es.PValue is null, Is.EqualTo(es.Reason is not null));
                    break;
                }

                if (es.Reason is not null)
                {
                    Assert.That((x.Distinct().Count(), y.Distinct().Count()), Is.EqualTo((1, 1)), "only there is scipy's value the rounding of zero by zero");
                    break;
                }

                Close(es.Statistic, expected.GetProperty("statistic"), 1e-9);
                Close(es.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "evidently_sturges_combined":
                EqualWidthBins sturges = Evidently.Bins(x, y)!.Value;
                Assert.That(sturges.Inner.BinCount, Is.EqualTo(expected.GetProperty("n_bins").GetInt32()));
                Assert.That((sturges.Low, sturges.High), Is.EqualTo((GoldenFile.Number(expected.GetProperty("edge_first")), GoldenFile.Number(expected.GetProperty("edge_last")))));
                Assert.That(sturges.Count(x).Counts, Is.EqualTo(expected.GetProperty("ref_counts").EnumerateArray().Select(c => c.GetInt64())));
                Assert.That(sturges.Count(y).Counts, Is.EqualTo(expected.GetProperty("cur_counts").EnumerateArray().Select(c => c.GetInt64())));
                Close(Evidently.PopulationStabilityIndex(x, y), expected.GetProperty("psi"), 1e-12, 1e-15);
                Close(Evidently.JensenShannonDistance(x, y), expected.GetProperty("jensenshannon_distance_nat"), 1e-9, 1e-12);
                Close(Evidently.KullbackLeiblerDivergence(x, y), expected.GetProperty("kl_ref_cur_zero_filled"), 1e-12, 1e-15);
                break;
            case "nannyml_doane_ref":
                Assert.That(NannyMl.Bins(x)!.Value.Inner.BinCount, Is.EqualTo(expected.GetProperty("n_bins").GetInt32()));
                Close(NannyMl.JensenShannonDistance(x, y), expected.GetProperty("jensenshannon_distance_base2"), 1e-9, 1e-12);
                Close(NannyMl.HellingerDistance(x, y), expected.GetProperty("hellinger"), 1e-12, 1e-15);
                break;
            case "ttest_welch":
                TwoSampleResult t = Welch.Test(x, y);
                if (double.IsInfinity(GoldenFile.Number(expected.GetProperty("statistic"))))
                {
                    Assert.That(t.Reason, Is.EqualTo(NotComputableReason.ConstantSample), "an infinite statistic is a typed absence here");
                    break;
                }

                Close(t.Statistic, expected.GetProperty("statistic"), 1e-11, 1e-13);
                Close(t.PValue, expected.GetProperty("pvalue"), 1e-9);
                break;
            case "wasserstein_distance":
                Close(Wasserstein.Distance(x, y), expected.GetProperty("statistic"), StatisticTolerance(x, y), 1e-15);
                break;
            case "wasserstein_evidently_normed":
                Close(Wasserstein.NormedDistance(x, y), expected.GetProperty("statistic"), StatisticTolerance(x, y), 1e-15);
                break;
            case "energy_distance":
                Close(EnergyDistance.Distance(x, y), expected.GetProperty("statistic"), StatisticTolerance(x, y), 1e-15);
                break;
            default:
                FailAsUnknown(name);
                break;
        }
    }

    private static double[] Kept(double[] values) => [.. values.Where(static v => !double.IsNaN(v))];

    private static bool Tied(double[] x, double[] y) => Kept([.. x, .. y]).Distinct().Count() < Kept(x).Length + Kept(y).Length;

    private static void VerifyMoments(double[] x, JsonElement expected)
    {
        Moments moments = Moments.Of(x);
        PreparedSample sorted = PreparedSample.From(x);
        foreach (JsonProperty value in expected.EnumerateObject())
        {
            double? actual = value.Name switch
            {
                "mean" => moments.Mean,
                "var_pop" => moments.PopulationVariance,
                "var_sample" => moments.Variance,
                "skew_biased" => moments.Skewness,
                "kurtosis_excess_biased" => moments.Kurtosis,
                "min" => moments.Min,
                "max" => moments.Max,
                "q01" => sorted.Quantile(0.01),
                "q25" => sorted.Quantile(0.25),
                "median" => sorted.Quantile(0.5),
                "q75" => sorted.Quantile(0.75),
                "q99" => sorted.Quantile(0.99),
                _ => throw new NotSupportedException(value.Name),
            };
            bool huge = Math.Abs(moments.Mean ?? 0) > 1e6 * (moments.StandardDeviation ?? 1);
            double relative = huge ? 1e-7 : value.Name is "skew_biased" or "kurtosis_excess_biased" or "mean" ? 1e-11 : 1e-12;
            double absolute = 1e-13 * double.Max(1, moments.StandardDeviation ?? 0);
            Close(actual, value.Value, relative, absolute);
        }
    }

    private static void VerifyStabilityIndex(double[] x, double[] y, JsonElement expected)
    {
        BinEdges edges = BinEdges.FromQuantiles(x, 10);
        double[] inner = GoldenFile.Numbers(expected.GetProperty("inner_edges"));
        Assert.That(edges.Inner.ToArray(), Is.EqualTo(inner).Within(1e-12).Percent);
        Histogram reference = new(BinEdges.FromInner(inner)), current = new(BinEdges.FromInner(inner));
        reference.Add(x);
        current.Add(y);
        Assert.That(reference.Counts.ToArray(), Is.EqualTo(expected.GetProperty("ref_counts").EnumerateArray().Select(c => c.GetInt64())));
        Assert.That(current.Counts.ToArray(), Is.EqualTo(expected.GetProperty("cur_counts").EnumerateArray().Select(c => c.GetInt64())));
        Close(PopulationStabilityIndex.Compute(reference, current), expected.GetProperty("psi_laplace0.5"), 1e-12, 1e-15);
    }
}
