namespace Mlops.Orchestration;

/// <summary>What a check said of a result.</summary>
internal sealed record CheckResult(string Name, CheckOutcome Outcome, string? Problem)
{
    /// <summary>As it is stored: the name, and behind it the problem. A name holds no line feed.</summary>
    public string Detail => Problem is null ? Name : $"{Name}\n{Problem}";

    public static (string Name, string? Problem) Split(string detail)
    {
        int separator = detail.IndexOf('\n', StringComparison.Ordinal);
        return separator < 0 ? (detail, null) : (detail[..separator], detail[(separator + 1)..]);
    }
}
