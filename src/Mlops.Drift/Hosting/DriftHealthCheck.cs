using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mlops.Drift;

/// <summary>Healthy or Degraded, with the reasons.</summary>
internal sealed class DriftHealthCheck(IServiceProvider services, IEnumerable<MonitorRegistration> registrations) : IHealthCheck
{
    // A stray row is no reason to worry, a client that sends nothing else is.
    private const double LargestRefusedShare = 0.01;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        List<string> reasons = [];
        Dictionary<string, object> data = [];
        foreach (MonitorRegistration registration in registrations)
        {
            MonitorStatus status = services.GetRequiredKeyedService<DriftMonitor>(registration.Name).Status;
            string state = StateOf(status);
            data[registration.Name] = state;
            if (state is not ("ok" or "no rows yet"))
                reasons.Add($"{registration.Name}: {state}");
        }

        return Task.FromResult(reasons.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : HealthCheckResult.Degraded(string.Join("; ", reasons), data: data));
    }

    private static string StateOf(MonitorStatus status)
    {
        List<string> state = [.. status.ActiveAlerts.Select(AlertKinds.WordsOf)];
        if (status.IsWaitingForState)
            state.Add("the stored state cannot be read yet, rows wait");
        if (status.HasUndelivered)
            state.Add("an observer was not told yet");
        if (!status.HasReference && status.Rows > 0)
            state.Add("no reference for the live version");
        if (status.LastReport is { Incomplete: true })
            state.Add("rows were lost");
        long refused = status.FailedRows + status.MalformedRows + status.FutureRows;
        if (refused > (status.Rows + refused) * LargestRefusedShare)
            state.Add($"{refused} rows could not be taken in ({status.FailedRows} failed, {status.MalformedRows} malformed, {status.FutureRows} from the future)");
        return state.Count > 0 ? string.Join(", ", state) : status.Rows == 0 ? "no rows yet" : "ok";
    }
}
