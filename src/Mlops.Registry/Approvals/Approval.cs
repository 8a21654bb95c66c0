namespace Mlops.Registry;

/// <summary>Somebody's approval of a version, or its withdrawal. Entries are only ever added.</summary>
/// <param name="Id">Its number in this database; later entries have higher ones.</param>
/// <param name="Model">The model.</param>
/// <param name="Number">The version's number.</param>
/// <param name="Alias">The alias it is for; null for every alias.</param>
/// <param name="IsApproved">True for an approval, false for a withdrawal.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Actor">Who.</param>
/// <param name="Reason">Why, or null.</param>
public sealed record Approval(
    long Id, string Model, int Number, string? Alias, bool IsApproved, DateTimeOffset At, string Actor, string? Reason);
