using Microsoft.Extensions.Options;

namespace Mlops.Mlflow;

internal sealed class MlflowOptionsValidator : IValidateOptions<MlflowOptions>
{
    private const int SmallestBody = 1_000_000;
    private const int LargestBody = 1 << 30;
    private const long LargestArtifact = 1L << 40;

    public ValidateOptionsResult Validate(string? name, MlflowOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.MaximumBodyBytes is < SmallestBody or > LargestBody)
        {
            result.AddError($"must be {SmallestBody} to {LargestBody} bytes, is {options.MaximumBodyBytes}.", nameof(options.MaximumBodyBytes));
        }

        if (options.MaximumArtifactBytes is < 1 or > LargestArtifact)
        {
            result.AddError($"must be 1 to {LargestArtifact} bytes, is {options.MaximumArtifactBytes}.", nameof(options.MaximumArtifactBytes));
        }

        return result.Build();
    }
}
