using System.Runtime.Intrinsics;

namespace Mlops.Statistics;

/// <summary>Products and sums of vectors of equal length, with fixed accumulators: the bits do not depend on the processor.</summary>
internal static class DotProduct
{
    public static double Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector256<double> even = Vector256<double>.Zero, odd = Vector256<double>.Zero;
        int i = 0;
        for (; i <= a.Length - (2 * Vector256<double>.Count); i += 2 * Vector256<double>.Count)
        {
            even += Vector256.Create(a[i..]) * Vector256.Create(b[i..]);
            odd += Vector256.Create(a[(i + Vector256<double>.Count)..]) * Vector256.Create(b[(i + Vector256<double>.Count)..]);
        }

        even += odd;
        double sum = even[0] + even[1] + (even[2] + even[3]);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>Adds a multiple of one vector to another.</summary>
    public static void AddTo(Span<double> sums, double factor, ReadOnlySpan<double> added)
    {
        Vector256<double> factors = Vector256.Create(factor);
        int i = 0;
        for (; i <= sums.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            (Vector256.Create<double>(sums[i..]) + (factors * Vector256.Create(added[i..]))).CopyTo(sums[i..]);
        for (; i < sums.Length; i++)
            sums[i] += factor * added[i];
    }

    /// <summary>Turns the plane of two vectors: a becomes cosine a + sine b, b becomes cosine b - sine a.</summary>
    public static void Rotate(Span<double> a, Span<double> b, double cosine, double sine)
    {
        Vector256<double> cosines = Vector256.Create(cosine), sines = Vector256.Create(sine);
        int i = 0;
        for (; i <= a.Length - Vector256<double>.Count; i += Vector256<double>.Count)
        {
            Vector256<double> x = Vector256.Create<double>(a[i..]), y = Vector256.Create<double>(b[i..]);
            ((cosines * x) + (sines * y)).CopyTo(a[i..]);
            ((cosines * y) - (sines * x)).CopyTo(b[i..]);
        }

        for (; i < a.Length; i++)
            (a[i], b[i]) = ((cosine * a[i]) + (sine * b[i]), (cosine * b[i]) - (sine * a[i]));
    }
}
