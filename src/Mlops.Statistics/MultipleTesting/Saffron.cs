using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// SAFFRON (Ramdas, Zrnic, Wainwright and Jordan 2018): as <see cref="Lord"/>, but only candidates, p-values up to <see cref="CandidateLimit"/>, use up the
/// error to spend, which finds more where many nulls are false. Test t has the level
/// min(limit, (1 - limit) (w0 g(t - c0) + (alpha - w0) g(t - t1 - c1) + alpha (g(t - t2 - c2) + ...))), w0 = alpha / 2, with ci the candidates
/// since the discovery at ti and g(j) = 0.4374901658 j^-1.6.
/// </summary>
/// <remarks>
/// Only for independent p-values; where tests share data, as overlapping windows do, take <see cref="ELond"/>. A decision costs as much as there
/// have been discoveries, and so does the memory, up to <see cref="MaximumDiscoveries"/>. Not thread-safe.
/// </remarks>
public sealed class Saffron : ISavedState
{
    /// <summary>Discoveries after which no further one is remembered: the levels are then those of the first ones, which is conservative.</summary>
    public const int MaximumDiscoveries = 65_536;

    private readonly List<(long Time, long Candidates)> _remembered = [];
    private long _tests;
    private long _discoveries;
    private long _candidates;

    /// <summary>Starts before the first test.</summary>
    /// <param name="alpha">The false discovery rate to hold, strictly between 0 and 1.</param>
    /// <param name="candidateLimit">The largest p-value of a candidate, strictly between 0 and 1.</param>
    public Saffron(double alpha = 0.05, double candidateLimit = 0.5)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        if (!(candidateLimit > 0 && candidateLimit < 1))
            throw new ArgumentOutOfRangeException(nameof(candidateLimit), candidateLimit, "A limit strictly between 0 and 1 is needed.");
        Alpha = alpha;
        CandidateLimit = candidateLimit;
    }

    static byte ISavedState.Kind => 34;

    /// <summary>The false discovery rate held.</summary>
    public double Alpha { get; }

    /// <summary>Tests decided so far.</summary>
    public long Tests => _tests;

    /// <summary>Discoveries so far.</summary>
    public long Discoveries => _discoveries;

    /// <summary>The largest p-value of a candidate.</summary>
    public double CandidateLimit { get; }

    /// <summary>The level of the next test; its p-value must not exceed it.</summary>
    public double NextLevel
    {
        get
        {
            double start = Alpha / 2;
            double level = start * Gamma(_tests + 1 - _candidates);
            for (int i = 0; i < _remembered.Count; i++)
            {
                (long time, long candidates) = _remembered[i];
                level += (i == 0 ? Alpha - start : Alpha) * Gamma(_tests + 1 - time - (_candidates - candidates));
            }

            return double.Min(CandidateLimit, (1 - CandidateLimit) * level);
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
        _candidates += pValue <= CandidateLimit ? 1 : 0;
        if (discovery)
        {
            _discoveries++;
            if (_remembered.Count < MaximumDiscoveries)
                _remembered.Add((_tests, _candidates));
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
        transfer.Setting(CandidateLimit, "candidateLimit");
        transfer.Value(ref _candidates);
        transfer.Value(ref _tests);
        transfer.Value(ref _discoveries);
        int count = _remembered.Count;
        transfer.Length(ref count, MaximumDiscoveries);
        CollectionsMarshal.SetCount(_remembered, count);
        foreach (ref (long Time, long Candidates) value in CollectionsMarshal.AsSpan(_remembered))
        {
            transfer.Value(ref value.Time);
            transfer.Value(ref value.Candidates);
        }

        (long Time, long Candidates) before = default;
        bool possible = _candidates >= 0 && _candidates <= _tests && _discoveries <= _tests && count == long.Min(_discoveries, MaximumDiscoveries);
        foreach ((long Time, long Candidates) value in _remembered)
        {
            possible &= value.Time > before.Time && value.Time <= _tests && value.Candidates >= before.Candidates && value.Candidates <= _candidates;
            before = value;
        }

        if (!possible)
            throw new FormatException($"The state names {_discoveries} discoveries and {_candidates} candidates in {_tests} tests, at times that are not possible.");
    }

    // The constant makes the sum over all j one.
    private static double Gamma(long j) => 0.4374901658 * Math.Pow(j, -1.6);
}
