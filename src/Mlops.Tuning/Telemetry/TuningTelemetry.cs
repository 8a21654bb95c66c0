using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Tuning;

/// <summary>The package's meter and activity source, both named <c>Mlops.Tuning</c>.</summary>
internal sealed class TuningTelemetry : IDisposable
{
    public const string Name = "Mlops.Tuning";

    public static readonly ActivitySource Activities = new(Name);

    // Indexed by TrialState; made once so that a recording allocates no tag value.
    private static readonly object?[] StateTags = ["waiting", "running", "paused", "completed", "pruned", "failed"];

    private readonly Meter? _owned;
    private readonly Counter<long> _trials;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _takenOver;
    private readonly Counter<long> _observerFailures;
    private readonly Histogram<double> _trialDuration;
    private readonly Histogram<double> _askDuration;

    public TuningTelemetry(IMeterFactory? factory)
    {
        Meter meter = factory?.Create(Name) ?? (_owned = new Meter(Name));
        _trials = meter.CreateCounter<long>("mlops.tuning.trials", "{trial}", "Trials that finished, by state.");
        _lost = meter.CreateCounter<long>("mlops.tuning.trials.lost", "{trial}", "Trials whose lease this process lost.");
        _takenOver = meter.CreateCounter<long>("mlops.tuning.trials.taken_over", "{trial}", "Trials of lost holders that this process took over.");
        _observerFailures = meter.CreateCounter<long>("mlops.tuning.observer.failures", "{call}", "Calls of trial observers that threw or took too long.");
        _trialDuration = meter.CreateHistogram<double>("mlops.tuning.trial.duration", "s", "From ask to tell, by state.");
        _askDuration = meter.CreateHistogram<double>("mlops.tuning.ask.duration", "s", "One ask, sampling and storage included.");
    }

    public void Finished(TrialState state, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("mlops.trial.state", StateTags[(int)state]);
        _trials.Add(1, tag);
        _trialDuration.Record(duration.TotalSeconds, tag);
    }

    public void Lost() => _lost.Add(1);

    public void Asked(TimeSpan duration, bool takenOver)
    {
        _askDuration.Record(duration.TotalSeconds);
        if (takenOver)
        {
            _takenOver.Add(1);
        }
    }

    public void ObserverFailed() => _observerFailures.Add(1);

    public void Dispose() => _owned?.Dispose();
}
