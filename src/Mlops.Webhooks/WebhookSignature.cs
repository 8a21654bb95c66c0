using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Webhooks;

/// <summary>
/// The symmetric signature of the Standard Webhooks specification: <c>v1,</c> and the base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.
/// Thread-safe.
/// </summary>
/// <remarks>
/// The signature proves that somebody who knows the key sent exactly this body under this id at that time. It does not keep a message from
/// arriving twice: receivers remember the ids that they have handled for as long as the tolerance lasts, or handle messages idempotently.
/// </remarks>
public sealed class WebhookSignature
{
    /// <summary>How far a timestamp may lie from the receiver's clock, either way, unless told otherwise: 5 min.</summary>
    public static readonly TimeSpan DefaultTolerance = TimeSpan.FromMinutes(5);

    private const string KeyPrefix = "whsec_";
    private const string Version = "v1,";
    private const int ShortestKey = 24;
    private const int LongestKey = 64;
    private const int MaximumKeys = 2;
    private const int MaximumHeader = 2_048;

    private readonly byte[][] _keys;

    /// <summary>Takes one key, or two while they are changed.</summary>
    /// <param name="keys">Base64 of 24 to 64 bytes each, with or without the prefix <c>whsec_</c>.</param>
    /// <exception cref="ArgumentException">There are none or more than two, or one is no such key. The message carries no key.</exception>
    public WebhookSignature(params IReadOnlyList<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _keys = ParseKeys(keys, nameof(keys));
    }

    /// <summary>The value of the header <c>webhook-signature</c>: one signature for each key, with spaces between them.</summary>
    /// <param name="id">The header <c>webhook-id</c>: 1 to 2 048 visible ASCII characters, no full stop.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>, in whole seconds.</param>
    /// <param name="body">The body as it is sent.</param>
    public string Create(string id, DateTimeOffset timestamp, ReadOnlySpan<byte> body)
    {
        RequireId(id);
        byte[] start = Start(id, timestamp.ToUnixTimeSeconds());
        StringBuilder value = new();
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (byte[] key in _keys)
        {
            Hash(key, start, body, hash);
            value.Append(value.Length > 0 ? " " : "").Append(Version).Append(Convert.ToBase64String(hash));
        }

        return value.ToString();
    }

    /// <summary>Whether a message that was received is genuine and fresh; compares in constant time.</summary>
    /// <param name="id">The header <c>webhook-id</c>; null gives false.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>; null gives false.</param>
    /// <param name="signatures">The header <c>webhook-signature</c>; signatures of other versions are passed over; null gives false.</param>
    /// <param name="body">The body as it was received, before anything has parsed it.</param>
    /// <param name="now">The receiver's time.</param>
    /// <param name="tolerance">How far the timestamp may lie from <paramref name="now"/>; null for <see cref="DefaultTolerance"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tolerance"/> is negative.</exception>
    public bool Verify(string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan? tolerance = null)
    {
        TimeSpan allowed = tolerance ?? DefaultTolerance;
        ArgumentOutOfRangeException.ThrowIfLessThan(allowed, TimeSpan.Zero, nameof(tolerance));
        if (!IsId(id) || signatures is null || signatures.Length > MaximumHeader
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || Int128.Abs((Int128)seconds - now.ToUnixTimeSeconds()) > allowed.Ticks / TimeSpan.TicksPerSecond)
        {
            return false;
        }

        byte[] start = Start(id!, seconds);
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        bool isGenuine = false;
        foreach (byte[] key in _keys)
        {
            Hash(key, start, body, expected);
            foreach (Range part in signatures.AsSpan().Split(' '))
            {
                ReadOnlySpan<char> signature = signatures.AsSpan(part);
                if (signature.StartsWith(Version, StringComparison.Ordinal)
                    && Convert.TryFromBase64Chars(signature[Version.Length..], given, out int length) && length == given.Length)
                {
                    isGenuine |= CryptographicOperations.FixedTimeEquals(expected, given);
                }
            }
        }

        return isGenuine;
    }

    internal static byte[][] ParseKeys(IReadOnlyList<string> keys, string name)
    {
        if (keys.Count is 0 or > MaximumKeys)
            throw new ArgumentException($"{name} must be one signing key, or two while they are changed; there are {keys.Count}.", name);
        return [.. keys.Select((key, index) => ParseKey(key, $"{name}[{index}]"))];
    }

    internal static void RequireId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!IsId(id))
            throw new ArgumentException($"A webhook's id must be 1 to {MaximumHeader} visible ASCII characters without a full stop, which separates it from the timestamp.", nameof(id));
    }

    // A full stop in the id would let two different messages have the same signed text.
    private static bool IsId(string? id) =>
        id is { Length: > 0 and <= MaximumHeader } && id.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && !id.Contains('.');

    // What is no key is not shown: it may be one with a slip of the pen.
    private static byte[] ParseKey(string? key, string name)
    {
        ReadOnlySpan<char> text = key.AsSpan();
        if (text.StartsWith(KeyPrefix, StringComparison.Ordinal))
            text = text[KeyPrefix.Length..];
        byte[] buffer = new byte[(text.Length * 3 / 4) + 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out int length))
            throw new ArgumentException($"{name} is no signing key: it must be base64, as in {KeyPrefix}... of the Standard Webhooks.", name);
        if (length is < ShortestKey or > LongestKey)
            throw new ArgumentException($"{name} must have {ShortestKey} to {LongestKey} bytes, has {length}. Make one with: openssl rand -base64 32", name);
        return buffer[..length];
    }

    private static byte[] Start(string id, long seconds) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{seconds}."));

    private static void Hash(byte[] key, byte[] start, ReadOnlySpan<byte> body, Span<byte> hash)
    {
        using IncrementalHash hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(start);
        hmac.AppendData(body);
        hmac.GetHashAndReset(hash);
    }
}
