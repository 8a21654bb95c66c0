using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Signals between processes by NOTIFY. They are sent after the commit on a connection of their own, those that come meanwhile together: NOTIFY
/// within a commit would line up all commits of the server. Thread-safe.
/// </summary>
/// <param name="dataSource">The server.</param>
/// <param name="restores">Whether a connection is to listen no more once it is given back.</param>
/// <param name="logger">Hears of failures; nothing else does.</param>
/// <param name="received">Called with the channel; with null after every connect, because what was signalled before is lost.</param>
internal sealed class PostgreSqlSignals(NpgsqlDataSource dataSource, bool restores, ILogger logger, Action<string?> received) : IAsyncDisposable
{
    private const string Channel = "mlops";

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(30);

    /// <summary>A connection that died without a word is found out by asking.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly string _self = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal);
    private Task? _sending;
    private Task? _listening;
    private bool _failing;
    private bool _stopped;

    public void Send(string channel)
    {
        lock (_gate)
        {
            if (_stopped || !_pending.Add(channel))
            {
                return;
            }

            _sending ??= Task.Run(SendPendingAsync);
        }
    }

    public void Listen()
    {
        lock (_gate)
        {
            if (!_stopped)
            {
                _listening ??= Task.Run(ListenAsync);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _stopped = true;
            running = [_sending ?? Task.CompletedTask, _listening ?? Task.CompletedTask];
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task SendPendingAsync()
    {
        while (TakePending() is { } channels)
        {
            try
            {
                NpgsqlConnection connection = await dataSource.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    foreach (string channel in channels)
                    {
                        await ExecuteAsync(connection, "SELECT pg_notify($1, $2)", Channel, $"{channel}/{_self}").ConfigureAwait(false);
                    }
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Nobody waits for hints of a database that is being closed.
            }
            catch (Exception exception) when (IsFailure(exception))
            {
                logger.SignallingFailed(exception);
            }
        }
    }

    /// <summary>What is to be sent; null, and the end of the sending, when that is nothing.</summary>
    private string[]? TakePending()
    {
        lock (_gate)
        {
            if (_pending.Count == 0)
            {
                _sending = null;
                return null;
            }

            string[] channels = [.. _pending];
            _pending.Clear();
            return channels;
        }
    }

    private async Task ListenAsync()
    {
        TimeSpan wait = FirstWait;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                NpgsqlConnection connection = await dataSource.OpenConnectionAsync(_stop.Token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    connection.Notification += OnNotification;
                    try
                    {
                        await ExecuteAsync(connection, $"LISTEN {Channel}").ConfigureAwait(false);
                        wait = FirstWait;
                        Recovered();
                        await ReceiveAsync(connection).ConfigureAwait(false);
                    }
                    finally
                    {
                        await RestoreAsync(connection).ConfigureAwait(false);
                    }
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (IsFailure(exception))
            {
                Failed(exception);
            }

            await Task.Delay(wait, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LastWait ? wait * 2 : LastWait;
        }
    }

    private async Task RestoreAsync(NpgsqlConnection connection)
    {
        if (!restores || connection.State != ConnectionState.Open)
        {
            return;
        }

        try
        {
            NpgsqlCommand command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                // Also while it is being stopped; the command's own limit bounds it.
                command.CommandText = $"UNLISTEN {Channel}";
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            // Then it is closed for good, with those that are idle, instead of going back to the pool.
            dataSource.Clear();
        }
    }

    private async Task ReceiveAsync(NpgsqlConnection connection)
    {
        received(null);
        while (true)
        {
            if (!await connection.WaitAsync(ProbeInterval, _stop.Token).ConfigureAwait(false))
            {
                await ExecuteAsync(connection, "SELECT 1").ConfigureAwait(false);
            }
        }
    }

    private void OnNotification(object sender, NpgsqlNotificationEventArgs notification)
    {
        int slash = notification.Payload.LastIndexOf('/');
        if (slash > 0 && !notification.Payload.AsSpan(slash + 1).SequenceEqual(_self))
        {
            received(notification.Payload[..slash]);
        }
    }

    private void Failed(Exception exception)
    {
        if (!_failing)
        {
            _failing = true;
            logger.ListeningFailed(exception);
        }
    }

    private void Recovered()
    {
        if (_failing)
        {
            _failing = false;
            logger.ListeningRecovered();
        }
    }

    private static bool IsFailure(Exception exception) =>
        exception is DbException or SocketException or IOException or TimeoutException or ObjectDisposedException or InvalidOperationException;

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, params string[] arguments)
    {
        NpgsqlCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            foreach (string argument in arguments)
            {
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = argument });
            }

            await command.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
        }
    }
}
