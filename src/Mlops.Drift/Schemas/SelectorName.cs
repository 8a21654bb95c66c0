namespace Mlops.Drift;

/// <summary>Finds a column's name in the text of its selector: <c>r => r.Weather.Wind</c> names <c>Weather.Wind</c>.</summary>
internal static class SelectorName
{
    public static string Of(string expression, string? name)
    {
        if (name is not null)
            return name;
        return Parse(expression) ?? throw new ArgumentException(
            $"The selector '{expression}' is more than a member access, so it names no column. Pass a name: Numeric({expression}, \"name\").",
            nameof(name));
    }

    /// <summary>The members after the parameter, joined by dots, or null when the lambda does anything else.</summary>
    private static string? Parse(string expression)
    {
        int arrow = expression.IndexOf("=>", StringComparison.Ordinal);
        if (arrow < 0)
            return null;
        ReadOnlySpan<char> body = expression.AsSpan(arrow + 2).Trim();
        ReadOnlySpan<char> head = expression.AsSpan(0, arrow).Trim().TrimEnd(')').TrimEnd();
        int start = head.Length;
        while (start > 0 && IsIdentifier(head[start - 1]))
            start--;
        ReadOnlySpan<char> parameter = head[start..];
        if (parameter.IsEmpty || !body.StartsWith(parameter, StringComparison.Ordinal))
            return null;
        ReadOnlySpan<char> path = body[parameter.Length..];
        List<string> members = [];
        while (!path.IsEmpty)
        {
            path = path.TrimStart();
            if (path.StartsWith("?.", StringComparison.Ordinal) || path.StartsWith("!.", StringComparison.Ordinal))
                path = path[1..];
            if (path is "!")
                break;
            if (!path.StartsWith("."))
                return null;
            path = path[1..].TrimStart();
            int length = 0;
            while (length < path.Length && IsIdentifier(path[length]))
                length++;
            if (length == 0)
                return null;
            members.Add(path[..length].TrimStart('@').ToString());
            path = path[length..].TrimEnd();
        }

        return members.Count == 0 ? null : string.Join('.', members);
    }

    private static bool IsIdentifier(char c) => char.IsLetterOrDigit(c) || c is '_' or '@';
}
