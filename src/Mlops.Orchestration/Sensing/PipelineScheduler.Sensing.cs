namespace Mlops.Orchestration;

public sealed partial class PipelineScheduler
{
    /// <summary>Looks with a sensor if its time has come and no other process has looked meanwhile.</summary>
    /// <returns>How long there is nothing to do.</returns>
    internal async Task<TimeSpan> FollowAsync(PipelineSensor sensor, CancellationToken cancellationToken)
    {
        PipelineGraph graph = sensor.GraphIn(_pipelines);
        TimeSpan pause = sensor.Interval < LongestSleep ? sensor.Interval : LongestSleep;
        DateTimeOffset now = _time.GetUtcNow();
        (bool mayLook, string? cursor) = await _pipelines.Store.TryLookAsync(sensor.Name, sensor.Interval, now, cancellationToken).ConfigureAwait(false);
        if (!mayLook)
        {
            // When the next look is due is in the database, and a look that fails makes it come sooner.
            return pause;
        }

        try
        {
            await LookAsync(sensor, graph, cursor, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await _pipelines.Store.LookAgainAsync(sensor.Name, now, now + pause - sensor.Interval, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return pause;
    }

    private async Task LookAsync(PipelineSensor sensor, PipelineGraph graph, string? cursor, CancellationToken cancellationToken)
    {
        (IReadOnlyList<(string Key, byte[] Parameters)> events, string? next) = await sensor.LookAsync(graph, cursor, cancellationToken).ConfigureAwait(false);
        foreach ((string key, byte[] parameters) in events)
        {
            await _pipelines.StartSensedAsync(graph, parameters, sensor.KeyOf(key), cancellationToken).ConfigureAwait(false);
        }

        if (next is not null && next != cursor)
        {
            await _pipelines.Store.MoveSensorAsync(sensor.Name, cursor, next, cancellationToken).ConfigureAwait(false);
        }
    }
}
