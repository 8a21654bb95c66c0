namespace Mlops.Serving;

/// <summary>What one call may ask for beside its inputs. The default asks for nothing.</summary>
public readonly record struct PredictionOptions
{
    /// <summary>Asks for one version by its number instead of the one that answers by default; it must be loaded.</summary>
    public long? Version { get; init; }
}
