namespace Mlops.Statistics;

/// <summary>
/// KSWIN (Raab, Heusinger and Schleif 2020): a Kolmogorov-Smirnov test of the newest values against as many drawn from the
/// older part of a sliding window. Sees changes of shape, not only of level.
/// </summary>
/// <remarks>
/// The test uses the exact critical distance of untied samples, found once, so an update costs one sort of the small
/// samples and no allocation; tied values make it conservative. It tests after every value without correction, so false
/// alarms add up: at the default alpha about one in some hundred values. After an alarm the newest values are kept.
/// </remarks>
public sealed class Kswin : IChangeDetector, ISavedState
{
    private readonly double _alpha;
    private readonly int _windowSize;
    private readonly int _sampleSize;
    private readonly double _minimumDistance;
    private readonly long _critical;
    private readonly double[] _window;
    private readonly double[] _recent;
    private readonly double[] _older;
    private readonly int[] _indices;
    private ulong _draws;
    private int _filled;
    private int _next;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="alpha">Level of one test, strictly between 0 and 1.</param>
    /// <param name="windowSize">Values in the window, more than twice <paramref name="sampleSize"/>.</param>
    /// <param name="sampleSize">Values in either sample, at least 5.</param>
    /// <param name="minimumDistance">Smallest distance that counts as a change, River's 0.1.</param>
    /// <param name="seed">Seed of the draws from the older part.</param>
    public Kswin(double alpha = 0.005, int windowSize = 100, int sampleSize = 30, double minimumDistance = 0.1, ulong seed = 1)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleSize, 5);
        if (windowSize <= 2 * sampleSize)
            throw new ArgumentOutOfRangeException(nameof(windowSize), windowSize, $"More than twice the sample of {sampleSize} is needed.");
        if (!(minimumDistance >= 0))
            throw new ArgumentOutOfRangeException(nameof(minimumDistance), minimumDistance, "A distance of at least 0 is needed.");
        _alpha = alpha;
        _windowSize = windowSize;
        _sampleSize = sampleSize;
        _minimumDistance = minimumDistance;
        _draws = seed;
        _window = new double[windowSize];
        _recent = new double[sampleSize];
        _older = new double[sampleSize];
        _indices = new int[windowSize - sampleSize];
        _critical = Critical(sampleSize, alpha);
    }

    static byte ISavedState.Kind => 5;

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>The distance of the last test; 0 while the window is not full.</summary>
    public double Distance { get; private set; }

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        _count++;
        _window[_next] = value + 0.0;
        _next = (_next + 1) % _windowSize;
        _filled = int.Min(_filled + 1, _windowSize);
        Distance = 0;
        if (_filled < _windowSize)
            return ChangeSignal.None;
        Draw();
        _recent.AsSpan().Sort();
        _older.AsSpan().Sort();
        long numerator = EcdfMerge.Compare(_older, _recent).Numerator;
        Distance = numerator / ((double)_sampleSize * _sampleSize);
        if (numerator < _critical || Distance <= _minimumDistance)
            return ChangeSignal.None;
        KeepNewest();
        return ChangeSignal.Change;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _filled = 0;
        _next = 0;
        _count = 0;
        Distance = 0;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_alpha, "alpha");
        transfer.Setting(_windowSize, "windowSize");
        transfer.Setting(_sampleSize, "sampleSize");
        transfer.Setting(_minimumDistance, "minimumDistance");
        long draws = (long)_draws;
        transfer.Value(ref draws);
        _draws = (ulong)draws;
        transfer.Length(ref _filled, _windowSize);
        transfer.Length(ref _next, _windowSize - 1);
        transfer.Value(ref _count);
        transfer.Values(_window);
    }

    /// <summary>The newest values, and as many of the others drawn without replacement.</summary>
    private void Draw()
    {
        int older = _windowSize - _sampleSize;
        for (int i = 0; i < _sampleSize; i++)
            _recent[i] = At(older + i);
        for (int i = 0; i < older; i++)
            _indices[i] = i;
        SplitMix64 random = new(_draws++);
        for (int i = 0; i < _sampleSize; i++)
        {
            int j = i + random.NextInt(older - i);
            (_indices[i], _indices[j]) = (_indices[j], _indices[i]);
            _older[i] = At(_indices[i]);
        }
    }

    private double At(int age) => _window[(_next + age) % _windowSize];

    private void KeepNewest()
    {
        int older = _windowSize - _sampleSize;
        for (int i = 0; i < _sampleSize; i++)
            _older[i] = At(older + i);
        _older.CopyTo(_window, 0);
        _filled = _sampleSize;
        _next = _sampleSize;
        _count = _sampleSize;
    }

    /// <summary>The smallest numerator whose p-value is at most alpha.</summary>
    private static long Critical(int size, double alpha)
    {
        for (int k = 1; k <= size; k++)
        {
            if (KolmogorovLattice.LogSurvival(size, size, (long)k * size, [], long.MaxValue) <= Math.Log(alpha))
                return (long)k * size;
        }

        return long.MaxValue;
    }
}
