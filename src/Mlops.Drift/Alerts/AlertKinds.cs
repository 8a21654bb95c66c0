namespace Mlops.Drift;

internal static class AlertKinds
{
    public static AlertKind[] All { get; } = Enum.GetValues<AlertKind>();

    /// <summary>The name in alert ids and metric tags.</summary>
    public static string TagOf(AlertKind kind) => kind switch
    {
        AlertKind.Data => "data",
        AlertKind.Error => "error",
        AlertKind.ErrorChange => "error_change",
        AlertKind.GroupGap => "group_gap",
        _ => "estimated_error",
    };

    /// <summary>The name in a sentence.</summary>
    public static string WordsOf(AlertKind kind) => kind switch
    {
        AlertKind.Data => "data drift",
        AlertKind.Error => "error drift",
        AlertKind.ErrorChange => "change of the error",
        AlertKind.GroupGap => "gap between groups",
        _ => "estimated error",
    };
}
