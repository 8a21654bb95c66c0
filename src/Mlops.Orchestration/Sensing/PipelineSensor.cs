using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>
/// Looks every so often for what has happened elsewhere, new files for example, and starts a run for each event. Immutable; a
/// <see cref="PipelineScheduler"/> follows it. What can call <see cref="Pipelines.StartAsync{TDefinition, TParameters}"/> itself, with the
/// event's id as idempotency key, needs no sensor.
/// </summary>
public abstract class PipelineSensor
{
    internal const int MaximumEvents = 1_000;
    private const int MaximumKeyLength = 2_000;

    /// <summary>What a run's idempotency key has room for beside the longest name of a sensor. No shorter than a hash.</summary>
    private const int StoredKeyLength = 64;
    private const int MaximumCursorLength = 2_000;

    private protected PipelineSensor(string name, TimeSpan interval)
    {
        if (!GraphDraft.IsName(name))
        {
            throw new ArgumentException($"'{name}' is no name of a sensor: use 1 to 128 of letters, digits, '.', '_' and '-'.", nameof(name));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, TimeSpan.FromDays(1));
        Name = name;
        Interval = interval;
    }

    /// <summary>Unique on the database.</summary>
    public string Name { get; }

    /// <summary>How often it looks, over all processes that follow it.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Describes a sensor.</summary>
    /// <param name="name">Unique on the database: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="interval">1 s to 1 day.</param>
    /// <param name="look">Receives the cursor of the look before, null at first. It may see an event again: keys decide.</param>
    /// <exception cref="ArgumentException">A part cannot be used.</exception>
    public static PipelineSensor For<TDefinition, TParameters>(
        string name, TimeSpan interval, Func<string?, CancellationToken, Task<SensorReading<TParameters>>> look)
        where TDefinition : IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(look);
        return new PipelineSensor<TDefinition, TParameters>(name, interval, look);
    }

    /// <summary>The idempotency key of the run that an event starts. A long key is stored as its hash.</summary>
    internal string KeyOf(string eventKey) => $"sensor/{Name}/"
        + (eventKey.Length < StoredKeyLength ? eventKey : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(eventKey))));

    internal abstract PipelineGraph GraphIn(Pipelines pipelines);

    /// <summary>The keys and parameters of what has happened, and the next cursor.</summary>
    internal abstract Task<(IReadOnlyList<(string Key, byte[] Parameters)> Events, string? Cursor)> LookAsync(
        PipelineGraph graph, string? cursor, CancellationToken cancellationToken);

    private protected void RequireUsable(int events, string? cursor, IEnumerable<string> keys)
    {
        if (events > MaximumEvents || cursor is { Length: > MaximumCursorLength } || (cursor is not null && !StoredText.IsStorable(cursor)))
        {
            throw new PipelineException($"Sensor '{Name}' returned {events} events and a cursor of {cursor?.Length ?? 0} characters; allowed are {MaximumEvents} and {MaximumCursorLength} without U+0000.");
        }

        if (keys.Any(static key => key is not { Length: > 0 and <= MaximumKeyLength } || !StoredText.IsStorable(key)))
        {
            throw new PipelineException($"Sensor '{Name}' returned an event whose key is not 1 to {MaximumKeyLength} characters without U+0000.");
        }
    }
}

internal sealed class PipelineSensor<TDefinition, TParameters>(
    string name, TimeSpan interval, Func<string?, CancellationToken, Task<SensorReading<TParameters>>> look)
    : PipelineSensor(name, interval)
    where TDefinition : IPipelineDefinition<TParameters>
{
    internal override PipelineGraph GraphIn(Pipelines pipelines) => pipelines.GetGraph<TDefinition>();

    internal override async Task<(IReadOnlyList<(string Key, byte[] Parameters)> Events, string? Cursor)> LookAsync(
        PipelineGraph graph, string? cursor, CancellationToken cancellationToken)
    {
        SensorReading<TParameters> reading = await look(cursor, cancellationToken).ConfigureAwait(false);
        RequireUsable(reading.Events.Count, reading.Cursor, reading.Events.Select(static seen => seen.Key));
        return (
            [.. reading.Events.Select(seen => (seen.Key, StepJson.SerializeParameters(seen.Parameters, (JsonTypeInfo<TParameters>)graph.Parameters)))],
            reading.Cursor);
    }
}
