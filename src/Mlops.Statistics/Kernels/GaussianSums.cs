using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>Sums of a Gaussian kernel over the pairs of rows within and between two samples.</summary>
/// <param name="OfReference">Over different pairs of the first sample.</param>
/// <param name="OfCurrent">Over different pairs of the second sample.</param>
/// <param name="Between">Over pairs of one row of each.</param>
/// <param name="Matrix">Rows of the kernel matrix below its diagonal, the rest zero; empty where it was not asked for.</param>
internal readonly record struct GaussianSums(double OfReference, double OfCurrent, double Between, float[] Matrix)
{
    /// <summary>Floats from one row of the matrix to the next.</summary>
    public static int Stride(int rows) => (rows + LaneTree.Count - 1) & -LaneTree.Count;

    public static GaussianSums Of(ReadOnlySpan<double> rows, int dimension, int first, double bandwidth, bool keepMatrix)
    {
        if (VectorWidth.Is512)
            return Of<Lanes512>(rows, dimension, first, bandwidth, keepMatrix);
        return VectorWidth.Is256 ? Of<Lanes256>(rows, dimension, first, bandwidth, keepMatrix) : Of<Lanes128>(rows, dimension, first, bandwidth, keepMatrix);
    }

    /// <summary>One width by name, for the tests that compare them.</summary>
    internal static GaussianSums Of<TLanes>(ReadOnlySpan<double> rows, int dimension, int first, double bandwidth, bool keepMatrix)
        where TLanes : struct, ILanes<TLanes>
    {
        int count = rows.Length / dimension;
        float[] matrix = keepMatrix ? new float[count * Stride(count)] : [];
        Sink<TLanes> sink = new(first, count, double.Max(-0.5 / (bandwidth * bandwidth), -double.MaxValue), matrix);
        RowPairs.Visit<TLanes, Sink<TLanes>>(rows, dimension, ref sink);
        return sink.Finish();
    }

    private struct Sink<TLanes>(int firstSample, int count, double scale, float[] matrix) : IPairSink<TLanes>
        where TLanes : struct, ILanes<TLanes>
    {
        private readonly int _stride = Stride(count);
        private readonly TLanes _scale = TLanes.Create(scale);
        private TLanes _reference = TLanes.Create(0);
        private TLanes _current = TLanes.Create(0);
        private double _ofReference;
        private double _ofCurrent;
        private double _between;
        private int _block;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int row, int first, TLanes squared, int valid)
        {
            if (first != _block)
                Fold(first);
            TLanes kernel = LaneExponential.OfNegative(squared * _scale);
            if (valid < LaneTree.Count)
                kernel &= RowPairs.Mask<TLanes>(valid);
            if (row < firstSample)
                _reference += kernel;
            else
                _current += kernel;
            if (matrix.Length > 0)
                kernel.Store(matrix.AsSpan((row * _stride) + first, LaneTree.Count));
        }

        public GaussianSums Finish()
        {
            Fold(0);
            return new(_ofReference, _ofCurrent, _between, matrix);
        }

        /// <summary>Ends a block of sixteen rows, which may lie on both sides of the samples' border.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Fold(int next)
        {
            Span<double> reference = stackalloc double[LaneTree.Count], current = stackalloc double[LaneTree.Count];
            _reference.Store(reference);
            _current.Store(current);
            for (int lane = 0; lane < LaneTree.Count; lane++)
            {
                _ofReference += reference[lane];
                if (_block + lane < firstSample)
                    _between += current[lane];
                else
                    _ofCurrent += current[lane];
            }

            (_reference, _current, _block) = (TLanes.Create(0), TLanes.Create(0), next);
        }
    }
}
