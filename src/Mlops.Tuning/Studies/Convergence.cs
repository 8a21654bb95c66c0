namespace Mlops.Tuning;

/// <summary>Whether the best value has stood still for a number of trials, as far as this process knows. Thread-safe.</summary>
internal sealed class Convergence(Direction direction, int? trials, double tolerance)
{
    private readonly Lock _gate = new();
    private double? _reference;
    private int _since;

    public bool IsWatching => trials is not null;

    public bool HasConverged
    {
        get
        {
            lock (_gate)
            {
                return trials is { } patience && _reference is not null && _since >= patience;
            }
        }
    }

    /// <summary>Completed and pruned trials count, in the order of finishing; small gains add up until together they exceed the tolerance.</summary>
    public void Observe(TrialRecord trial)
    {
        if (trial.State is not (TrialState.Completed or TrialState.Pruned))
        {
            return;
        }

        lock (_gate)
        {
            _since++;
            if (trial is { State: TrialState.Completed, IsFeasible: true, Value: { } value }
                && (_reference is not { } reference || (direction == Direction.Minimize ? reference - value : value - reference) > tolerance))
            {
                (_reference, _since) = (value, 0);
            }
        }
    }
}
