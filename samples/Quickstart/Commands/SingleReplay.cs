using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;

namespace Quickstart;

/// <summary>
/// One replay at a time on a database: a second one would take the first one's work for that of a killed process. A process that was frozen for
/// longer than its lease may wake up beside a second one; what it writes from then on is refused.
/// </summary>
public sealed class SingleReplay(LeaseTable leases) : IHostedLifecycleService, IAsyncDisposable
{
    public const string LeaseName = "quickstart/replay";

    private HeldLease? _held;

    /// <summary>Fires when another process may replay.</summary>
    public CancellationToken Lost => Held.Lost;

    private HeldLease Held => _held ?? throw new InvalidOperationException("The replay was not entered.");

    /// <summary>Takes the right to replay, waiting for what a killed process left of it.</summary>
    /// <exception cref="AlreadyReplayingException">Another process has it and keeps it.</exception>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (_held is null)
        {
            // By then whatever a dead process left has run out: an attempt that begins later and fails has met a living one.
            bool isLast = waited.Elapsed > QuickstartHost.Lease;
            _held = await HeldLease.TryAcquireAsync(leases, LeaseName, $"{Environment.MachineName}/{Environment.ProcessId}", QuickstartHost.Lease, cancellationToken);
            if (_held is not null)
                return;
            if (isLast)
                throw new AlreadyReplayingException();
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    /// <summary>Inside a write: refuses it when another process has taken over.</summary>
    /// <exception cref="LeaseLostException">It has.</exception>
    public void RequireHeld(SqlSession session) => LeaseTable.RequireHeld(session, Held.Lease);

    /// <summary>Gives the right back once the host's services have stopped, while the database is still open.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _held?.DisposeAsync() ?? ValueTask.CompletedTask;
}
