namespace Mlops.Webhooks;

/// <summary>
/// Where a webhook goes, how it is signed and how long it is tried. The target comes from the host's configuration alone: nothing in a
/// message chooses it.
/// </summary>
public sealed class WebhookOptions
{
    /// <summary>The target, absolute; https unless <see cref="AllowHttp"/>. No user information: the signature tells who sends. Required.</summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// The signing keys, one, or two while they are changed: base64 of 24 to 64 bytes, with or without the prefix <c>whsec_</c>. Every
    /// message carries a signature for each key, so that receivers may know either. Required.
    /// </summary>
    public IList<string> Keys { get; } = [];

    /// <summary>Whether the target may be plain http, for receivers on the same machine; default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>How long one attempt may take, 100 ms to 1 min; default 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one message may take, with all attempts and the waits between them, 100 ms to 1 h; default 25 s.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Attempts for one message, 1 to 20; default 5.</summary>
    public int MaximumAttempts { get; set; } = 5;

    /// <summary>
    /// The wait before the second attempt, 10 ms to 1 min; default 500 ms. It doubles with every attempt, up to <see cref="MaximumDelay"/>,
    /// and a part of up to a half, which depends on the message's id and the attempt, is left out.
    /// </summary>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait that doubling gives, <see cref="FirstDelay"/> to 10 min; default 10 s. What a receiver asks for in Retry-After may be longer.</summary>
    public TimeSpan MaximumDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest body, 1 to 16 777 216 bytes; default 262 144.</summary>
    public int MaximumPayloadBytes { get; set; } = 262_144;

    /// <summary>Checks the options; hosts call it at start.</summary>
    /// <exception cref="ArgumentException">An option is missing or out of its range. The message carries no key, and of the URL the scheme at most.</exception>
    public void Validate()
    {
        RequireTarget(Url, AllowHttp, nameof(Url));
        WebhookSignature.ParseKeys([.. Keys], nameof(Keys));
        InRange(Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), nameof(Timeout));
        InRange(TotalTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), nameof(TotalTimeout));
        InRange(MaximumAttempts, 1, 20, nameof(MaximumAttempts));
        InRange(FirstDelay, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), nameof(FirstDelay));
        InRange(MaximumDelay, FirstDelay, TimeSpan.FromMinutes(10), nameof(MaximumDelay));
        InRange(MaximumPayloadBytes, 1, 16_777_216, nameof(MaximumPayloadBytes));
    }

    private static void RequireTarget(Uri? url, bool allowHttp, string name)
    {
        if (url is null)
            throw new ArgumentException($"{name} is missing. Set it to the absolute https address of the receiver.", name);
        if (!url.IsAbsoluteUri)
            throw new ArgumentException($"{name} must be absolute, as in https://example.org/hook.", name);
        if (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp)
            throw new ArgumentException($"{name} must be https, is {url.Scheme}.", name);
        if (url.Scheme == Uri.UriSchemeHttp && !allowHttp)
            throw new ArgumentException($"{name} must be https, is http. Set {nameof(AllowHttp)} where the network is trusted.", name);
        if (url.UserInfo.Length > 0)
            throw new ArgumentException($"{name} must carry no user information: it would not be sent, and it ends in logs.", name);
    }

    private static void InRange<TValue>(TValue value, TValue lowest, TValue highest, string name)
        where TValue : struct, IComparable<TValue>
    {
        if (value.CompareTo(lowest) < 0 || value.CompareTo(highest) > 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {lowest} to {highest}, is {value}.");
    }
}
