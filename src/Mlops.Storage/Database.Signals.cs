using Microsoft.Extensions.Logging;

namespace Mlops.Storage;

/// <content>Hints that something has changed, for those who would otherwise learn of it at their next poll.</content>
public abstract partial class Database
{
    private readonly Lock _signalGate = new();
    private readonly List<SignalSubscription> _subscriptions = [];

    /// <summary>
    /// Says that something has changed: call it after the write that changed it has returned. Signals are hints, and several may arrive as one, or
    /// none: who listens reads the database again, and polls besides.
    /// </summary>
    /// <param name="channel">What it concerns: a feature's name.</param>
    public void Signal(string channel)
    {
        ArgumentException.ThrowIfNullOrEmpty(channel);
        Raise(channel);
        if (Options.SignalProcesses && !_disposed)
        {
            SendSignal(channel);
        }
    }

    /// <summary>Calls back when the channel is signalled in this process, or in another where the engine can tell; until it is disposed.</summary>
    /// <param name="channel">What it concerns: a feature's name.</param>
    /// <param name="callback">Runs on the thread that signals or listens: it returns at once and leaves the work to others.</param>
    public IDisposable OnSignal(string channel, Action callback)
    {
        ArgumentException.ThrowIfNullOrEmpty(channel);
        ArgumentNullException.ThrowIfNull(callback);
        var subscription = new SignalSubscription(this, channel, callback);
        lock (_signalGate)
        {
            _subscriptions.Add(subscription);
        }

        if (Options.SignalProcesses && !_disposed)
        {
            ListenForSignals();
        }

        return subscription;
    }

    /// <summary>Tells the other processes, in the background; never within a transaction of the family. Does nothing unless an engine does.</summary>
    protected virtual void SendSignal(string channel)
    {
    }

    /// <summary>Begins to listen to other processes, in the background. May be called again. Does nothing unless an engine does.</summary>
    protected virtual void ListenForSignals()
    {
    }

    /// <summary>For engines: another process has signalled the channel; null when any may have been missed.</summary>
    protected void ReceiveSignal(string? channel) => Raise(channel);

    private void Raise(string? channel)
    {
        SignalSubscription[] told;
        lock (_signalGate)
        {
            told = [.. _subscriptions.Where(subscription => channel is null || subscription.Channel == channel)];
        }

        foreach (SignalSubscription subscription in told)
        {
            try
            {
                subscription.Callback();
            }
            catch (Exception exception)
            {
                LoggerFactory.CreateLogger<Database>().SignalCallbackFailed(exception, subscription.Channel);
            }
        }
    }

    private sealed class SignalSubscription(Database database, string channel, Action callback) : IDisposable
    {
        public string Channel => channel;

        public Action Callback => callback;

        public void Dispose()
        {
            lock (database._signalGate)
            {
                database._subscriptions.Remove(this);
            }
        }
    }
}
