using System.Text.Json;

namespace Mlops.Statistics.Tests;

internal sealed partial class GoldenTests
{
    private static IEnumerable<TestCaseData> KernelCases() =>
        GoldenFile.Array("mmd").Select(static (item, i) => new TestCaseData(item).SetName($"Golden mmd {i}"));

    [TestCaseSource(nameof(KernelCases))]
    public void Golden_mmd(JsonElement item)
    {
        int dimension = item.GetProperty("dim").GetInt32();
        double[] x = GoldenSample.Build(item.GetProperty("x_rowmajor")), y = GoldenSample.Build(item.GetProperty("y_rowmajor"));
        double sigma = item.GetProperty("sigma").GetDouble();
        JsonElement expected = item.GetProperty("expected");

        TwoSampleResult result = MaximumMeanDiscrepancy.Test(x, y, dimension, new() { Bandwidth = sigma, Permutations = 99 });

        Close(result.Statistic, expected.GetProperty("mmd2_unbiased"), 1e-12);
        Close(MaximumMeanDiscrepancy.Biased(x, y, dimension, sigma), expected.GetProperty("mmd2_biased"), 1e-12);
        double bandwidth = GaussianKernel.MedianBandwidth((double[])[.. x, .. y], dimension)!.Value;
        Close(2 * bandwidth * bandwidth, expected.GetProperty("median_pairwise_sq_dist_pooled_offdiag"), 1e-12);
    }
}
