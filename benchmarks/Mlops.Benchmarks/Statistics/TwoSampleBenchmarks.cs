using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>Two samples of a million values each; ns per value of the window.</summary>
[MemoryDiagnoser]
public class TwoSampleBenchmarks
{
    private double[] _reference = [];
    private double[] _same = [];
    private double[] _shifted = [];
    private float[] _singleReference = [];
    private float[] _singleSame = [];
    private float[] _singleShifted = [];
    private PreparedSample _prepared = PreparedSample.From([0.0]);
    private PreparedSample _singlePrepared = PreparedSample.From([0.0]);

    [GlobalSetup]
    public void Setup()
    {
        _reference = Samples.Normal(4);
        _same = Samples.Normal(5);
        _shifted = Samples.Normal(6, mean: 0.3);
        _singleReference = Samples.ToSingle(_reference);
        _singleSame = Samples.ToSingle(_same);
        _singleShifted = Samples.ToSingle(_shifted);
        _prepared = PreparedSample.From(_reference);
        _singlePrepared = PreparedSample.From(_singleReference);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "Array.Sort twice and walk, double, statistic only")]
    public double SortAndWalk()
    {
        double[] x = [.. _reference], y = [.. _same];
        Array.Sort(x);
        Array.Sort(y);
        double largest = 0;
        for (int i = 0, j = 0; i < x.Length && j < y.Length;)
        {
            double value = Math.Min(x[i], y[j]);
            while (i < x.Length && x[i] == value)
                i++;
            while (j < y.Length && y[j] == value)
                j++;
            largest = Math.Max(largest, Math.Abs(((double)i / x.Length) - ((double)j / y.Length)));
        }

        return largest;
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Kolmogorov-Smirnov, both unsorted, double")]
    public double? BothUnsorted() => KolmogorovSmirnov.Test(_reference, _same).PValue;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Kolmogorov-Smirnov, both unsorted, float")]
    public double? BothUnsortedFloats() => KolmogorovSmirnov.Test(_singleReference, _singleSame).PValue;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Kolmogorov-Smirnov, prepared reference, no difference, double")]
    public double? PreparedSame() => KolmogorovSmirnov.Test(_prepared, _same).PValue;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Kolmogorov-Smirnov, prepared reference, 0.3 sigma, double")]
    public double? PreparedShifted() => KolmogorovSmirnov.Test(_prepared, _shifted).PValue;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Kolmogorov-Smirnov, prepared reference, no difference, float")]
    public double? PreparedSameFloats() => KolmogorovSmirnov.Test(_singlePrepared, _singleSame).PValue;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Kolmogorov-Smirnov, prepared reference, 0.3 sigma, float")]
    public double? PreparedShiftedFloats() => KolmogorovSmirnov.Test(_singlePrepared, _singleShifted).PValue;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Wasserstein-1, both unsorted, double")]
    public double? WassersteinOfDoubles() => Wasserstein.Distance(_reference, _shifted);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Wasserstein-1, both unsorted, float")]
    public double? WassersteinOfFloats() => Wasserstein.Distance(_singleReference, _singleShifted);
}
