using Microsoft.Extensions.Options;

namespace Mlops.Mlflow;

internal sealed class MlflowStoreOptionsValidator : IValidateOptions<MlflowStoreOptions>
{
    private const int MostAttempts = 10;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, MlflowStoreOptions options) => Validate(options, options.BaseAddress);

    /// <summary>Messages show neither the token nor the password, and no address, which might hold one.</summary>
    public static ValidateOptionsResult Validate(MlflowStoreOptions options, Uri? address)
    {
        var result = new ValidateOptionsResultBuilder();
        bool hasSecret = options.Token is not null || options.Password is not null;
        if (address is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            result.AddError("must be the server's absolute address of scheme http or https, for example http://localhost:5000.", nameof(options.BaseAddress));
        }
        else if (address.UserInfo.Length > 0)
        {
            result.AddError($"holds a user name; give it as {nameof(options.UserName)} and {nameof(options.Password)}.", nameof(options.BaseAddress));
        }
        else if (hasSecret && address.Scheme == "http" && !address.IsLoopback && !options.AllowHttp)
        {
            result.AddError($"is of scheme http on another machine, where the token or password could be read on the way; use https, or set {nameof(options.AllowHttp)}.", nameof(options.BaseAddress));
        }

        if (options.Token is not null && options.Password is not null)
        {
            result.AddError($"and {nameof(options.Password)} are both set; a request has one of them.", nameof(options.Token));
        }

        if (options.UserName is null != options.Password is null)
        {
            result.AddError($"and {nameof(options.Password)} go together; one is missing.", nameof(options.UserName));
        }

        if (options.MaximumAttempts is < 1 or > MostAttempts)
        {
            result.AddError($"must be 1 to {MostAttempts}, is {options.MaximumAttempts}.", nameof(options.MaximumAttempts));
        }

        if (options.MaximumRetryDelay < TimeSpan.Zero || options.MaximumRetryDelay > LongestDelay)
        {
            result.AddError($"must be 0 to {LongestDelay}, is {options.MaximumRetryDelay}.", nameof(options.MaximumRetryDelay));
        }

        if (options.MaximumAnswerBytes is < MlflowStoreOptions.SmallestAnswerBytes or > MlflowStoreOptions.LargestAnswerBytes)
        {
            result.AddError(
                $"must be {MlflowStoreOptions.SmallestAnswerBytes} to {MlflowStoreOptions.LargestAnswerBytes} bytes, is {options.MaximumAnswerBytes}.", nameof(options.MaximumAnswerBytes));
        }

        return result.Build();
    }
}
