namespace Mlops.Registry;

/// <summary>A gate's verdict with the reason and the numbers behind it, which are stored with the decision.</summary>
/// <param name="Verdict">What the gate found.</param>
/// <param name="Reason">One sentence for people.</param>
/// <param name="Numbers">What it was decided on, for example <c>p</c> and <c>effect</c>; NaN and infinities are allowed.</param>
public sealed record GateResult(GateVerdict Verdict, string Reason, IReadOnlyDictionary<string, double> Numbers)
{
    /// <summary>
    /// Short texts behind the verdict, for example who approved and when; empty for none. Stored and shown with the decision, so never values
    /// of anybody's data.
    /// </summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>True when the verdict is <see cref="GateVerdict.Passed"/>.</summary>
    public bool Passed => Verdict == GateVerdict.Passed;

    /// <summary>The candidate passes.</summary>
    public static GateResult Pass(string reason, params ReadOnlySpan<(string Name, double Value)> numbers) =>
        new(GateVerdict.Passed, reason, ToDictionary(numbers));

    /// <summary>The candidate does not pass.</summary>
    public static GateResult Fail(string reason, params ReadOnlySpan<(string Name, double Value)> numbers) =>
        new(GateVerdict.Failed, reason, ToDictionary(numbers));

    /// <summary>The evidence does not suffice, so the candidate does not pass.</summary>
    public static GateResult Undecided(string reason, params ReadOnlySpan<(string Name, double Value)> numbers) =>
        new(GateVerdict.Undecided, reason, ToDictionary(numbers));

    private static Dictionary<string, double> ToDictionary(ReadOnlySpan<(string Name, double Value)> numbers)
    {
        Dictionary<string, double> result = new(numbers.Length, StringComparer.Ordinal);
        foreach ((string name, double value) in numbers)
        {
            result.Add(name, value);
        }

        return result;
    }
}
