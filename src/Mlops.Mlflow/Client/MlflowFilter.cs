namespace Mlops.Mlflow;

/// <summary>Texts of MLflow's search language.</summary>
internal static class MlflowFilter
{
    /// <summary>A comparison of a key with a value.</summary>
    /// <exception cref="ArgumentException">The key holds a back tick, or the value both kinds of quotes: the language has no way to say it.</exception>
    public static string Equal(string entity, string key, string value)
    {
        if (key.Contains('`', StringComparison.Ordinal) || (value.Contains('\'', StringComparison.Ordinal) && value.Contains('"', StringComparison.Ordinal)))
        {
            throw new ArgumentException("MLflow's filters cannot hold a back tick in a key, nor both kinds of quotes in a value.", nameof(value));
        }

        char quote = value.Contains('\'', StringComparison.Ordinal) ? '"' : '\'';
        return $"{entity}.`{key}` = {quote}{value}{quote}";
    }

    /// <summary>Conditions that hold together. Servers of MLflow take no parentheses, so that a part has some only where it needs them.</summary>
    /// <param name="parts">Each by itself a condition; see <see cref="IsClosed"/>.</param>
    public static string All(IReadOnlyList<string> parts) =>
        parts.Count == 1 ? parts[0] : string.Join(" AND ", parts.Select(static part => HasOr(part) ? $"({part})" : part));

    /// <summary>Whether every parenthesis and quote is closed where it belongs, so that what is written around the filter stays around it.</summary>
    public static bool IsClosed(string filter)
    {
        int open = 0;
        char quote = '\0';
        foreach (char c in filter)
        {
            bool isOutside = quote == '\0';
            quote = Within(quote, c);
            open += !isOutside ? 0 : c == '(' ? 1 : c == ')' ? -1 : 0;
            if (open < 0)
            {
                return false;
            }
        }

        return open == 0 && quote == '\0';
    }

    /// <summary>The parts of an order, which commas separate.</summary>
    public static List<string> Split(string order)
    {
        List<string> parts = [];
        int begin = 0;
        char quote = '\0';
        for (int at = 0; at <= order.Length; at++)
        {
            if (at == order.Length || (quote == '\0' && order[at] == ','))
            {
                parts.Add(order[begin..at].Trim());
                begin = at + 1;
            }
            else
            {
                quote = Within(quote, order[at]);
            }
        }

        return parts;
    }

    private static bool HasOr(string filter)
    {
        char quote = '\0';
        for (int at = 0; at < filter.Length; at++)
        {
            quote = Within(quote, filter[at]);
            if (quote == '\0' && IsOr(filter, at))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOr(string filter, int at) =>
        string.Compare(filter, at, "OR", 0, 2, StringComparison.OrdinalIgnoreCase) == 0
        && (at == 0 || !IsOfWord(filter[at - 1])) && (at + 2 == filter.Length || !IsOfWord(filter[at + 2]));

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '/' or ':';

    private static char Within(char quote, char c) => quote == '\0' ? c is '\'' or '"' or '`' ? c : '\0' : c == quote ? '\0' : quote;
}
