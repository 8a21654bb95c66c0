using Microsoft.Extensions.Options;

namespace Mlops.Storage;

internal sealed class ArtifactOptionsValidator : IValidateOptions<ArtifactOptions>
{
    private const long MostBytes = 1L << 62;

    private static readonly TimeSpan ShortestSession = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>For catalogues that are built without a container.</summary>
    public static void ThrowIfInvalid(ArtifactOptions options)
    {
        if (new ArtifactOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }

    public ValidateOptionsResult Validate(string? name, ArtifactOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.UploadFolder is { } folder && string.IsNullOrWhiteSpace(folder))
        {
            result.AddError("must name a folder or be null.", nameof(options.UploadFolder));
        }

        if (options.UploadSessionDuration < ShortestSession || options.UploadSessionDuration > Longest)
        {
            result.AddError($"must be {ShortestSession} to {Longest}, is {options.UploadSessionDuration}.", nameof(options.UploadSessionDuration));
        }

        if (options.MaximumUploadBytes is < 1 or > MostBytes)
        {
            result.AddError($"must be 1 to {MostBytes}, is {options.MaximumUploadBytes}.", nameof(options.MaximumUploadBytes));
        }

        if (options.CollectEvery < ShortestInterval || options.CollectEvery > Longest)
        {
            result.AddError($"must be {ShortestInterval} to {Longest}, is {options.CollectEvery}.", nameof(options.CollectEvery));
        }

        return result.Build();
    }
}
