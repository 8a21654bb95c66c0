namespace Mlops.Orchestration.Tests;

/// <summary>Sends steps by a delegate.</summary>
internal sealed class WaitingDispatcher(Func<ReadyStep, CancellationToken, ValueTask> send) : IStepDispatcher
{
    public ValueTask DispatchAsync(ReadyStep step, CancellationToken cancellationToken) => send(step, cancellationToken);
}
