using System.Buffers;
using System.Text;

namespace Mlops.Tracking;

/// <summary>Takes user names and passwords out of URIs, also of those within a longer text such as JSON.</summary>
internal static class UserInfo
{
    private const string Mark = "://";

    // What ends the part of a URI that names user and host.
    private static readonly SearchValues<char> Ends = SearchValues.Create("/\\?#\"'<>{}|`^ \t\r\n");

    public static string Remove(string text)
    {
        StringBuilder? kept = null;
        int copied = 0;
        for (int at = text.IndexOf(Mark, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Mark, at, StringComparison.Ordinal))
        {
            at += Mark.Length;
            ReadOnlySpan<char> rest = text.AsSpan(at);
            int end = rest.IndexOfAny(Ends);
            int user = (end < 0 ? rest : rest[..end]).LastIndexOf('@');
            if (user >= 0)
            {
                kept ??= new StringBuilder(text.Length);
                kept.Append(text, copied, at - copied);
                copied = at + user + 1;
                at = copied;
            }
        }

        return kept is null ? text : kept.Append(text, copied, text.Length - copied).ToString();
    }
}
