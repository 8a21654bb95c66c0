using Microsoft.Extensions.Options;
using Mlops.Webhooks;

namespace Mlops.Orchestration;

/// <summary>Checks the options of one webhook when the host starts.</summary>
internal sealed class PipelineWebhookValidator(string section) : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        if (name != section)
        {
            return ValidateOptionsResult.Skip;
        }

        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail($"Webhook of pipelines (section {section}): {exception.Message}");
        }
    }
}
