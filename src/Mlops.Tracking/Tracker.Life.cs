using System.Diagnostics;

namespace Mlops.Tracking;

public sealed partial class Tracker
{
    private readonly OrphanReaper? _reaper;

    /// <summary>
    /// Ends as <see cref="RunStatus.Killed"/> every run whose process has died: its lease has run out. In a host this happens by itself
    /// (<see cref="TrackingOptions.ReapOrphans"/>); call it where there is none.
    /// </summary>
    /// <remarks>
    /// It watches the database for <see cref="TrackingOptions.LeaseDuration"/> before it ends anything, so that processes which were
    /// paused, or cut off from the database, can show themselves first; a further call soon after does not wait again. Runs that hold no
    /// lease, because they were recorded afterwards or without a handle, are left alone, and so are those of this tracker.
    /// </remarks>
    /// <returns>The runs that were ended.</returns>
    /// <exception cref="Mlops.Storage.StorageException">The database cannot be reached or written.</exception>
    /// <exception cref="NotSupportedException">The tracker is over another store than a database.</exception>
    public Task<int> ReapOrphansAsync(CancellationToken cancellationToken = default)
    {
        OwnerLease lease = _environment.RequireDatabase(nameof(ReapOrphansAsync), "Runs there hold no lease; end them with UpdateRunAsync.").Lease;
        return ReapAsync(_reaper!, lease, cancellationToken);
    }

    private static async Task<int> ReapAsync(OrphanReaper reaper, OwnerLease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await reaper.LookAsync(cancellationToken).ConfigureAwait(false) is { } ended)
            {
                return ended;
            }

            await Task.Delay(reaper.Interval, lease.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private Run Open(NewRun started, RunRow row, Activity? activity)
    {
        TrackingTelemetry.Describe(activity, row);
        var run = new Run(_environment, row, activity);
        if (row.Status == RunStatus.Running)
        {
            _ = _environment.Database?.Surroundings.StoreAsync();
            if (started.Seed is { } seed)
            {
                run.LogParameter("seed", seed);
            }

            if (_environment.Options.SystemMetricsInterval is { } interval)
            {
                run.RecordSystem(interval);
            }
        }

        return run;
    }

    private Activity? StartActivity(NewRun run)
    {
        if (!TrackingTelemetry.TracesRuns)
        {
            return null;
        }

        Activity? parent = run.ParentId is { } id ? _environment.OpenRuns.Keys.FirstOrDefault(open => open.Id == id)?.Activity : null;
        return TrackingTelemetry.StartRun(run, parent);
    }

    /// <summary>Stores what open runs hold, without taking from their handles what is theirs to know, and without hiding why the host stops.</summary>
    internal async Task DrainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_environment.OpenRuns.Keys.Select(static run => run.DrainAsync())).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _environment.Logger.DrainGivenUp(_environment.OpenRuns.Keys.Sum(static run => (long)run.QueuedItems));
        }
    }

    /// <summary>The last thing a host does: nothing of it is waited for afterwards.</summary>
    internal async Task CloseAsync(CancellationToken cancellationToken)
    {
        await DrainAsync(cancellationToken).ConfigureAwait(false);
        if (_environment.Database is { } database)
        {
            await database.Lease.GiveBackAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One look for orphans; null while it has not watched for long enough to end any.</summary>
    internal Task<int?> LookAsync() => _reaper!.LookAsync(CancellationToken.None);

    /// <summary>Ends orphans until it is cancelled; at once where no run holds a lease.</summary>
    internal async Task ReapForeverAsync(CancellationToken cancellationToken)
    {
        if (_reaper is not { } reaper || _environment.Database?.Lease is not { } lease)
        {
            return;
        }

        bool failed = false;
        while (true)
        {
            try
            {
                await reaper.LookAsync(cancellationToken).ConfigureAwait(false);
                failed = false;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Once in a row of failures.
                if (!failed)
                {
                    failed = true;
                    _environment.Logger.ReapingFailed(exception);
                }
            }

            await Task.Delay(reaper.Interval, lease.Time, cancellationToken).ConfigureAwait(false);
        }
    }
}
