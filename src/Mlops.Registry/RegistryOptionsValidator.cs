using Microsoft.Extensions.Options;

namespace Mlops.Registry;

internal sealed class RegistryOptionsValidator : IValidateOptions<RegistryOptions>
{
    public const int MaximumActorLength = 250;
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, RegistryOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (string.IsNullOrWhiteSpace(options.Actor) || options.Actor.Length > MaximumActorLength)
        {
            result.AddError($"must have 1 to {MaximumActorLength} characters, has {options.Actor?.Length ?? 0}.", nameof(options.Actor));
        }

        if (options.PollInterval < ShortestPoll || options.PollInterval > LongestPoll)
        {
            result.AddError($"must be {ShortestPoll} to {LongestPoll}, is {options.PollInterval}.", nameof(options.PollInterval));
        }

        if (options.MaximumSignatureBytes < 0 || options.MaximumSignatureBytes > Array.MaxLength)
        {
            result.AddError($"must be 0 to {Array.MaxLength}, is {options.MaximumSignatureBytes}.", nameof(options.MaximumSignatureBytes));
        }

        return result.Build();
    }

    public static void Require(RegistryOptions options)
    {
        ValidateOptionsResult result = new RegistryOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }
}
