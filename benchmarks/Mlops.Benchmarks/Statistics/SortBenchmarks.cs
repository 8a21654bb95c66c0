using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>A million values in random order, copied and sorted; ns per value.</summary>
[MemoryDiagnoser]
public class SortBenchmarks
{
    private readonly double[] _doubleBuffer = new double[Samples.N];
    private readonly float[] _floatBuffer = new float[Samples.N];
    private double[] _doubles = [];
    private float[] _floats = [];

    [GlobalSetup]
    public void Setup()
    {
        _doubles = Samples.Normal(3);
        _floats = Samples.ToSingle(_doubles);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "Array.Sort, float")]
    public void ArraySortOfFloats()
    {
        _floats.CopyTo(_floatBuffer, 0);
        Array.Sort(_floatBuffer);
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "RadixSort, float")]
    public void RadixOfFloats()
    {
        _floats.CopyTo(_floatBuffer, 0);
        RadixSort.Sort(_floatBuffer);
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Array.Sort, double")]
    public void ArraySortOfDoubles()
    {
        _doubles.CopyTo(_doubleBuffer, 0);
        Array.Sort(_doubleBuffer);
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "RadixSort, double")]
    public void RadixOfDoubles()
    {
        _doubles.CopyTo(_doubleBuffer, 0);
        RadixSort.Sort(_doubleBuffer);
    }
}
