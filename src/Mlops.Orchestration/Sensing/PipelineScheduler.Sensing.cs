namespace Mlops.Orchestration;

public sealed partial class PipelineScheduler
{
    /// <summary>Looks with a sensor if its time has come and no other process has looked meanwhile.</summary>
    /// <returns>How long there is nothing to do.</returns>
    internal async Task<TimeSpan> FollowAsync(PipelineSensor sensor, CancellationToken cancellationToken)
    {
        PipelineGraph graph = sensor.GraphIn(_pipelines);
        (bool mayLook, string? cursor) = await _pipelines.Store.TryLookAsync(sensor.Name, sensor.Interval, _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        if (!mayLook)
        {
            // Another process may die between its look and its runs: the next look is never far.
            return sensor.Interval < LongestSleep ? sensor.Interval : LongestSleep;
        }

        (IReadOnlyList<(string Key, byte[] Parameters)> events, string? next) = await sensor.LookAsync(graph, cursor, cancellationToken).ConfigureAwait(false);
        foreach ((string key, byte[] parameters) in events)
        {
            await _pipelines.StartSensedAsync(graph, parameters, $"sensor/{sensor.Name}/{key}", cancellationToken).ConfigureAwait(false);
        }

        if (next is not null && next != cursor)
        {
            await _pipelines.Store.MoveSensorAsync(sensor.Name, cursor, next, cancellationToken).ConfigureAwait(false);
        }

        return sensor.Interval;
    }
}
