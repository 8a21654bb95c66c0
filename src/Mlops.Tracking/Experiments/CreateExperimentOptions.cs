namespace Mlops.Tracking;

/// <summary>What may be said of an experiment when it is created.</summary>
public sealed class CreateExperimentOptions
{
    /// <summary>Tags set together with the creation; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }
}
