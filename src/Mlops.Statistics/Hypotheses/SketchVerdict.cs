namespace Mlops.Statistics;

/// <summary>What a test on summaries can say.</summary>
public enum SketchVerdict
{
    /// <summary>A sample is empty.</summary>
    NotComputable,

    /// <summary>The exact test would reject whatever the lost detail within the bounds.</summary>
    Significant,

    /// <summary>The exact test would not reject whatever the lost detail within the bounds.</summary>
    NotSignificant,

    /// <summary>The lost detail decides; use a finer sketch or the samples.</summary>
    Undecided,
}
