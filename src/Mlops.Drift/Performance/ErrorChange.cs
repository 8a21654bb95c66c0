namespace Mlops.Drift;

/// <summary>What the detector that watches the errors one by one has seen of the live version.</summary>
public sealed record ErrorChange
{
    /// <summary>The detector.</summary>
    public required ErrorDetectorKind Detector { get; init; }

    /// <summary>Changes found so far.</summary>
    public required long Changes { get; init; }

    /// <summary>When the label came that showed the last one; null before the first.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>True when a change was found since the evaluation before this one.</summary>
    public required bool IsNew { get; init; }

    /// <summary>Labelled predictions since the last change, or since the beginning.</summary>
    public required long Rows { get; init; }
}
