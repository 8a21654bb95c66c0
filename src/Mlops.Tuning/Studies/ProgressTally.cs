namespace Mlops.Tuning;

/// <summary>Counts finished trials and keeps the best, for progress. Thread-safe.</summary>
internal sealed class ProgressTally(StudyRow study, OptimizeOptions options)
{
    private readonly Lock _gate = new();
    private StudyProgress _progress = new(study.Name, 0, 0, 0, options.TotalTrials, null, null);

    public StudyProgress Current
    {
        get
        {
            lock (_gate)
            {
                return _progress;
            }
        }
    }

    public void Reset(StudyCounts counts, TrialRecord? best)
    {
        lock (_gate)
        {
            _progress = _progress with
            {
                Completed = counts.Completed,
                Pruned = counts.Pruned,
                Failed = counts.Failed,
                Paused = counts.Paused,
                BestNumber = best?.Number,
                BestValue = best?.Value,
            };
        }
    }

    public void Add(TrialRecord trial)
    {
        lock (_gate)
        {
            _progress = trial.State switch
            {
                TrialState.Completed => _progress with { Completed = _progress.Completed + 1 },
                TrialState.Paused => _progress,
                TrialState.Pruned => _progress with { Pruned = _progress.Pruned + 1 },
                _ => _progress with { Failed = _progress.Failed + 1 },
            };
            if (study.Directions.Count == 1 && trial is { IsFeasible: true, Value: { } value } && IsBetter(value))
            {
                _progress = _progress with { BestNumber = trial.Number, BestValue = value };
            }

            options.Progress?.Report(_progress);
        }
    }

    private bool IsBetter(double value) => _progress.BestValue is not { } best
        || (study.Directions[0] == Direction.Minimize ? value < best : value > best);
}
