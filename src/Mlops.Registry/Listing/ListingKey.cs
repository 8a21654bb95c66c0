namespace Mlops.Registry;

/// <summary>A column that a listing can be sorted by; never null.</summary>
/// <param name="Sql">Its expression.</param>
/// <param name="IsText">Whether it is text; otherwise a 64-bit integer.</param>
internal sealed record ListingKey(string Sql, bool IsText);
