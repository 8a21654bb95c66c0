using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// LORD++ (Javanmard and Montanari 2018; Ramdas, Yang, Wainwright and Jordan 2017): decides one p-value after another and keeps the false
/// discovery rate at <see cref="Alpha"/> at every moment. With discoveries at t1, t2, ... test t has the level
/// gamma(t) w0 + (alpha - w0) gamma(t - t1) + alpha (gamma(t - t2) + gamma(t - t3) + ...), w0 = alpha / 2,
/// gamma(j) = 0.07720838 ln(max(j, 2)) / (j e^sqrt(ln j)).
/// </summary>
/// <remarks>
/// Only for independent p-values; where tests share data, as overlapping windows do, take <see cref="ELond"/>. A decision costs as much as there
/// have been discoveries, and so does the memory, up to <see cref="MaximumDiscoveries"/>. Not thread-safe.
/// </remarks>
public sealed class Lord : ISavedState
{
    /// <summary>Discoveries after which no further one is remembered: the levels are then those of the first ones, which is conservative.</summary>
    public const int MaximumDiscoveries = 65_536;

    private readonly List<long> _remembered = [];
    private long _tests;
    private long _discoveries;

    /// <summary>Starts before the first test.</summary>
    /// <param name="alpha">The false discovery rate to hold, strictly between 0 and 1.</param>
    public Lord(double alpha = 0.05)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        Alpha = alpha;
    }

    static byte ISavedState.Kind => 33;

    /// <summary>The false discovery rate held.</summary>
    public double Alpha { get; }

    /// <summary>Tests decided so far.</summary>
    public long Tests => _tests;

    /// <summary>Discoveries so far.</summary>
    public long Discoveries => _discoveries;

    /// <summary>The level of the next test; its p-value must not exceed it.</summary>
    public double NextLevel
    {
        get
        {
            double start = Alpha / 2;
            double level = start * Gamma(_tests + 1);
            for (int i = 0; i < _remembered.Count; i++)
                level += (i == 0 ? Alpha - start : Alpha) * Gamma(_tests + 1 - _remembered[i]);
            return level;
        }
    }

    /// <summary>Decides the next test; true for a discovery.</summary>
    /// <param name="pValue">0 to 1, independent of the p-values before it.</param>
    public bool Decide(double pValue)
    {
        if (!(pValue >= 0 && pValue <= 1))
            throw new ArgumentOutOfRangeException(nameof(pValue), pValue, "A p-value from 0 to 1 is needed.");
        bool discovery = pValue <= NextLevel;
        _tests++;
        if (discovery)
        {
            _discoveries++;
            if (_remembered.Count < MaximumDiscoveries)
                _remembered.Add(_tests);
        }

        return discovery;
    }

    /// <summary>The procedure in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly.</summary>
    public byte[] SaveState() => SavedState.Save(this);

    /// <summary>Replaces what was decided by a saved state.</summary>
    /// <exception cref="FormatException">The bytes are damaged, of another version or kind, or were saved with other settings.</exception>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(Alpha, "alpha");
        transfer.Value(ref _tests);
        transfer.Value(ref _discoveries);
        int count = _remembered.Count;
        transfer.Length(ref count, MaximumDiscoveries);
        CollectionsMarshal.SetCount(_remembered, count);
        foreach (ref long value in CollectionsMarshal.AsSpan(_remembered))
            transfer.Value(ref value);
        long before = 0;
        bool possible = _discoveries <= _tests && count == long.Min(_discoveries, MaximumDiscoveries);
        foreach (long value in _remembered)
            (possible, before) = (possible && value > before && value <= _tests, value);
        if (!possible)
            throw new FormatException($"The state names {_discoveries} discoveries in {_tests} tests at times that are not possible.");
    }

    // The constant makes the sum over all j one.
    private static double Gamma(long j) => 0.07720838 * Math.Log(long.Max(j, 2)) / (j * Math.Exp(Math.Sqrt(Math.Log(j))));
}
