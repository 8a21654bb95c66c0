namespace Mlops.Tuning;

/// <summary>What a sampler may look at when it chooses values for one trial.</summary>
public sealed class SamplingContext
{
    private readonly long _seed;

    internal SamplingContext(StudySpace space, int number)
    {
        Space = space;
        Number = number;
        _seed = space.Seed;
    }

    /// <summary>The study's space.</summary>
    public StudySpace Space { get; }

    /// <summary>The trial's number, from 0.</summary>
    public int Number { get; }

    /// <summary>The trial's random numbers for a purpose, from their beginning; the purpose is the parameter's name, or the empty text for a joint proposal.</summary>
    public RandomStream Random(string purpose) => new(_seed, Number, purpose);
}
