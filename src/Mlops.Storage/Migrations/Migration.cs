namespace Mlops.Storage;

/// <summary>One numbered change of a feature's tables.</summary>
/// <param name="Version">1, 2, 3, ... without gaps within the feature.</param>
/// <param name="Script">Statements separated by semicolons, with the type tokens of <see cref="SqlDialect.ExpandTypes"/>.</param>
public sealed record Migration(int Version, string Script)
{
    /// <summary>
    /// The oldest schema version whose code may still run once this change is made. An expanding change leaves it null;
    /// a contracting one names it, usually its own version, and is not applied while a process with older code is connected: it is then
    /// left to a later start, so the code must run without it as well.
    /// </summary>
    public int? OldestCode { get; init; }
}
