namespace Mlops.Tuning;

/// <summary>Base of the failures of a study that a caller can react to.</summary>
public abstract class TuningException : Exception
{
    /// <summary>Creates the exception.</summary>
    protected TuningException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    protected TuningException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
