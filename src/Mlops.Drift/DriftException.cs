namespace Mlops.Drift;

/// <summary>Something that a caller of drift checks can react to. The message says what was attempted, what was seen and what to do.</summary>
public class DriftException : Exception
{
    /// <summary>Creates the exception.</summary>
    public DriftException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
