using Mlops.Orchestration;

namespace NightlyRetrain;

/// <summary>What a run of the pipeline is asked to do.</summary>
/// <param name="Date">Entries of earlier days are known.</param>
public sealed record Night(DateOnly Date)
{
    // The file ends in August 2016.
    private const int LastWholeYear = 2015;

    /// <summary>The same night of the last year that the file has whole.</summary>
    public static Night Of(DataInterval interval)
    {
        var end = DateOnly.FromDateTime(interval.End.Date);
        return new Night(end.AddYears(LastWholeYear - end.Year));
    }
}
