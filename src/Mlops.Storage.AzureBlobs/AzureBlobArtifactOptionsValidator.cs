using Microsoft.Extensions.Options;

namespace Mlops.Storage.AzureBlobs;

internal sealed class AzureBlobArtifactOptionsValidator : IValidateOptions<AzureBlobArtifactOptions>
{
    private const long LeastBlock = 1L << 20;
    private const long MostBlock = 4_000L << 20;

    /// <summary>For stores that are built without a container.</summary>
    public static void ThrowIfInvalid(AzureBlobArtifactOptions options)
    {
        if (new AzureBlobArtifactOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }

    public ValidateOptionsResult Validate(string? name, AzureBlobArtifactOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.Prefix.Length > 0 && !(ArtifactName.TryParse(options.Prefix, out _) && options.Prefix.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/')))
        {
            result.AddError("must be empty or segments of [A-Za-z0-9._-] joined by '/', without one at its ends.", nameof(options.Prefix));
        }

        if (options.BlockBytes is < LeastBlock or > MostBlock)
        {
            result.AddError($"must be {LeastBlock} to {MostBlock}, is {options.BlockBytes}.", nameof(options.BlockBytes));
        }

        if (options.SpoolFolder is { } folder && string.IsNullOrWhiteSpace(folder))
        {
            result.AddError("must name a folder or be null.", nameof(options.SpoolFolder));
        }

        return result.Build();
    }
}
