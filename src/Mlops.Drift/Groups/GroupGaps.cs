using System.Buffers;

namespace Mlops.Drift;

/// <summary>
/// Watches whether groups of people or things are treated alike: selection rate, true and false positive rate, precision and absolute error per group, and the
/// largest gap between groups, at every moment with one error probability. Thread-safe.
/// </summary>
/// <remarks>
/// Each rate has a confidence sequence (<see cref="Statistics.MeanConfidenceSequence"/>, Waudby-Smith and Ramdas 2024) at alpha over
/// <see cref="GroupGapOptions.MaximumGroups"/>, so for each kind of rate all groups' intervals hold together, however often one looks. Assumed is
/// that a group's rate stays the same, given what came before; a group whose rate has moved says so and takes no part.
/// </remarks>
public sealed class GroupGaps
{
    internal const int Kinds = 5;
    private const int Magic = 0x4747_4C4D; // "MLGG"
    private const int FormatVersion = 1;

    private readonly Lock _gate = new();
    private readonly GroupGapOptions _options;
    // In the order they were first seen, and by name.
    private List<GroupSequences> _groups = [];
    private Dictionary<string, GroupSequences> _byName = [];
    private long _leftOut;

    /// <summary>Starts before the first row.</summary>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public GroupGaps(GroupGapOptions? options = null)
    {
        _options = options?.Copy() ?? new GroupGapOptions();
        _options.Validate();
    }

    /// <summary>Rows that were left out: of groups beyond the limit, or with a prediction or outcome that is not finite.</summary>
    public long LeftOut
    {
        get
        {
            lock (_gate)
                return _leftOut;
        }
    }

    /// <summary>Counts a prediction for the selection rate of its group.</summary>
    public void ObservePrediction(string group, double prediction)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        Observe(group, prediction);
    }

    /// <summary>The same; answers the group's number, by which its outcome can follow, or -1 where the row was left out.</summary>
    internal int Observe(string group, double prediction)
    {
        lock (_gate)
        {
            if (double.IsFinite(prediction) && Find(group) is { } found)
            {
                found.Add(GroupRateKind.Selection, prediction >= _options.Threshold ? 1 : 0);
                return found.Number;
            }

            _leftOut++;
            return -1;
        }
    }

    /// <summary>Counts what happened for a group by its number.</summary>
    internal void ObserveOutcome(int group, double prediction, double actual)
    {
        lock (_gate)
            Add(group < _groups.Count ? _groups[group] : null, prediction, actual);
    }

    /// <summary>Counts what really happened after a prediction, whenever it is known, for the other rates of its group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="prediction">What was predicted.</param>
    /// <param name="actual">What happened; for rates, from 0.5 on it happened.</param>
    public void ObserveOutcome(string group, double prediction, double actual)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        lock (_gate)
            Add(double.IsFinite(prediction) && double.IsFinite(actual) ? Find(group) : null, prediction, actual);
    }

    /// <summary>The gap of one kind of rate as it stands.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is unknown.</exception>
    public GroupGap Measure(GroupRateKind kind)
    {
        Require.Defined(kind, nameof(kind));
        GroupRate[] rates;
        long leftOut;
        lock (_gate)
            (rates, leftOut) = ([.. _groups.Select(group => group.Rate(kind))], _leftOut);
        GroupRate[] compared = Array.FindAll(rates, rate => rate.Count >= _options.MinimumGroupSize && !rate.HasMoved);
        if (compared.Length < 2)
            return new GroupGap { Kind = kind, IsProven = false, Groups = rates, LeftOut = leftOut };
        GroupRate highest = compared.MaxBy(static rate => rate.Value)!, lowest = compared.MinBy(static rate => rate.Value)!;
        double lower = Math.Max(0, compared.Max(static rate => rate.Lower) - compared.Min(static rate => rate.Upper));
        double floor = kind == GroupRateKind.AbsoluteError ? _options.GapFloor * _options.MaximumError : _options.GapFloor;
        return new GroupGap
        {
            Kind = kind,
            Highest = highest.Group,
            Lowest = lowest.Group,
            Value = highest.Value - lowest.Value,
            Lower = lower,
            Upper = compared.Max(static rate => rate.Upper) - compared.Min(static rate => rate.Lower),
            IsProven = lower > floor,
            Groups = rates,
            LeftOut = leftOut,
        };
    }

    /// <summary>Everything observed, in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly.</summary>
    public byte[] SaveState()
    {
        ArrayBufferWriter<byte> buffer = new(1_024);
        ByteWriter writer = new(buffer);
        lock (_gate)
        {
            writer.Write(Magic);
            writer.Write(FormatVersion);
            writer.Write(_leftOut);
            writer.Write(_groups.Count);
            foreach (GroupSequences group in _groups)
                group.Write(ref writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Replaces what was observed by a saved state; all or nothing.</summary>
    /// <exception cref="DriftFormatException">The bytes are no such state, damaged, of a newer version, or were saved with another alpha, number of groups or largest error.</exception>
    public void RestoreState(ReadOnlySpan<byte> state)
    {
        ByteReader reader = new(state, "group gaps");
        List<GroupSequences> groups = [];
        Dictionary<string, GroupSequences> byName = [];
        long leftOut;
        try
        {
            if (reader.ReadInt32() != Magic)
                throw new DriftFormatException("Reading group gaps: the bytes do not start as such a state.");
            if (reader.ReadInt32() is var version && version != FormatVersion)
                throw new DriftFormatException($"Reading group gaps: the state has format version {version}, this library reads version {FormatVersion}. Update Mlops.Drift.");
            leftOut = reader.ReadInt64();
            for (int i = reader.ReadCount(sizeof(int)); i > 0; i--)
            {
                GroupSequences group = GroupSequences.Read(ref reader, groups.Count, _options);
                groups.Add(group);
                byName[group.Group] = group;
            }

            if (!reader.IsAtEnd || groups.Count > _options.MaximumGroups || byName.Count < groups.Count)
                throw new DriftFormatException($"Reading group gaps: the state has {groups.Count} groups of {_options.MaximumGroups} at most, one of them twice, or bytes after its end.");
        }
        catch (FormatException exception)
        {
            throw new DriftFormatException($"Reading group gaps: {exception.Message}", exception);
        }

        lock (_gate)
            (_groups, _byName, _leftOut) = (groups, byName, leftOut);
    }

    private void Add(GroupSequences? group, double prediction, double actual)
    {
        if (group is null || !double.IsFinite(prediction) || !double.IsFinite(actual))
        {
            _leftOut++;
            return;
        }

        bool announced = prediction >= _options.Threshold, happened = actual >= 0.5;
        group.Add(happened ? GroupRateKind.TruePositive : GroupRateKind.FalsePositive, announced ? 1 : 0);
        if (announced)
            group.Add(GroupRateKind.Precision, happened ? 1 : 0);
        group.Add(GroupRateKind.AbsoluteError, Math.Min(Math.Abs(prediction - actual), _options.MaximumError));
    }

    private GroupSequences? Find(string name)
    {
        if (_byName.TryGetValue(name, out GroupSequences? group))
            return group;
        if (_groups.Count == _options.MaximumGroups)
            return null;
        group = new GroupSequences(name, _groups.Count, _options);
        _groups.Add(group);
        _byName.Add(name, group);
        return group;
    }
}
