using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Drift;

/// <summary>What a monitor uses of its host. Everything has a default, so that a monitor also works alone.</summary>
public sealed class DriftMonitorServices
{
    /// <summary>The clock of rows that carry no time and of observers' time limits; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the monitor logs; default nowhere. Feature values are never logged.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Creates the meter <c>Mlops.Drift</c>; null for one of the process.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>Who knows the references of model versions; null for none.</summary>
    public IReferenceSource? References { get; init; }

    /// <summary>Who hears of alerts and reports, in order.</summary>
    public IReadOnlyList<IDriftObserver> Observers { get; init; } = [];

    internal DriftMetrics? Metrics { get; init; }
}
