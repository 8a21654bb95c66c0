#pragma warning disable MLOPS002

namespace Mlops.Serving.Tests;

/// <summary>Memory that fails while the test says so.</summary>
internal sealed class FailingStore : IPredictionLogStore
{
    private readonly MemoryLogStore _memory = new(1_000_000);

    public Exception? Failure { get; set; }

    public Func<Task>? BeforeWrite { get; set; }

    public List<int> Batches { get; } = [];

    public List<LoggedPrediction> Written { get; } = [];

    public async ValueTask WriteAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken)
    {
        if (BeforeWrite is not null)
            await BeforeWrite();
        if (Failure is not null)
            throw Failure;
        Batches.Add(predictions.Count);
        Written.AddRange(predictions);
        await _memory.WriteAsync(predictions, outcomes, cancellationToken);
    }

    public ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken) => _memory.ListAsync(query, cancellationToken);

    public ValueTask<long> DeleteByRoutingKeyAsync(string routingKeyHash, CancellationToken cancellationToken) => _memory.DeleteByRoutingKeyAsync(routingKeyHash, cancellationToken);

    public ValueTask<int> DeleteBeforeAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken) => _memory.DeleteBeforeAsync(before, maximum, cancellationToken);
}
