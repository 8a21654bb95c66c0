namespace Mlops.Serving;

/// <summary>Keeps the newest predictions, and forgets them with the process.</summary>
internal sealed class MemoryLogStore(int capacity) : IPredictionLogStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(PredictionId Id, int Row), LoggedPrediction> _predictions = [];
    private readonly Queue<(PredictionId Id, int Row)> _order = [];

    public ValueTask WriteAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (LoggedPrediction prediction in predictions)
                if (_predictions.TryAdd((prediction.Id, prediction.Row), prediction))
                    _order.Enqueue((prediction.Id, prediction.Row));
            foreach (PredictionOutcome outcome in outcomes)
                Join(outcome);
            while (_predictions.Count > capacity)
                _predictions.Remove(_order.Dequeue());
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<LoggedPrediction>>(
            [
                .. _predictions.Values.Where(prediction => Fits(prediction, query))
                    .OrderByDescending(static p => p.Timestamp).ThenByDescending(static p => p.Id).ThenByDescending(static p => p.Row)
                    .Take(query.Take),
            ]);
        }
    }

    public ValueTask<long> DeleteByRoutingKeyAsync(string routingKeyHash, CancellationToken cancellationToken) =>
        ValueTask.FromResult((long)Delete(prediction => prediction.RoutingKeyHash == routingKeyHash));

    public ValueTask<int> DeleteBeforeAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken)
    {
        int left = maximum;
        return ValueTask.FromResult(Delete(prediction => prediction.Timestamp < before && left-- > 0));
    }

    private int Delete(Func<LoggedPrediction, bool> goes)
    {
        lock (_lock)
        {
            (PredictionId Id, int Row)[] all = [.. _order];
            _order.Clear();
            int deleted = 0;
            foreach ((PredictionId Id, int Row) key in all)
            {
                if (!goes(_predictions[key]))
                {
                    _order.Enqueue(key);
                    continue;
                }

                _predictions.Remove(key);
                deleted++;
            }

            return deleted;
        }
    }

    private void Join(in PredictionOutcome outcome)
    {
        if (_predictions.TryGetValue((outcome.Id, outcome.Row), out LoggedPrediction? prediction) && prediction.Outcome is null && prediction.Model == outcome.Model)
            _predictions[(outcome.Id, outcome.Row)] = prediction with { Outcome = outcome.Value, OutcomeTimestamp = outcome.Timestamp };
    }

    private static bool Fits(LoggedPrediction prediction, PredictionLogQuery query) =>
        prediction.Model == query.Model
        && (query.Id is not { } id || prediction.Id == id)
        && (query.VersionDigest is null || prediction.VersionDigest == query.VersionDigest)
        && !(prediction.Timestamp < query.From) && !(prediction.Timestamp >= query.To)
        && (prediction.Outcome is not null || !query.OnlyWithOutcome)
        && (query.Before is not { } before || Order(prediction, before) < 0);

    private static int Order(LoggedPrediction left, LoggedPrediction right)
    {
        int order = left.Timestamp.CompareTo(right.Timestamp);
        order = order != 0 ? order : left.Id.CompareTo(right.Id);
        return order != 0 ? order : left.Row.CompareTo(right.Row);
    }
}
