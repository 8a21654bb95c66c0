namespace Mlops.Mlflow;

/// <summary>Aliases that clients could take for a version or for the newest one.</summary>
internal static class AliasNames
{
    private const int MaximumLength = 255;

    public static string Require(string alias)
    {
        if (alias.Length > MaximumLength || !alias.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-'))
        {
            throw ProtocolException.Invalid($"Invalid alias name: '{ProtocolException.Shorten(alias)}'. Names have at most {MaximumLength} letters, digits, underscores and dashes.");
        }

        bool isVersion = alias[0] is 'v' or 'V' && alias.Length > 1 && alias.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;
        return isVersion || alias.Equals("latest", StringComparison.OrdinalIgnoreCase)
            ? throw ProtocolException.Invalid($"'{alias}' alias name is reserved.")
            : alias;
    }
}
