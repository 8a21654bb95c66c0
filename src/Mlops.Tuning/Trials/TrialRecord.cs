namespace Mlops.Tuning;

/// <summary>A trial as it is stored. Immutable.</summary>
public sealed class TrialRecord
{
    internal TrialRecord()
    {
    }

    /// <summary>The study's name.</summary>
    public required string Study { get; init; }

    /// <summary>Unique in the database and the same for every attempt: <c>tuning/{study id}/{number}</c>. Suits as an idempotency key.</summary>
    public required string Key { get; init; }

    /// <summary>The number within the study, from 0 without gaps; a trial that is taken over keeps it.</summary>
    public required int Number { get; init; }

    /// <summary>Where it stands.</summary>
    public required TrialState State { get; init; }

    /// <summary>How often it has been started: 1 or more, 0 while it waits.</summary>
    public required int Attempt { get; init; }

    /// <summary>One value per objective when completed, else empty.</summary>
    public required IReadOnlyList<double> Values { get; init; }

    /// <summary>The first objective's value when completed, else null.</summary>
    public double? Value => Values.Count > 0 ? Values[0] : null;

    /// <summary>The parameters in the order in which they were asked for.</summary>
    public required IReadOnlyDictionary<string, ParameterValue> Parameters { get; init; }

    /// <summary>What <see cref="Trial.SetConstraint"/> was told, by name; empty without constraints; of a trial that runs what it told before a pause.</summary>
    public required IReadOnlyDictionary<string, double> Constraints { get; init; }

    /// <summary>Whether all constraints are satisfied; true without any.</summary>
    public bool IsFeasible => Constraints.Values.All(static value => value <= 0);

    /// <summary>Why it failed, else null.</summary>
    public string? Reason { get; init; }

    /// <summary>The report with the largest step, or null without reports.</summary>
    public TrialReport? LastReport { get; init; }

    /// <summary>When the present attempt began, or the trial was enqueued while it waits; the beginning of 1970 where what is stored of it is damaged.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it finished, or null while it runs.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>
    /// How many trials of the study had finished when the first attempt began: without a lag the trials that its values were chosen by, in the order of
    /// finishing.
    /// </summary>
    public long Watermark { get; init; }

    /// <summary>Its place in the study's order of finishing, from 1; 0 while it has not finished.</summary>
    public long FinishSequence { get; init; }

    /// <summary>A parameter's value as double, float, int, long, bool, string, or an enumeration by its name.</summary>
    /// <exception cref="KeyNotFoundException">The trial has no such parameter; on a conditional space not every trial has each.</exception>
    /// <exception cref="InvalidCastException">The value is of another kind.</exception>
    public T Get<T>(string parameter)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return Parameters.TryGetValue(parameter, out ParameterValue value)
            ? value.As<T>()
            : throw new KeyNotFoundException($"Trial {Number} of study '{Study}' has no parameter '{parameter}'; it has: {string.Join(", ", Parameters.Keys)}.");
    }
}
