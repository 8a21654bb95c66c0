namespace Mlops.Tracking;

/// <summary>The address of a repository, fit to be shown.</summary>
internal static class RepositoryUrl
{
    /// <summary>Without user name, password, query and fragment; null for a local path, which names users, and for what cannot be read.</summary>
    public static string? Clean(string url)
    {
        if (url.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http" or "ssh" or "git"
                ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
                : null;
        }

        // git@example.org:team/project.git
        string address = url[(url.LastIndexOf('@') + 1)..];
        int colon = address.IndexOf(':', StringComparison.Ordinal);
        bool hasHost = colon > 1 && address.AsSpan(0, colon).IndexOfAny('/', '\\') < 0;
        return hasHost ? address : null;
    }
}
