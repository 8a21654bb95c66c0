namespace Mlops.Tuning;

/// <summary>
/// What is stored of a study cannot be read: a damaged file, or rows that were changed by hand into something that cannot be. Trials whose row is damaged do not
/// cause it: they count as failed, and the search goes on.
/// </summary>
public sealed class StudyCorruptException : TuningException
{
    internal StudyCorruptException(string study, string what, Exception? innerException = null)
        : base($"Reading {what} of study '{study}': what is stored cannot be read. Correct it in the database, restore a backup, or go on under another name.", innerException)
    {
        Study = study;
    }

    /// <summary>The study's name.</summary>
    public string Study { get; }
}
