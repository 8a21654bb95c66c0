namespace Mlops.Tracking;

/// <summary>
/// Conditions on the run <c>r</c>. Runs are not rewritten when their experiment is deleted, so every condition looks at both; the run's
/// own column is the last one of the index that lists walk.
/// </summary>
internal static class RunLifecycleSql
{
    /// <summary>Not being removed for good.</summary>
    public const string Kept = "COALESCE(r.deleted, 1) > 0";
}
