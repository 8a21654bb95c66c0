using Microsoft.Extensions.Options;

namespace Mlops.Drift;

internal sealed class DriftMonitorOptionsValidator : IValidateOptions<DriftMonitorOptions>
{
    public ValidateOptionsResult Validate(string? name, DriftMonitorOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail($"Drift monitor '{name}': {exception.Message}");
        }
    }
}
