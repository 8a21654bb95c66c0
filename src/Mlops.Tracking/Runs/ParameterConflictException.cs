namespace Mlops.Tracking;

/// <summary>A parameter was logged before with another value; the first value stands.</summary>
public sealed class ParameterConflictException : TrackingException
{
    internal ParameterConflictException(string runId, string key, string stored, string refused)
        : this(runId, [new ParameterConflict(key, stored, refused)])
    {
    }

    /// <summary>For stores: parameters of the run have other values.</summary>
    public ParameterConflictException(string runId, IReadOnlyList<ParameterConflict> conflicts)
        : base(Describe(runId, conflicts))
    {
        RunId = runId;
        Conflicts = conflicts;
    }

    /// <summary>The run's id.</summary>
    public string RunId { get; }

    /// <summary>The first parameter.</summary>
    public string Key => Conflicts[0].Key;

    /// <summary>The value that stands.</summary>
    public string Stored => Conflicts[0].Stored;

    /// <summary>The value that was refused.</summary>
    public string Refused => Conflicts[0].Refused;

    /// <summary>Every parameter of the call that has another value, at least one.</summary>
    public IReadOnlyList<ParameterConflict> Conflicts { get; }

    private static string Describe(string runId, IReadOnlyList<ParameterConflict> conflicts)
    {
        ParameterConflict first = conflicts[0];
        string others = conflicts.Count == 1 ? "" : $" Neither can {string.Join(", ", conflicts.Skip(1).Select(static other => $"'{other.Key}'"))}.";
        return $"Logging parameter '{first.Key}' of run {runId}: it is '{first.Stored}' already and cannot become '{first.Refused}'.{others} "
            + "Parameters are set once; use a tag for what changes.";
    }
}
