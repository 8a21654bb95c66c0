using System.Globalization;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>
/// Posts each alert, signed, to one target. Thread-safe. In a host, <see cref="DriftMonitorBuilder.Webhook(Action{WebhookOptions})"/> adds one; without a container,
/// add it to the observers of a monitor and dispose of it after the monitor.
/// </summary>
/// <remarks>
/// <para>
/// The body is JSON: <c>type</c> (<c>drift.alert.raised</c>, <c>drift.alert.repeated</c> or <c>drift.alert.cleared</c>), <c>timestamp</c> (the
/// time of the evaluation, ISO 8601 in UTC) and <c>data</c> with
/// </para>
/// <list type="table">
/// <item><term>id, monitor, modelVersion</term><description>text; modelVersion is null when the monitor was given none</description></item>
/// <item><term>kind, change, severity</term><description><c>data</c>, <c>error</c>, <c>error_change</c>, <c>group_gap</c> or <c>estimated_error</c>; <c>raised</c>, <c>repeated</c> or <c>cleared</c>; <c>warning</c> or <c>critical</c></description></item>
/// <item><term>occurrence</term><description>how often the alert was said so far, from 1</description></item>
/// <item><term>reason</term><description>one sentence, which names columns</description></item>
/// <item><term>features, featureCount</term><description>the names of the columns in drift, a hundred at most, and how many there are</description></item>
/// <item><term>segmentColumns</term><description>the columns whose segments drift or whose groups differ; never their values</description></item>
/// <item><term>pValue, effect</term><description>numbers or null</description></item>
/// </list>
/// <para>
/// No value of a feature or segment leaves the host. The header <c>webhook-id</c> is made of the alert's id, change and occurrence: the same
/// alert that comes again has the same one. A target that fails is told again by the monitor, see <see cref="IDriftObserver"/>;
/// <see cref="WebhookOptions.TotalTimeout"/> must be shorter than <see cref="DriftMonitorOptions.ObserverTimeout"/>, or the monitor gives up
/// first and its log does not say what the target answered.
/// </para>
/// </remarks>
public sealed class WebhookObserver : IDriftObserver, IDisposable
{
    private readonly WebhookSender _sender;

    /// <summary>Creates the observer; later changes of the options do not reach it.</summary>
    /// <param name="options">Target, keys and bounds.</param>
    /// <param name="timeProvider">The clock of timestamps and waits; default the system's.</param>
    /// <exception cref="ArgumentException">An option is missing or out of its range.</exception>
    public WebhookObserver(WebhookOptions options, TimeProvider? timeProvider = null) => _sender = new WebhookSender(options, timeProvider);

    /// <summary>Posts the alert.</summary>
    /// <exception cref="WebhookException">The target did not take it.</exception>
    public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(alert);
        return new(_sender.SendAsync(IdOf(alert), AlertMessage.Of(alert), cancellationToken));
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _sender.Dispose();

    // Monitors and versions are named freely; an id is visible ASCII without a full stop.
    private static string IdOf(DriftAlert alert) =>
        Uri.EscapeDataString(string.Create(CultureInfo.InvariantCulture, $"{alert.Id}/{AlertMessage.WordFor(alert.Change)}/{alert.Occurrence}"))
            .Replace(".", "%2E", StringComparison.Ordinal).Replace("%2F", "/", StringComparison.Ordinal);
}
