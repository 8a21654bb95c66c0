namespace Mlops.Tuning;

/// <summary>What a sampler may look at when it chooses values for one trial.</summary>
public sealed class SamplingContext
{
    private readonly long _seed;

    internal SamplingContext(StudySpace space, int number, TrialView finished = default, IReadOnlyList<RunningTrial>? running = null)
    {
        Space = space;
        Number = number;
        Finished = finished;
        Running = running ?? [];
        _seed = space.Seed;
    }

    /// <summary>The study's space.</summary>
    public StudySpace Space { get; }

    /// <summary>The trial's number, from 0.</summary>
    public int Number { get; }

    /// <summary>The trials that had finished when this one began; empty for samplers that do not read histories.</summary>
    public TrialView Finished { get; }

    /// <summary>Earlier trials that were running when this one began, by number; empty for samplers that do not read histories.</summary>
    public IReadOnlyList<RunningTrial> Running { get; }

    /// <summary>How many parameters the trial has asked for before the present one, from 0; those that a lost attempt was given count.</summary>
    public int Position { get; internal set; }

    /// <summary>The trial's random numbers for a purpose, from their beginning; the purpose is the parameter's name, or the empty text for a joint proposal.</summary>
    public RandomStream Random(string purpose) => new(_seed, Number, purpose);
}
