namespace Mlops.Tuning;

/// <param name="Minimum">The first rung's step with an offset of 0.</param>
/// <param name="Factor">By what rungs grow and trials become fewer.</param>
/// <param name="Offset">How many rungs are left out at the beginning.</param>
/// <param name="Bootstrap">How many trials stop at a rung in any case.</param>
/// <param name="Pauses">Whether they pause.</param>
internal readonly record struct HalvingRule(int Minimum, int Factor, int Offset, int Bootstrap, bool Pauses)
{
    /// <summary>What divides the trials that are compared; null where all are.</summary>
    public Brackets? Brackets { get; init; }
}
