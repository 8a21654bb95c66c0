using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>1,000 rows against 1,000 of 64 columns, no relabelling but the one needed; ns per comparison.</summary>
[MemoryDiagnoser]
public class MaximumMeanDiscrepancyBenchmarks
{
    private const int Rows = 1_000;
    private const int Columns = 64;
    private double[] _reference = [];
    private double[] _current = [];
    private float[] _singles = [];

    [GlobalSetup]
    public void Setup()
    {
        _reference = Samples.Normal(9, Rows * Columns);
        _current = Samples.Normal(10, Rows * Columns);
        _singles = Samples.ToSingle([.. _reference, .. _current]);
    }

    [Benchmark(Baseline = true, Description = "TensorPrimitives.Distance per pair and exp, float, sums only")]
    public double Tensors()
    {
        double sum = 0;
        for (int i = 0; i < 2 * Rows; i++)
        {
            ReadOnlySpan<float> row = _singles.AsSpan(i * Columns, Columns);
            for (int j = i + 1; j < 2 * Rows; j++)
            {
                float distance = TensorPrimitives.Distance(row, _singles.AsSpan(j * Columns, Columns));
                sum += MathF.Exp(-distance * distance / 128);
            }
        }

        return sum;
    }

    [Benchmark(Description = "MaximumMeanDiscrepancy.Test, double, 1 relabelling")]
    public double? Test() => MaximumMeanDiscrepancy.Test(_reference, _current, Columns, new() { Permutations = 1, Bandwidth = 8 }).Statistic;

    [Benchmark(Description = "MaximumMeanDiscrepancy.Estimate, double, given bandwidth")]
    public double? Estimate() => MaximumMeanDiscrepancy.Estimate(_reference, _current, Columns, new() { Bandwidth = 8 });
}
