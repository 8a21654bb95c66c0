namespace Mlops.Tuning;

/// <summary>There is no study of this name.</summary>
public sealed class StudyNotFoundException : TuningException
{
    internal StudyNotFoundException(string study)
        : base($"There is no study '{study}' in this database; OpenAsync creates it.")
    {
        Study = study;
    }

    /// <summary>The name that was looked up.</summary>
    public string Study { get; }
}
