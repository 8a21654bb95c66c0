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

    /// <summary>Keys whose outcome has been counted.</summary>
    public KeySample Keys => _keys;

    /// <summary>
    /// Waits for the outcome of a prediction; the oldest that wait are given up for newer ones. False when the key has nothing to add any more.
    /// </summary>
    /// <param name="key">Hash of the key.</param>
    /// <param name="isCandidate">Who answered.</param>
    /// <param name="share">Of the keys, those that the candidate answered at the time.</param>
    /// <param name="id">Identity of the prediction.</param>
    /// <param name="predicted">The prediction, of which one that is not finite is as wrong as can be; <c>null</c> when there is none to compare.</param>
    public bool Expect(ulong key, bool isCandidate, double share, PredictionId id, double? predicted)
    {
        if (!_keys.Wants(key))
            return false;
        if (predicted is not { } value)
            return true;

        // The oldest place is given up whoever made the prediction, so that what is lost does not depend on the version.
        if (_order.Count == _maximum)
            _waiting.Remove(_order.Dequeue());
        _waiting.Add(id, new Waiting(key, isCandidate, share, value));
        _order.Enqueue(id);
        return true;
    }

    /// <summary>Takes an outcome; one that nobody waits for is ignored.</summary>
    public void Take(PredictionId id, double actual)
    {
        if (!_waiting.Remove(id, out Waiting waiting) || !_keys.TryAdd(waiting.Key))
            return;

        for (int i = 0; i < _metrics.Length; i++)
        {
            double loss = double.IsFinite(waiting.Predicted) ? _losses[i](waiting.Predicted, actual) : double.PositiveInfinity;
            _metrics[i].Difference.Add(waiting.IsCandidate, waiting.Share, loss);
        }
    }

    private readonly record struct Waiting(ulong Key, bool IsCandidate, double Share, double Predicted);
}
