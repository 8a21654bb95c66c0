namespace Quickstart;

/// <summary>Mean absolute error and share of the variance explained, over the same days.</summary>
/// <param name="R2">1 - squared errors / squared deviations from the days' own mean; not a number when the target never moves.</param>
public readonly record struct Score(double Mae, double R2)
{
    public static Score Of(IReadOnlyCollection<ReplayDay> days, Func<ReplayDay, double> predicted)
    {
        double mean = days.Average(d => d.Actual);
        double squares = days.Sum(d => Math.Pow(d.Actual - predicted(d), 2));
        double spread = days.Sum(d => Math.Pow(d.Actual - mean, 2));
        return new Score(days.Average(d => Math.Abs(d.Actual - predicted(d))), 1 - (squares / spread));
    }
}

/// <summary>One line of the final table: a calendar year, or several.</summary>
public sealed record PeriodScore(
    string Period, Score Frozen, Score Naive, Score Blind, Score Managed, int ErrorAlarmDays, int FeatureAlarmDays, int Runs, int Promotions, int Rejections)
{
    public static IEnumerable<PeriodScore> PerYear(ReplayResult result) =>
        result.Days.GroupBy(d => d.Date.Year).Select(year => Of($"{year.Key}", [.. year], result));

    /// <summary>The whole stretch from <paramref name="firstYear"/> on, or null when the data end before it.</summary>
    public static PeriodScore? Since(int firstYear, ReplayResult result)
    {
        ReplayDay[] days = [.. result.Days.Where(d => d.Date.Year >= firstYear)];
        return days.Length == 0 ? null : Of($"{firstYear}-{days[^1].Date.Year}", days, result);
    }

    /// <summary>The evenly retrained blind line over the same stretch, or null when there is none.</summary>
    public static Score? BlindAsOften(int firstYear, ReplayResult result)
    {
        if (result.BlindAsOften is not { } line)
            return null;
        ReplayDay[] days =
            [.. result.Days.Zip(line.Predictions, (day, predicted) => day with { Blind = predicted }).Where(d => d.Date.Year >= firstYear)];
        return days.Length == 0 ? null : Score.Of(days, d => d.Blind);
    }

    private static PeriodScore Of(string period, IReadOnlyCollection<ReplayDay> days, ReplayResult result)
    {
        DateOnly first = days.First().Date, last = days.Last().Date;
        CandidateDecision[] runs =
            [.. result.Decisions.Where(d => d.Date >= first && d.Date <= last && d.Origin != CandidateOrigin.Pushed)];
        int promotions = runs.Count(d => d.Promoted is not null);
        return new PeriodScore(
            period,
            Score.Of(days, d => d.Frozen), Score.Of(days, d => d.Naive), Score.Of(days, d => d.Blind), Score.Of(days, d => d.Managed),
            days.Count(d => d.ErrorAlarm), days.Count(d => d.FeatureAlarm && !d.ErrorAlarm),
            runs.Length, promotions, runs.Length - promotions);
    }
}
