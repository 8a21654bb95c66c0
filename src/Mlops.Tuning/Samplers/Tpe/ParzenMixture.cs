using System.Runtime.InteropServices;

namespace Mlops.Tuning;

/// <summary>
/// A Parzen estimator over several parameters: per observation one kernel, the product of its dimensions', and a prior kernel.
/// Observations are added and taken out one at a time at the cost of their neighbourhood. What it computes depends on the
/// set of observations alone, bit for bit, not on the order of the changes.
/// </summary>
/// <remarks>
/// Bergstra, Bardenet, Bengio, Kegl: Algorithms for hyper-parameter optimization (2011), in the form of Optuna 5. Older observations weigh
/// less: with n of 25 or more, the 25 newest weigh 1 and the others rise linearly from 1/n to 1.
/// </remarks>
internal sealed class ParzenMixture
{
    private const int FullWeights = 25;
    private const double WidestShare = 100;
    private const int Tile = 512;

    // What is this far below the largest term adds less than the rounding of a sum of ten thousand.
    private const double Negligible = -46;

    private readonly ParzenDimension[] _dimensions;
    private readonly List<int> _byNumber = [];
    private readonly Stack<int> _free = [];
    private readonly Action<int> _sumConstants;
    private readonly bool _isUniform;
    private readonly ParzenRoom _room;
    private int[] _numbers = [];
    private double[] _constants = [];
    private double[] _weights = [];
    private int _used;
    private double _narrowest;
    private bool _isStale;
    private double _totalWeight;

    /// <param name="domains">One per dimension.</param>
    /// <param name="uniform">Whether all observations weigh the same.</param>
    /// <param name="room">Memory that estimators share; null for some of its own.</param>
    public ParzenMixture(IEnumerable<ParameterDomain> domains, bool uniform = false, ParzenRoom? room = null)
    {
        _room = room ?? new ParzenRoom();
        _dimensions = [.. domains.Select(ParzenDimension.Of)];
        _sumConstants = SumConstants;
        _isUniform = uniform;
    }

    /// <summary>How many observations there are.</summary>
    public int Count => _byNumber.Count;

    /// <summary>The kernels are one more than the observations; narrow kernels become possible as they multiply.</summary>
    private double Narrowest => 1 / Math.Min(WidestShare, 2.0 + Count);

    public void Clear()
    {
        _byNumber.Clear();
        _free.Clear();
        _used = 0;
        _narrowest = 0;
        foreach (ParzenDimension dimension in _dimensions)
        {
            dimension.Clear();
        }
    }

    /// <summary>Whether it holds a trial's observation.</summary>
    public bool Has(int number) => PlaceOf(number) is var place && place < Count && _numbers[_byNumber[place]] == number;

    /// <summary>Adds the observation of a trial, one coordinate per dimension.</summary>
    public void Add(int number, ReadOnlySpan<double> coordinates)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            EnsureCapacity(_used);
        }

        _numbers[slot] = number;
        _byNumber.Insert(PlaceOf(number), slot);
        for (int d = 0; d < _dimensions.Length; d++)
        {
            RefreshAround(_dimensions[d], _dimensions[d].Insert(slot, coordinates[d], _numbers));
        }

        SumConstants(slot);
    }

    /// <summary>Takes a trial's observation out.</summary>
    public void Remove(int number)
    {
        int place = PlaceOf(number);
        int slot = _byNumber[place];
        _byNumber.RemoveAt(place);
        for (int d = 0; d < _dimensions.Length; d++)
        {
            RefreshAround(_dimensions[d], _dimensions[d].Remove(slot, _numbers));
        }

        _constants[slot] = double.NegativeInfinity;
        _free.Push(slot);
    }

    /// <summary>To be called after changes and before sampling or evaluating.</summary>
    public void Prepare()
    {
        if (_isStale || _narrowest != Narrowest)
        {
            _isStale = false;
            _narrowest = Narrowest;
            foreach (ParzenDimension dimension in _dimensions)
            {
                dimension.RefreshAll(_narrowest);
            }

            _byNumber.ForEach(_sumConstants);
        }

        foreach (ParzenDimension dimension in _dimensions)
        {
            dimension.Smooth(Count + 1);
        }

        _totalWeight = 1;
        for (int rank = 0; rank < Count; rank++)
        {
            double weight = _isUniform ? 1 : Weight(rank, Count);
            _weights[_byNumber[rank]] = weight;
            _totalWeight += weight;
        }
    }

    /// <summary>Draws candidates: a kernel by its weight, then every dimension from that kernel.</summary>
    /// <param name="random">Takes one number for the kernel and one per dimension, per candidate.</param>
    /// <param name="candidates">Receives the coordinates, one row per dimension.</param>
    public void Draw(RandomStream random, double[][] candidates)
    {
        for (int c = 0; c < candidates[0].Length; c++)
        {
            int slot = Choose(random.NextDouble() * _totalWeight);
            for (int d = 0; d < _dimensions.Length; d++)
            {
                candidates[d][c] = _dimensions[d].Draw(slot, random.NextDouble());
            }
        }
    }

    /// <summary>The log densities at candidates.</summary>
    /// <param name="candidates">Coordinates, one row per dimension.</param>
    /// <param name="densities">One per candidate.</param>
    public void LogDensity(double[][] candidates, Span<double> densities)
    {
        for (int d = 0; d < _dimensions.Length; d++)
        {
            _dimensions[d].Tabulate(candidates[d]);
        }

        int count = densities.Length;
        double[] terms = _room.Of(count * _used);
        for (int from = 0; from < _used; from += Tile)
        {
            int length = Math.Min(Tile, _used - from);
            for (int c = 0; c < count; c++)
            {
                Span<double> sums = terms.AsSpan((c * _used) + from, length);
                _constants.AsSpan(from, length).CopyTo(sums);
                for (int d = 0; d < _dimensions.Length; d++)
                {
                    _dimensions[d].Accumulate(candidates[d], c, from, sums);
                }
            }
        }

        for (int c = 0; c < count; c++)
        {
            double prior = 0;
            for (int d = 0; d < _dimensions.Length; d++)
            {
                prior += _dimensions[d].LogPrior(candidates[d][c]);
            }

            densities[c] = LogSum(prior, terms.AsSpan(c * _used, _used));
        }
    }

    /// <summary>The weight of the observation of a rank by number, before normalisation.</summary>
    internal static double Weight(int rank, int count)
    {
        int ramp = count - FullWeights;
        if (rank >= ramp)
        {
            return 1;
        }

        double first = 1.0 / count;
        return ramp == 1 ? first : first + (rank * ((1 - first) / (ramp - 1)));
    }

    /// <summary>Up to 98 observations each change moves the narrowest width, and with it every kernel: that is done once, in Prepare.</summary>
    private void RefreshAround(ParzenDimension dimension, int place)
    {
        _isStale |= _narrowest != Narrowest;
        if (!_isStale)
        {
            dimension.RefreshAround(place, _narrowest, _sumConstants);
        }
    }

    private double LogSum(double prior, ReadOnlySpan<double> kernels)
    {
        double largest = prior;
        foreach (double kernel in kernels)
        {
            largest = Math.Max(largest, kernel);
        }

        double sum = Math.Exp(prior - largest);
        foreach (int slot in CollectionsMarshal.AsSpan(_byNumber))
        {
            double below = kernels[slot] - largest;
            if (below > Negligible)
            {
                sum += _weights[slot] * Math.Exp(below);
            }
        }

        return largest + Math.Log(sum / _totalWeight);
    }

    private int Choose(double share)
    {
        foreach (int slot in CollectionsMarshal.AsSpan(_byNumber))
        {
            share -= _weights[slot];
            if (share < 0)
            {
                return slot;
            }
        }

        return -1;
    }

    private void SumConstants(int slot)
    {
        double sum = 0;
        foreach (ParzenDimension dimension in _dimensions)
        {
            sum += dimension.Constant(slot);
        }

        _constants[slot] = sum;
    }

    private int PlaceOf(int number)
    {
        int low = 0;
        int high = _byNumber.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_numbers[_byNumber[middle]] < number)
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

    private void EnsureCapacity(int slots)
    {
        if (slots <= _numbers.Length)
        {
            return;
        }

        int capacity = Math.Max(32, _numbers.Length * 2);
        Array.Resize(ref _numbers, capacity);
        Array.Resize(ref _constants, capacity);
        Array.Resize(ref _weights, capacity);
        foreach (ParzenDimension dimension in _dimensions)
        {
            dimension.EnsureCapacity(capacity);
        }
    }
}
