using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mlops;

/// <summary>
/// What a study calls things, in words that tracking takes. What it takes already stays as it is; every other character becomes
/// <c>_xHHHH_</c>, the four digits its UTF-16 code, and so does an underscore that would read as the beginning of one. Different names
/// stay different. A name that becomes longer than 250 characters is cut and ends in 16 digits of its SHA-256.
/// </summary>
internal static class TrialNames
{
    private const int MaximumLength = 250;
    private const int MaximumValueLength = 6_000;
    private const int DigestBytes = 8;
    private const string Cut = "...";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789ABCDEF");

    public static string ToKey(string parameter)
    {
        // Tracking reads keys as paths: in a name that is none, slashes and dots are escaped too.
        bool isPath = !parameter.Split('/').Any(static segment => segment is "" or "." or "..");
        return Escape(parameter, c => char.IsLetterOrDigit(c) || c is '_' or '-' or ':' or ' ' || (c is '.' or '/' && isPath));
    }

    public static string ToExperiment(string study)
    {
        bool isBlank = string.IsNullOrWhiteSpace(study);
        return Escape(study, c => !isBlank && !char.IsControl(c));
    }

    public static string ToValue(string value)
    {
        if (value.Length <= MaximumValueLength)
        {
            return value;
        }

        return string.Concat(value.AsSpan(0, WholeLength(value, MaximumValueLength - Cut.Length)), Cut);
    }

    private static string Escape(string name, Func<char, bool> isAllowed)
    {
        var escaped = new StringBuilder(name.Length);
        for (int i = 0; i < name.Length; i++)
        {
            if (isAllowed(name[i]) && !ReadsAsEscape(name.AsSpan(i)))
            {
                escaped.Append(name[i]);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"_x{(int)name[i]:X4}_");
            }
        }

        string text = escaped.ToString();
        if (text.Length <= MaximumLength)
        {
            return text;
        }

        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, DigestBytes));
        return string.Concat(text.AsSpan(0, WholeLength(text, MaximumLength - digest.Length - 1)), "_", digest);
    }

    /// <summary>Half a surrogate pair is no text to a database.</summary>
    private static int WholeLength(string text, int length) => char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;

    private static bool ReadsAsEscape(ReadOnlySpan<char> text) =>
        text.Length >= 6 && text is ['_', 'x', ..] && !text[2..6].ContainsAnyExcept(Digits);
}
