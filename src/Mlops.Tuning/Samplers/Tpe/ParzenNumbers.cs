using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlops.Tuning;

/// <summary>
/// Numbers and ordered choices: per kernel a truncated normal, on a grid integrated over its cells. A kernel is as wide as the gaps beside it, so observations are kept sorted.
/// </summary>
internal sealed class ParzenNumbers : ParzenDimension
{
    private static readonly double InverseSqrt2 = Math.Sqrt(0.5);

    // The prior's normal is cut off half a width on either side of its mean, whatever the domain.
    private static readonly double PriorMass = NormalLaw.LogMass(-0.5, 0.5);

    private readonly ParameterDomain _domain;
    private readonly double _low;
    private readonly double _high;
    private readonly double _halfStep;
    private readonly List<int> _order = [];
    private readonly Dictionary<(double Mean, double Deviation), int> _pairs = [];
    private double[] _means = [];
    private double[] _deviations = [];
    private double[] _scales = [];
    private double[] _constants = [];
    private int[] _pairOf = [];
    private double[] _table = [];

    public ParzenNumbers(ParameterDomain domain)
    {
        _domain = domain;
        _halfStep = domain.Step is { } step ? step / 2 : 0;
        _low = ToScale(domain.Low - _halfStep);
        _high = ToScale(domain.High + _halfStep);
    }

    private double Range => _high - _low;

    private double Middle => 0.5 * (_low + _high);

    private bool IsGrid => _halfStep > 0;

    public override void EnsureCapacity(int capacity)
    {
        Array.Resize(ref _means, capacity);
        Array.Resize(ref _deviations, capacity);
        Array.Resize(ref _scales, capacity);
        Array.Resize(ref _constants, capacity);
        Array.Resize(ref _pairOf, capacity);
    }

    public override void Clear() => _order.Clear();

    public override int Insert(int slot, double coordinate, ReadOnlySpan<int> numbers)
    {
        _means[slot] = ToScale(coordinate);
        int place = PlaceOf(slot, numbers);
        _order.Insert(place, slot);
        return place;
    }

    public override int Remove(int slot, ReadOnlySpan<int> numbers)
    {
        int place = PlaceOf(slot, numbers);
        _order.RemoveAt(place);
        _scales[slot] = 0;
        _means[slot] = 0;
        return place;
    }

    public override void RefreshAround(int place, double narrowest, Action<int> changed)
    {
        for (int i = Math.Max(0, place - 1); i <= Math.Min(_order.Count - 1, place + 1); i++)
        {
            Refresh(i, narrowest);
            changed(_order[i]);
        }
    }

    public override void RefreshAll(double narrowest)
    {
        for (int i = 0; i < _order.Count; i++)
        {
            Refresh(i, narrowest);
        }
    }

    public override double Constant(int slot) => _constants[slot];

    /// <summary>The log density of the prior: a normal as wide as the domain around its middle.</summary>
    public override double LogPrior(double coordinate)
    {
        if (IsGrid)
        {
            return LogCell(coordinate, Middle, Range) - PriorMass;
        }

        double z = (ToScale(coordinate) - Middle) / Range;
        return (-0.5 * z * z) - Math.Log(Range) - NormalLaw.LogSqrtTwoPi - PriorMass;
    }

    /// <summary>Prepares the evaluation at candidates: a grid's cells are integrated once per distinct kernel and candidate.</summary>
    public override void Tabulate(ReadOnlySpan<double> candidates)
    {
        if (!IsGrid)
        {
            return;
        }

        _pairs.Clear();
        foreach (int slot in _order)
        {
            ref int pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, (_means[slot], _deviations[slot]), out bool known);
            if (!known)
            {
                pair = _pairs.Count - 1;
            }

            _pairOf[slot] = pair;
        }

        if (_table.Length < _pairs.Count * candidates.Length)
        {
            _table = new double[_pairs.Count * candidates.Length * 2];
        }

        foreach (((double mean, double deviation), int pair) in _pairs)
        {
            for (int c = 0; c < candidates.Length; c++)
            {
                int same = candidates[..c].IndexOf(candidates[c]);
                _table[(pair * candidates.Length) + c] = same >= 0
                    ? _table[(pair * candidates.Length) + same]
                    : LogCell(candidates[c], mean, deviation);
            }
        }
    }

    public override void Accumulate(ReadOnlySpan<double> candidates, int candidate, int from, Span<double> sums)
    {
        if (IsGrid)
        {
            for (int i = 0; i < sums.Length; i++)
            {
                if (_scales[from + i] != 0)
                {
                    sums[i] += _table[(_pairOf[from + i] * candidates.Length) + candidate];
                }
            }
        }
        else
        {
            SubtractSquares(ToScale(candidates[candidate]), _means.AsSpan(from, sums.Length), _scales.AsSpan(from, sums.Length), sums);
        }
    }

    public override double Draw(int slot, double uniform)
    {
        double mean = slot < 0 ? Middle : _means[slot];
        double deviation = slot < 0 ? Range : _deviations[slot];
        double a = (_low - mean) / deviation;
        double b = (_high - mean) / deviation;
        double z = a > 0
            ? -NormalLaw.Quantile(Between(NormalLaw.Cumulative(-b), NormalLaw.Cumulative(-a), 1 - uniform))
            : NormalLaw.Quantile(Between(NormalLaw.Cumulative(a), NormalLaw.Cumulative(b), uniform));
        double drawn = Math.Clamp(mean + (deviation * z), _low, _high);
        return _domain.Nearest(_domain.Log ? Math.Exp(drawn) : drawn);
    }

    private static double Between(double low, double high, double share) => low + (share * (high - low));

    private static void SubtractSquares(double x, ReadOnlySpan<double> means, ReadOnlySpan<double> scales, Span<double> sums)
    {
        ref double mean = ref MemoryMarshal.GetReference(means);
        ref double scale = ref MemoryMarshal.GetReference(scales);
        ref double sum = ref MemoryMarshal.GetReference(sums);
        var at = new Vector<double>(x);
        int i = 0;
        for (; i <= sums.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector<double> z = (at - Vector.LoadUnsafe(ref mean, (nuint)i)) * Vector.LoadUnsafe(ref scale, (nuint)i);
            Vector.FusedMultiplyAdd(-z, z, Vector.LoadUnsafe(ref sum, (nuint)i)).StoreUnsafe(ref sum, (nuint)i);
        }

        // The same operations one by one, so that every width of vectors gives the same bits.
        for (; i < sums.Length; i++)
        {
            double z = (x - means[i]) * scales[i];
            sums[i] = Math.FusedMultiplyAdd(-z, z, sums[i]);
        }
    }

    private double ToScale(double coordinate) => _domain.Log ? Math.Log(coordinate) : coordinate;

    private double LogCell(double coordinate, double mean, double deviation) => NormalLaw.LogMass(
        (ToScale(coordinate - _halfStep) - mean) / deviation, (ToScale(coordinate + _halfStep) - mean) / deviation);

    private int PlaceOf(int slot, ReadOnlySpan<int> numbers)
    {
        double mean = _means[slot];
        int low = 0;
        int high = _order.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int other = _order[middle];
            if (_means[other] < mean || (_means[other] == mean && numbers[other] < numbers[slot]))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>
    /// The width is the larger gap to a neighbour; the outermost observations take the gap to their only neighbour, a single one that to
    /// the farther bound. It is kept between a share of the domain and the whole of it.
    /// </summary>
    private void Refresh(int place, double narrowest)
    {
        int slot = _order[place];
        double mean = _means[slot];
        int last = _order.Count - 1;
        double left = place > 0 ? mean - _means[_order[place - 1]] : last > 0 ? 0 : mean - _low;
        double right = place < last ? _means[_order[place + 1]] - mean : last > 0 ? 0 : _high - mean;
        double deviation = Math.Clamp(Math.Max(left, right), Range * narrowest, Range);
        _deviations[slot] = deviation;
        _scales[slot] = InverseSqrt2 / deviation;
        double mass = NormalLaw.LogMass((_low - mean) / deviation, (_high - mean) / deviation);
        _constants[slot] = IsGrid ? -mass : -Math.Log(deviation) - NormalLaw.LogSqrtTwoPi - mass;
    }
}
