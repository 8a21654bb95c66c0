using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>What the prediction log keeps, and for how long; section <c>Mlops:Serving:PredictionLog</c>.</summary>
public sealed class PredictionLogOptions
{
    /// <summary>
    /// Predictions that may wait to be stored, and outcomes; 16,384 by default, 256 to 1,048,576. More are dropped and counted. The memory is
    /// taken at the start: about 150 bytes for each, and 4 for each number of <see cref="MaximumOutputs"/> and <see cref="Features"/>.
    /// </summary>
    [Range(256, 1 << 20)]
    public int Capacity { get; set; } = 16_384;

    /// <summary>Most numbers that are kept of a row's output, the first ones; 16 by default, 0 to 4,096.</summary>
    [Range(0, 4096)]
    public int MaximumOutputs { get; set; } = 16;

    /// <summary>
    /// Names of the feature columns that may be kept, at most 256; none by default. A model that names no columns has them by position: <c>0</c>,
    /// <c>1</c> and so on. Models without such columns keep none.
    /// </summary>
    public IList<string> Features { get; } = [];

    /// <summary>Share of predictions whose features are kept, chosen by their ids; 1 by default, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double FeatureShare { get; set; } = 1;

    /// <summary>
    /// Key of the HMAC-SHA-256 that is kept of routing keys, 16 bytes or more, in configuration as base64; <c>null</c> (the default): nothing is kept of them.
    /// With another key, what was kept before can no longer be deleted by routing key.
    /// </summary>
    public byte[]? RoutingKeySecret { get; set; }

    /// <summary>How long a prediction waits at most to be stored together with others; 1 s by default, 10 ms to 1 min.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long predictions and outcomes are kept; 30 days by default, 1 min to 36,600 days; <c>null</c> for ever.</summary>
    public TimeSpan? Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How long an outcome whose sender waits for it (<see cref="ServedModel.RecordOutcomeAsync"/>, outcomes over HTTP) may wait for room, when as many
    /// wait already as <see cref="Capacity"/> allows; 5 s by default, at most 1 min.
    /// </summary>
    public TimeSpan OutcomeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Where there is no other store, how many of the newest predictions are kept in memory; 10,000 by default, 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int MaximumInMemory { get; set; } = 10_000;

    /// <summary>How long disposal goes on storing what waits; 10 s by default, at most 10 min.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <exception cref="OptionsValidationException">An option is out of range.</exception>
    internal void Validate()
    {
        foreach (IValidateOptions<PredictionLogOptions> validator in (IValidateOptions<PredictionLogOptions>[])[new PredictionLogOptionsValidator(), new PredictionLogOptionsRules()])
            if (validator.Validate(name: null, this) is { Failed: true } result)
                throw new OptionsValidationException("", typeof(PredictionLogOptions), result.Failures);
    }
}

[OptionsValidator]
internal sealed partial class PredictionLogOptionsValidator : IValidateOptions<PredictionLogOptions>;

internal sealed class PredictionLogOptionsRules : IValidateOptions<PredictionLogOptions>
{
    private const int MaximumFeatures = 256;
    private const int ShortestSecret = 16;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_600);

    public ValidateOptionsResult Validate(string? name, PredictionLogOptions options)
    {
        List<string> failures = [];
        Check(nameof(options.FlushInterval), options.FlushInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Check(nameof(options.OutcomeTimeout), options.OutcomeTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Check(nameof(options.DrainTimeout), options.DrainTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        if (options.Retention is { } retention)
            Check(nameof(options.Retention), retention, TimeSpan.FromMinutes(1), Longest);
        if (options.RoutingKeySecret is { Length: < ShortestSecret } secret)
            failures.Add($"{nameof(options.RoutingKeySecret)} of the prediction log has {secret.Length} bytes; it needs at least {ShortestSecret}.");
        if (options.Features.Count > MaximumFeatures)
            failures.Add($"{nameof(options.Features)} of the prediction log names {options.Features.Count} columns; it may name at most {MaximumFeatures}.");
        if (options.Features.Any(string.IsNullOrEmpty) || options.Features.Distinct(StringComparer.Ordinal).Count() < options.Features.Count)
            failures.Add($"{nameof(options.Features)} of the prediction log names a column twice, or one without a name.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check(string property, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most)
                failures.Add($"{property} of the prediction log is {value}; it must lie between {least} and {most}.");
        }
    }
}
