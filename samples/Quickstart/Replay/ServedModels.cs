namespace Quickstart;

/// <summary>Names under which models are served.</summary>
public static class ServedModels
{
    /// <summary>Version 1 for ever, to compare with.</summary>
    public const string Frozen = "ridership-frozen";
}
