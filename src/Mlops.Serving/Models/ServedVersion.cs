using System.Globalization;

namespace Mlops.Serving;

/// <summary>A version of a model that has been put into service. One instance per load.</summary>
public sealed class ServedVersion
{
    internal ServedVersion(long number, string digest, DateTimeOffset loadedAt, ModelSignature signature)
    {
        Number = number;
        Digest = digest;
        LoadedAt = loadedAt;
        Signature = signature;
    }

    /// <summary>Number of the version in its source.</summary>
    public long Number { get; }

    /// <summary>
    /// SHA-256 of the model file, or of the list of its files where it has several: 64 lower-case hexadecimal digits, the same everywhere for
    /// the same bytes.
    /// </summary>
    public string Digest { get; }

    /// <summary>When it was put into service.</summary>
    public DateTimeOffset LoadedAt { get; }

    /// <summary>What it takes and returns.</summary>
    public ModelSignature Signature { get; }

    /// <summary>Why calls of this version never share a run, be it its shapes or its options; <c>null</c> when they may.</summary>
    public string? CannotBatch { get; internal set; }

    /// <summary>Number and the first digits of the digest, for example <c>3 (a1e4ed57)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} ({Digest.AsSpan(0, 8)})");
}
