using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>How a shadow computes beside the version that answers; part of <see cref="ModelOptions"/>.</summary>
public sealed class ShadowOptions
{
    /// <summary>Share of the calls that are computed a second time, 0 to 1; all of them by default.</summary>
    [Range(0.0, 1.0)]
    public double SampleShare { get; set; } = 1;

    /// <summary>Calls that wait for the shadow; those that come when as many wait are not compared, and counted. 256 by default, 1 to 100,000.</summary>
    [Range(1, 100_000)]
    public int MaximumQueued { get; set; } = 256;

    /// <summary>
    /// Longest call that is copied for the shadow, in bytes of its inputs and of the output that is compared; 1 MiB by default. Longer calls are not compared, and
    /// counted. What waits takes at most this for each of <see cref="MaximumQueued"/>.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int MaximumRequestBytes { get; set; } = 1 << 20;

    /// <summary>
    /// Two numbers agree when they are no further apart than this, or than this part of the live one if that is above 1; 0.001 by default. Whole numbers agree
    /// when they are equal, vectors when the largest is in the same place.
    /// </summary>
    [Range(0.0, 1e9)]
    public double Tolerance { get; set; } = 0.001;
}

[OptionsValidator]
internal sealed partial class ShadowOptionsValidator : IValidateOptions<ShadowOptions>;
