using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>How a host that serves models stops; section <c>Mlops:Serving</c>.</summary>
public sealed class ServingHostOptions
{
    /// <summary>
    /// How long the host goes on answering after its health checks report that it stops, so that a load balancer has noticed before it is gone:
    /// a little more than the period of its readiness probe. Zero by default, at most 10 minutes, and no longer than the host's shutdown timeout.
    /// </summary>
    public TimeSpan DrainDelay { get; set; }
}

internal sealed class ServingHostOptionsValidator : IValidateOptions<ServingHostOptions>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, ServingHostOptions options) => options.DrainDelay < TimeSpan.Zero || options.DrainDelay > Longest
        ? ValidateOptionsResult.Fail($"{nameof(ServingHostOptions.DrainDelay)} is {options.DrainDelay}; it must lie between {TimeSpan.Zero} and {Longest}.")
        : ValidateOptionsResult.Success;
}
