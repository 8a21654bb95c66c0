using System.Text;

namespace Mlops.Mlflow;

/// <summary>
/// A filter as clients of MLflow mean it. Its language is that of tracking and the registry, but for two things: in a pattern a backslash is
/// a character like others, and a status that no run has is no mistake.
/// </summary>
internal static class WireFilter
{
    private static readonly string[] Statuses = ["RUNNING", "FINISHED", "FAILED", "KILLED"];
    private static readonly string[] StatusFields = ["status", "attributes.status", "attribute.status", "attr.status", "run.status"];

    public static string? Read(MlflowRequest fields) => fields.Text("filter") is { Length: > 0 } filter ? Translate(filter) : null;

    public static string Translate(string filter)
    {
        var translated = new StringBuilder(filter.Length);

        // The two tokens before, and where they begin in what is translated.
        string field = "", sign = "";
        int fieldAt = 0, signAt = 0;
        for (int at = 0; at < filter.Length;)
        {
            int begin = at;
            at = EndOf(filter, begin);
            string token = filter[begin..at];
            if (string.IsNullOrWhiteSpace(token))
            {
                translated.Append(token);
                continue;
            }

            if (token[0] is '\'' or '"' && IsPattern(sign))
            {
                token = token.Replace(@"\", @"\\", StringComparison.Ordinal);
            }
            else if (token[0] is '\'' or '"' && IsStatus(field) && sign is "=" or "!=" && IsClosed(token) && !IsKnown(token))
            {
                // No run has an empty id.
                translated.Length = fieldAt;
                translated.Append("run_id ").Append(sign).Append(" ''");
                token = "";
            }

            (field, sign) = (sign, token);
            (fieldAt, signAt) = (signAt, translated.Length);
            translated.Append(token);
        }

        return translated.ToString();
    }

    /// <summary>Where the token that begins there ends: a quoted text, a word, a sign, or white space.</summary>
    private static int EndOf(string text, int begin)
    {
        char first = text[begin];
        if (first is '\'' or '"' or '`')
        {
            // A quote inside is doubled.
            int end = text.IndexOf(first, begin + 1);
            while (end >= 0 && end + 1 < text.Length && text[end + 1] == first)
            {
                end = text.IndexOf(first, end + 2);
            }

            return end < 0 ? text.Length : end + 1;
        }

        Func<char, bool> belongs = char.IsWhiteSpace(first) ? char.IsWhiteSpace
            : IsOfWord(first) ? IsOfWord
            : static c => c is '=' or '!' or '<' or '>';
        int at = begin + 1;
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '.';

    private static bool IsPattern(string word) => word.Equals("LIKE", StringComparison.OrdinalIgnoreCase) || word.Equals("ILIKE", StringComparison.OrdinalIgnoreCase);

    private static bool IsStatus(string field) => Array.Exists(StatusFields, known => known.Equals(field, StringComparison.OrdinalIgnoreCase));

    private static bool IsClosed(string quoted) => quoted.Length > 1 && quoted[^1] == quoted[0];

    private static bool IsKnown(string quoted) => Array.Exists(Statuses, known => quoted.AsSpan(1).TrimEnd(quoted[0]).Equals(known, StringComparison.OrdinalIgnoreCase));
}
