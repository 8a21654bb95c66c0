namespace Mlops.Serving;

/// <summary>
/// The metrics of outcomes: predictions that wait for theirs, and what those that came have shown. A key counts once, by the first outcome that is known of
/// it. Not thread-safe.
/// </summary>
internal sealed class OutcomeEvidence
{
    private readonly int _maximum;
    private readonly KeySample _keys;
    private readonly Dictionary<PredictionId, Waiting> _waiting = [];
    private readonly Queue<PredictionId> _order = new();
    private readonly (string Name, MeanDifference Difference)[] _metrics;
    private readonly Func<double, double, double>[] _losses;

    public OutcomeEvidence(RolloutOptions options)
    {
        _maximum = options.MaximumKeys;
        _keys = new KeySample(options.MaximumKeys);
        KeyValuePair<string, OutcomeMetricOptions>[] metrics = [.. options.Outcomes.OrderBy(static pair => pair.Key, StringComparer.Ordinal)];
        _metrics = [.. metrics.Select(static pair => (pair.Key, new MeanDifference(pair.Value.Margin, low: 0, pair.Value.Limit)))];
        _losses = [.. metrics.Select(static pair => pair.Value.LossOf(pair.Key)!)];
    }

    /// <summary>By name.</summary>
    public IReadOnlyList<(string Name, MeanDifference Difference)> Metrics => _metrics;

    /// <summary>Predictions whose outcome is not known; the oldest are given up for newer ones.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Waits for the outcome of a prediction. False when the key has nothing to add any more.</summary>
    public bool Expect(ulong key, bool isCandidate, double share, PredictionId id, double predicted)
    {
        if (!_keys.Wants(key))
            return false;
        if (!double.IsFinite(predicted))
            return true;

        // The oldest place is given up whoever made the prediction, so that what is lost does not depend on the version.
        if (_order.Count == _maximum)
            _waiting.Remove(_order.Dequeue());
        _waiting.Add(id, new Waiting(key, isCandidate, share, predicted));
        _order.Enqueue(id);
        return true;
    }

    /// <summary>Takes an outcome; one that nobody waits for is ignored.</summary>
    public void Take(PredictionId id, double actual)
    {
        if (!_waiting.Remove(id, out Waiting waiting) || !_keys.TryAdd(waiting.Key))
            return;

        for (int i = 0; i < _metrics.Length; i++)
            _metrics[i].Difference.Add(waiting.IsCandidate, waiting.Share, _losses[i](waiting.Predicted, actual));
    }

    private readonly record struct Waiting(ulong Key, bool IsCandidate, double Share, double Predicted);
}
