namespace Mlops.Tracking;

/// <summary>A parameter was logged before with another value; the first value stands.</summary>
public sealed class ParameterConflictException : TrackingException
{
    internal ParameterConflictException(string runId, string key, string stored, string refused)
        : base($"Logging parameter '{key}' of run {runId}: it is '{stored}' already and cannot become '{refused}'. "
            + "Parameters are set once; use a tag for what changes.")
    {
        RunId = runId;
        Key = key;
        Stored = stored;
        Refused = refused;
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>The parameter.</summary>
    public string Key { get; }

    /// <summary>The value that stands.</summary>
    public string Stored { get; }

    /// <summary>The value that was refused.</summary>
    public string Refused { get; }
}
