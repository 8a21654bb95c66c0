namespace Mlops.Drift;

/// <summary>One column that is watched.</summary>
public sealed record DriftColumn
{
    internal DriftColumn(string name, ColumnKind kind, ColumnRole role, int slot, double? effectFloor, double? smallestShift)
    {
        Name = name;
        Kind = kind;
        Role = role;
        Slot = slot;
        EffectFloor = effectFloor;
        SmallestShift = smallestShift;
    }

    /// <summary>Unique within the schema, 1 to 128 characters.</summary>
    public string Name { get; }

    /// <summary>Numeric or categorical.</summary>
    public ColumnKind Kind { get; }

    /// <summary>What the column means to the model.</summary>
    public ColumnRole Role { get; }

    /// <summary>The smallest effect that counts as drift in this column, or null for the default of its test (KS distance 0.02, PSI 0.003).</summary>
    public double? EffectFloor { get; }

    /// <summary>The smallest shift of all values that counts as drift, in the column's own unit; null where the floor is one of the test. Each comparison turns it into the effect it has on the reference.</summary>
    public double? SmallestShift { get; }

    /// <summary>The column's index among those of its kind: where its value stands in the spans of the untyped monitor.</summary>
    public int Slot { get; }
}
