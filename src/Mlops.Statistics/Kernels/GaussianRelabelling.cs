using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Sums a stored kernel matrix again for sixteen labellings at once: lane r of the row of labels holds 1 where labelling r puts the row into the first sample.
/// Additions run in the rows' order, so bits do not depend on the vector width.
/// </summary>
internal static class GaussianRelabelling
{
    private const int Together = 4;

    /// <param name="matrix">Below its diagonal, see <see cref="GaussianSums"/>.</param>
    /// <param name="labels">Sixteen labels per row.</param>
    /// <param name="inside">Per labelling, the sum over pairs with both rows labelled.</param>
    /// <param name="between">Per labelling, the sum over pairs with one row labelled.</param>
    public static void Sum(float[] matrix, double[] labels, Span<double> inside, Span<double> between)
    {
        if (VectorWidth.Is512)
            Sum<Lanes512>(matrix, labels, inside, between);
        else if (VectorWidth.Is256)
            Sum<Lanes256>(matrix, labels, inside, between);
        else
            Sum<Lanes128>(matrix, labels, inside, between);
    }

    internal static void Sum<TLanes>(float[] matrix, double[] labels, Span<double> inside, Span<double> between)
        where TLanes : struct, ILanes<TLanes>
    {
        int count = labels.Length / LaneTree.Count, stride = GaussianSums.Stride(count);
        double[] wide = new double[Together * stride];
        TLanes both = TLanes.Create(0), one = TLanes.Create(0);
        for (int row = 0; row < count; row += Together)
        {
            int rows = int.Min(Together, count - row);
            for (int i = 0; i < rows; i++)
            {
                Span<double> target = wide.AsSpan(i * stride, stride);
                ReadOnlySpan<float> source = matrix.AsSpan((row + i) * stride, stride);
                for (int j = 0; j < row + i; j++)
                    target[j] = source[j];
                target[(row + i)..].Clear();
            }

            // Beyond the diagonal the matrix is zero, so all four rows take as many columns as the last.
            Rows(ref wide[0], stride, ref MemoryMarshal.GetArrayDataReference(labels), row + rows - 1, out TLanes a, out TLanes b, out TLanes c, out TLanes d);
            Add(row, 0, a);
            Add(row, 1, b);
            Add(row, 2, c);
            Add(row, 3, d);
        }

        both.Store(inside);
        one.Store(between);

        void Add(int row, int i, TLanes labelled)
        {
            if (row + i >= count)
                return;
            double all = 0;
            foreach (double value in wide.AsSpan(i * stride, row + i))
                all += value;
            TLanes own = TLanes.Load(ref labels[(row + i) * LaneTree.Count]), inBoth = own * labelled;
            both += inBoth;
            one += labelled - inBoth + ((own * TLanes.Create(all)) - inBoth);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rows<TLanes>(ref double wide, int stride, ref double labels, int columns, out TLanes a, out TLanes b, out TLanes c, out TLanes d)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes s0 = TLanes.Create(0), s1 = s0, s2 = s0, s3 = s0;
        ref double second = ref Unsafe.Add(ref wide, stride);
        ref double third = ref Unsafe.Add(ref second, stride);
        ref double fourth = ref Unsafe.Add(ref third, stride);
        for (int column = 0; column < columns; column++)
        {
            TLanes labelled = TLanes.Load(ref Unsafe.Add(ref labels, column * LaneTree.Count));
            s0 = TLanes.MultiplyAdd(labelled, TLanes.Create(Unsafe.Add(ref wide, column)), s0);
            s1 = TLanes.MultiplyAdd(labelled, TLanes.Create(Unsafe.Add(ref second, column)), s1);
            s2 = TLanes.MultiplyAdd(labelled, TLanes.Create(Unsafe.Add(ref third, column)), s2);
            s3 = TLanes.MultiplyAdd(labelled, TLanes.Create(Unsafe.Add(ref fourth, column)), s3);
        }

        (a, b, c, d) = (s0, s1, s2, s3);
    }
}
