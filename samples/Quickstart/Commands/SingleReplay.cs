using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Storage;

namespace Quickstart;

/// <summary>One replay at a time on a database: a second one would take the first one's work for that of a killed process.</summary>
public static class SingleReplay
{
    /// <summary>Takes the right to replay, waiting for what a killed process left of it.</summary>
    /// <exception cref="AlreadyReplayingException">Another process has it and keeps it.</exception>
    public static async Task<HeldLease> EnterAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var leases = services.GetRequiredService<LeaseTable>();
        var waited = Stopwatch.StartNew();
        while (true)
        {
            HeldLease? held = await HeldLease.TryAcquireAsync(leases, "quickstart/replay", $"{Environment.MachineName}/{Environment.ProcessId}", QuickstartHost.Lease, cancellationToken);
            if (held is not null)
                return held;
            if (waited.Elapsed > 2 * QuickstartHost.Lease)
                throw new AlreadyReplayingException();
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }
}
