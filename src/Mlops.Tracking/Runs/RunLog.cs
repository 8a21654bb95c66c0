namespace Mlops.Tracking;

/// <summary>What <see cref="Tracker.LogAsync"/> stores together, all of it or nothing.</summary>
public sealed class RunLog
{
    /// <summary>Metric values; null for none. Those that the run has already are not stored again (<see cref="Metric"/>).</summary>
    public IReadOnlyList<Metric>? Metrics { get; set; }

    /// <summary>Parameters, each of which is set once, values of at most 6 000 characters; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; set; }

    /// <summary>Tags, values of at most 8 000 characters; null for none. <see cref="RunTags.Name"/> renames the run.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>Data that the run read, at most 1 000; null for none.</summary>
    public IReadOnlyList<DatasetInput>? Datasets { get; set; }
}
