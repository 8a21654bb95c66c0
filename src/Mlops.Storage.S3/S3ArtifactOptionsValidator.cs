using System.Buffers;
using Microsoft.Extensions.Options;

namespace Mlops.Storage.S3;

internal sealed class S3ArtifactOptionsValidator : IValidateOptions<S3ArtifactOptions>
{
    private const int ShortestBucket = 3;
    private const int LongestBucket = 63;
    private const long LeastPart = 5L << 20;
    private const long MostPart = 5L << 30;

    private static readonly SearchValues<char> InBucket = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    /// <summary>For stores that are built without a container.</summary>
    public static void ThrowIfInvalid(S3ArtifactOptions options)
    {
        if (new S3ArtifactOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }

    public ValidateOptionsResult Validate(string? name, S3ArtifactOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.Bucket is not { Length: >= ShortestBucket and <= LongestBucket } || options.Bucket.AsSpan().ContainsAnyExcept(InBucket))
        {
            result.AddError($"must have {ShortestBucket} to {LongestBucket} characters [a-z0-9.-], is '{options.Bucket}'.", nameof(options.Bucket));
        }

        if (options.Prefix.Length > 0 && !(ArtifactName.TryParse(options.Prefix, out _) && options.Prefix.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/')))
        {
            result.AddError("must be empty or segments of [A-Za-z0-9._-] joined by '/', without one at its ends.", nameof(options.Prefix));
        }

        if (options.PartBytes is < LeastPart or > MostPart)
        {
            result.AddError($"must be {LeastPart} to {MostPart}, is {options.PartBytes}.", nameof(options.PartBytes));
        }

        if (options.SpoolFolder is { } folder && string.IsNullOrWhiteSpace(folder))
        {
            result.AddError("must name a folder or be null.", nameof(options.SpoolFolder));
        }

        if (options.ServiceUrl is { } url)
        {
            Validate(url, options.AllowHttp, result);
        }

        return result.Build();
    }

    /// <summary>The messages leave the URL out: it may hold what it should not.</summary>
    private static void Validate(Uri url, bool allowHttp, ValidateOptionsResultBuilder result)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
        {
            result.AddError("must be an absolute URL with https.", nameof(S3ArtifactOptions.ServiceUrl));
            return;
        }

        if (url.UserInfo.Length > 0)
        {
            result.AddError("must not hold credentials: give them to the AWS SDK, for example in the environment.", nameof(S3ArtifactOptions.ServiceUrl));
        }

        if (url.Scheme == Uri.UriSchemeHttp && !allowHttp)
        {
            result.AddError("has http: artifacts would travel in the clear. Use https, or set AllowHttp where the network may see them.", nameof(S3ArtifactOptions.ServiceUrl));
        }
    }
}
