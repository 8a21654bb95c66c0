namespace Mlops.Tuning;

/// <summary>A study of this name exists with other directions, another seed or another determinism.</summary>
public sealed class StudyConflictException : TuningException
{
    internal StudyConflictException(string study, string property, string stored, string asked)
        : base($"Opening study '{study}' with {property} '{asked}': it exists with '{stored}'. Open it with that, or choose another name.")
    {
        Study = study;
        Property = property;
    }

    /// <summary>The study's name.</summary>
    public string Study { get; }

    /// <summary>What contradicts: <c>direction</c>, <c>seed</c> or <c>determinism</c>.</summary>
    public string Property { get; }
}
