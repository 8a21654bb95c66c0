namespace Mlops.Tuning;

/// <summary>A database or a study of Optuna could not be read.</summary>
public sealed class OptunaImportException : TuningException
{
    internal OptunaImportException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
