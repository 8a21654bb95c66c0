using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>How one model is loaded and kept; the options name is the model's name.</summary>
public sealed class ModelOptions
{
    /// <summary>Longest model file accepted, in bytes; 1 GiB by default.</summary>
    [Range(1L, int.MaxValue)]
    public long MaximumModelBytes { get; set; } = 1L << 30;

    /// <summary>Runs before a version serves, so that no caller pays for the first ones; 5 by default, at least 1.</summary>
    [Range(1, 10_000)]
    public int WarmupRuns { get; set; } = 5;

    /// <summary>
    /// Whether outputs must be finite. <c>true</c>: a version whose floating-point outputs hold NaN or infinity in every warm-up run is refused,
    /// and once it serves, a call whose outputs do fails with <see cref="PredictionException"/>, and no other call does. <c>null</c> (the
    /// default): versions are refused like that, and calls fail only where there are golden samples with finite outputs. The runs use zeros, ones
    /// and values between 0 and 1, so that a model which is undefined for one of them is not refused.
    /// </summary>
    public bool? RequireFinite { get; set; }

    /// <summary>
    /// Serve models with outputs whose size depends on the values of the inputs; off by default. Such an output is copied once more and
    /// its size is bounded by nothing but the model.
    /// </summary>
    public bool AllowUnknownOutputSizes { get; set; }

    /// <summary>
    /// Most memory, in bytes, that loading a version may add to the process: its file, its weights and buffers, and what the first runs
    /// need; <c>null</c> (the default): no bound. Measured as growth of the process, so that other work at the same time counts too.
    /// </summary>
    [Range(1L, long.MaxValue)]
    public long? MaximumMemoryBytes { get; set; }

    /// <summary>Most rows of a warm-up run: the runs have 1, 2, 4, 8 rows and so on up to it; 64 by default, 1 to 4,096.</summary>
    [Range(1, 4096)]
    public int MaximumWarmupRows { get; set; } = 64;

    /// <summary>
    /// File with inputs and the outputs that every version must give for them before it serves, a JSON document with <c>inputs</c> and
    /// <c>outputs</c> in the form of the Open Inference Protocol, and the tolerances <c>atol</c> and <c>rtol</c> (1e-5 each where absent);
    /// <c>null</c> (the default): none, unless the source delivers some.
    /// </summary>
    public string? GoldenSamples { get; set; }

    /// <summary>Whether the host is unhealthy (else degraded) while no version of this model serves; on by default.</summary>
    public bool Required { get; set; } = true;

    /// <summary>
    /// How long a change must rest before the source is asked, so that a burst of changes loads once; 250 ms by default, at most
    /// 10 minutes.
    /// </summary>
    public TimeSpan ReloadDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a call may take that names no time of its own; <c>null</c> (the default): as long as it takes. Positive, at most 10 minutes.
    /// </summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>How calls wait and share runs.</summary>
    [ValidateObjectMembers(typeof(BatchingOptionsValidator))]
    public BatchingOptions Batching { get; set; } = new();

    /// <summary>How a second version is tried out, where the model has one.</summary>
    [ValidateObjectMembers(typeof(RolloutOptionsValidator))]
    public RolloutOptions Rollout { get; set; } = new();

    /// <summary>How a version computes in the shadow of the one that answers, where the model has one.</summary>
    [ValidateObjectMembers(typeof(ShadowOptionsValidator))]
    public ShadowOptions Shadow { get; set; } = new();

    /// <summary>
    /// Runs that did not end a second after they were asked to, and still have not, at which the version accepts no more calls; 2 by default,
    /// 1 to 1,000. Each of them keeps a thread and its buffers.
    /// </summary>
    [Range(1, 1_000)]
    public int MaximumLostSlots { get; set; } = 2;

    /// <summary>How long disposal waits for predictions under way; 10 s by default, at most 10 minutes.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);
}

[OptionsValidator]
internal sealed partial class ModelOptionsValidator : IValidateOptions<ModelOptions>;

[OptionsValidator]
internal sealed partial class BatchingOptionsValidator : IValidateOptions<BatchingOptions>;

// A range attribute on a TimeSpan converts text by reflection.
internal sealed class ModelOptionsTimesValidator : IValidateOptions<ModelOptions>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    public ValidateOptionsResult Validate(string? name, ModelOptions options)
    {
        List<string> failures = [];
        Check(nameof(ModelOptions.ReloadDelay), options.ReloadDelay);
        Check(nameof(ModelOptions.DrainTimeout), options.DrainTimeout);
        if (options.Batching.MaximumDelay is var delay && (delay < TimeSpan.Zero || delay > LongestDelay))
            failures.Add($"{nameof(ModelOptions.Batching)}.{nameof(BatchingOptions.MaximumDelay)} of model '{name}' is {delay}; it must lie between {TimeSpan.Zero} and {LongestDelay}.");
        failures.AddRange(options.Rollout.FindFaults().Select(fault => $"{nameof(ModelOptions.Rollout)} of model '{name}': {fault}."));
        if (options.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > Longest))
            failures.Add($"{nameof(ModelOptions.Timeout)} of model '{name}' is {timeout}; it must be positive and at most {Longest}.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check(string property, TimeSpan value)
        {
            if (value < TimeSpan.Zero || value > Longest)
                failures.Add($"{property} of model '{name}' is {value}; it must lie between {TimeSpan.Zero} and {Longest}.");
        }
    }
}
