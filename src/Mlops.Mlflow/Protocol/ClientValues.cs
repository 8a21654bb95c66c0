namespace Mlops.Mlflow;

/// <summary>Values that a client sent, handed on to who stores them: what they may hold is said there, once.</summary>
internal static class ClientValues
{
    /// <summary>
    /// Makes a call with them. What it throws of its arguments, which comes at once and before anything is awaited, is the client's mistake;
    /// what it throws later is not.
    /// </summary>
    /// <exception cref="ProtocolException">They are refused.</exception>
    public static TCall Pass<TCall>(Func<TCall> call)
    {
        try
        {
            return call();
        }
        catch (ArgumentException exception) when (exception is not (ArgumentNullException or ArgumentOutOfRangeException))
        {
            throw ProtocolException.Invalid(WithoutParameter(exception.Message));
        }
    }

    /// <summary>Without the name of our own parameter, which means nothing to a client.</summary>
    private static string WithoutParameter(string message)
    {
        int at = message.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        return at < 0 ? message : message[..at];
    }
}
