using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>One group's rates. Not thread-safe.</summary>
internal sealed class GroupSequences
{
    private readonly MeanConfidenceSequence[] _sequences;
    private readonly double[] _sums = new double[GroupGaps.Kinds];

    public GroupSequences(string group, int number, GroupGapOptions options)
    {
        Group = group;
        Number = number;
        _sequences = new MeanConfidenceSequence[GroupGaps.Kinds];
        for (int kind = 0; kind < _sequences.Length; kind++)
        {
            double high = (GroupRateKind)kind == GroupRateKind.AbsoluteError ? options.MaximumError : 1;
            _sequences[kind] = new MeanConfidenceSequence(0, high, options.Alpha / options.MaximumGroups);
        }
    }

    public string Group { get; }

    /// <summary>Groups are numbered in the order they were first seen.</summary>
    public int Number { get; }

    public void Add(GroupRateKind kind, double value)
    {
        _sequences[(int)kind].Add(value);
        _sums[(int)kind] += value;
    }

    public GroupRate Rate(GroupRateKind kind)
    {
        MeanConfidenceSequence sequence = _sequences[(int)kind];
        return new GroupRate
        {
            Group = Group,
            Count = sequence.Count,
            Value = sequence.Count > 0 ? _sums[(int)kind] / sequence.Count : null,
            Lower = sequence.Lower,
            Upper = sequence.Upper,
            HasMoved = sequence.IsEmpty,
        };
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Group);
        writer.Write(_sums);
        foreach (MeanConfidenceSequence sequence in _sequences)
            writer.Write((ReadOnlySpan<byte>)sequence.SaveState());
    }

    public static GroupSequences Read(ref ByteReader reader, int number, GroupGapOptions options)
    {
        GroupSequences group = new(reader.ReadText(), number, options);
        double[] sums = reader.ReadDoubles();
        if (sums.Length != group._sums.Length)
            throw new DriftFormatException($"Reading group gaps: {sums.Length} sums were found, {group._sums.Length} are needed. The state is damaged.");
        sums.CopyTo(group._sums, 0);
        foreach (MeanConfidenceSequence sequence in group._sequences)
            sequence.RestoreState(reader.ReadBytes());
        return group;
    }
}
