using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Threading.Channels;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>An engine in small: sends steps as text over a channel, and who serves the channel executes them. So many are on their way or run at once.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing, and messages may still arrive after the test.")]
internal sealed class ChannelDispatcher(int room) : IStepDispatcher
{
    private readonly Channel<string> _messages = Channel.CreateUnbounded<string>();
    private readonly SemaphoreSlim _room = new(room);

    /// <summary>What was sent.</summary>
    public ConcurrentQueue<ReadyStep> Sent { get; } = new();

    /// <summary>How often each message arrives.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Which of the messages arrive, by their number from 1.</summary>
    public Func<int, bool> Arrives { get; init; } = static _ => true;

    public async ValueTask DispatchAsync(ReadyStep step, CancellationToken cancellationToken)
    {
        Sent.Enqueue(step);
        if (!Arrives(Sent.Count))
        {
            return;
        }

        for (int i = 0; i < Copies; i++)
        {
            await _room.WaitAsync(cancellationToken);
            _messages.Writer.TryWrite(JsonSerializer.Serialize(step));
        }
    }

    /// <summary>Lets a worker take messages, until it stops.</summary>
    public void Serve(PipelineWorker worker) => _ = Task.Run(async () =>
    {
        await foreach (string message in _messages.Reader.ReadAllAsync())
        {
            _ = ExecuteAsync(worker, JsonSerializer.Deserialize<ReadyStep>(message)!);
        }
    });

    private async Task ExecuteAsync(PipelineWorker worker, ReadyStep step)
    {
        try
        {
            await worker.ExecuteAsync(step);
        }
        catch (StorageException)
        {
            // It is sent again.
        }
        finally
        {
            _room.Release();
        }
    }
}
