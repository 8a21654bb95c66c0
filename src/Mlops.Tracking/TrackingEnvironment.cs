using Mlops.Storage;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>What every run of a tracker shares.</summary>
internal sealed record TrackingEnvironment(
    ITrackingStore Store,
    TrackingOptions Options,
    TrackingTelemetry Telemetry,
    TimeProvider Time,
    ILogger Logger)
{
    /// <summary>Handles that have not been disposed.</summary>
    public required ConcurrentDictionary<Run, byte> OpenRuns { get; init; }

    /// <summary>What runs in a database have besides; null when the store is another.</summary>
    public TrackingDatabase? Database { get; init; }

    /// <summary>Where batches go while the store is away; null for nowhere.</summary>
    public BatchJournal? Journal { get; init; }

    /// <summary>What waits go by: never the host's clock, which may stand still.</summary>
    public TimeProvider Waits { get; init; } = TimeProvider.System;

    public long Now => UnixMicroseconds.From(Time.GetUtcNow());

    /// <summary>What only a database can do.</summary>
    /// <param name="call">The call that needs it.</param>
    /// <param name="remedy">What to do instead.</param>
    /// <exception cref="NotSupportedException">The store is another.</exception>
    public TrackingDatabase RequireDatabase(string call, string remedy) => Database ?? throw new NotSupportedException(
        $"{nameof(Tracker)}.{call}: this tracker keeps its runs in a {Store.GetType().Name}, and only one over a database can do that. {remedy}");
}

/// <summary>What runs in a database have besides.</summary>
/// <param name="Store">The database.</param>
/// <param name="Packings">What packs runs in the background.</param>
/// <param name="Lease">The sign of life of this tracker's runs.</param>
/// <param name="Surroundings">What this process looks like.</param>
internal sealed record TrackingDatabase(TrackingStore Store, RunPackings Packings, OwnerLease Lease, EnvironmentRecorder Surroundings);
