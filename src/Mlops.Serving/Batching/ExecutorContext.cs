using Microsoft.Extensions.Logging;

namespace Mlops.Serving;

/// <summary>What an executor has from its deployment.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Variant">Role of the version.</param>
/// <param name="Options">Options of the model.</param>
/// <param name="RequireFinite">Whether a call fails whose outputs hold NaN or infinity.</param>
/// <param name="Telemetry">Where to count.</param>
/// <param name="TimeProvider">Clock of timestamps and of the watchdog.</param>
/// <param name="Logger">Where to log.</param>
/// <param name="Quarantined">Told once, from a timer, when too many runs of the version never came back.</param>
internal sealed record ExecutorContext(
    string Model, string Variant, ModelOptions Options, bool RequireFinite, ServingTelemetry Telemetry, TimeProvider TimeProvider, ILogger Logger, Action<ServedVersion, string> Quarantined);
