using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>How a candidate is tried out beside the version that serves; part of <see cref="ModelOptions"/>.</summary>
public sealed class RolloutOptions
{
    /// <summary>
    /// Share of the keys that the candidate answers at first, 0 to 1; <c>null</c> (the default): 0.05 for a canary, 0.5 for an A/B test, 0 for blue-green.
    /// </summary>
    [Range(0.0, 1.0)]
    public double? Share { get; set; }

    /// <summary>
    /// How long the version before stays loaded after a promotion, so that a rollback is one swap; an hour by default, at most a week.
    /// </summary>
    public TimeSpan RollbackWindow { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How often the store is asked what others have decided, and who leads; 10 s by default, 100 ms to 10 minutes. Whoever leads stays it for three
    /// times as long.
    /// </summary>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(10);

    internal double ShareOf(RolloutKind kind) => Share ?? kind switch { RolloutKind.Canary => 0.05, RolloutKind.AbTest => 0.5, _ => 0 };
}

[OptionsValidator]
internal sealed partial class RolloutOptionsValidator : IValidateOptions<RolloutOptions>;
