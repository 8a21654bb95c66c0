using System.Buffers;

namespace Mlops.Statistics;

/// <summary>
/// A sorted copy without NaN in a pooled array, for the length of one comparison. Fresh arrays of a million values cost more in
/// page faults than the sort itself.
/// </summary>
internal readonly ref struct SortedSample
{
    private readonly double[] _rented;
    private readonly int _count;

    private SortedSample(double[] rented, int count)
    {
        _rented = rented;
        _count = count;
    }

    public ReadOnlySpan<double> Values => _rented.AsSpan(0, _count);

    public static SortedSample Rent(ReadOnlySpan<double> values)
    {
        double[] rented = ArrayPool<double>.Shared.Rent(values.Length);
        return new(rented, SampleSort.SortInto(values, rented));
    }

    public static SortedSample Rent(ReadOnlySpan<float> values)
    {
        double[] rented = ArrayPool<double>.Shared.Rent(values.Length);
        return new(rented, SampleSort.SortInto(values, rented));
    }

    public void Dispose() => ArrayPool<double>.Shared.Return(_rented);
}
