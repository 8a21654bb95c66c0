namespace Mlops.Registry;

/// <summary>What one gate said in a decision.</summary>
/// <param name="Name">The gate's name.</param>
/// <param name="Verdict">Its verdict.</param>
/// <param name="Reason">Why.</param>
/// <param name="Numbers">What it was decided on.</param>
public sealed record GateOutcome(string Name, GateVerdict Verdict, string Reason, IReadOnlyDictionary<string, double> Numbers)
{
    /// <summary>
    /// Short texts behind the verdict, for example who approved and when; empty for none. Stored and shown with the decision, so never values
    /// of anybody's data.
    /// </summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>True when the verdict is <see cref="GateVerdict.Passed"/>.</summary>
    public bool Passed => Verdict == GateVerdict.Passed;
}
