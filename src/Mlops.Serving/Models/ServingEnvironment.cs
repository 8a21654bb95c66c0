using Microsoft.Extensions.Logging;

namespace Mlops.Serving;

/// <summary>What every model of a server shares.</summary>
internal sealed record ServingEnvironment(ServingTelemetry Telemetry, IPredictionObserver[] Observers, TimeProvider TimeProvider, ILogger Logger)
{
    /// <summary>Hear every outcome.</summary>
    public IOutcomeObserver[] OutcomeObservers { get; init; } = [];

    /// <summary>Keeps rollouts.</summary>
    public IRolloutStore RolloutStore { get; init; } = new InMemoryRolloutStore();

    /// <summary>Versions that are not put back into service.</summary>
    public Quarantine Quarantine { get; } = new();
}
