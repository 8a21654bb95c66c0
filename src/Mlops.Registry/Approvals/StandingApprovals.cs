namespace Mlops.Registry;

/// <summary>Whose approvals of a version count for an alias.</summary>
internal static class StandingApprovals
{
    /// <summary>Actors are told apart as sign-in names are: without regard to case.</summary>
    public static readonly StringComparer Actors = StringComparer.OrdinalIgnoreCase;

    /// <summary>The newest entry of each actor that is for the alias or for every alias, where it approves.</summary>
    /// <param name="entries">All entries of the version, the earliest first.</param>
    /// <param name="alias">The alias.</param>
    public static List<Approval> For(IEnumerable<Approval> entries, string alias)
    {
        Dictionary<string, Approval> latest = new(Actors);
        foreach (Approval entry in entries)
        {
            if (entry.Alias is null || entry.Alias == alias)
            {
                latest[entry.Actor] = entry;
            }
        }

        return [.. latest.Values.Where(static entry => entry.IsApproved).OrderBy(static entry => entry.Id)];
    }
}
