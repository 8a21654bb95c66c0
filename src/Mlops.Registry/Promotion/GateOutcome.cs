namespace Mlops.Registry;

/// <summary>What one gate said in a decision.</summary>
/// <param name="Name">The gate's name.</param>
/// <param name="Verdict">Its verdict.</param>
/// <param name="Reason">Why.</param>
/// <param name="Numbers">What it was decided on.</param>
public sealed record GateOutcome(string Name, GateVerdict Verdict, string Reason, IReadOnlyDictionary<string, double> Numbers)
{
    /// <summary>True when the verdict is <see cref="GateVerdict.Passed"/>.</summary>
    public bool Passed => Verdict == GateVerdict.Passed;
}
