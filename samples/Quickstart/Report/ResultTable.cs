namespace Quickstart;

/// <summary>The final table on the console: a line per year, then the years after the first model has aged.</summary>
public static class ResultTable
{
    public static void Write(TextWriter output, ReplayResult result, int judgedFrom)
    {
        output.WriteLine("Mean absolute error in thousand entries a day, R2, alarms and pipeline runs:");
        output.WriteLine();
        output.WriteLine("              frozen          naive          blind        managed    alarm days    pipeline");
        output.WriteLine("            MAE     R2     MAE     R2     MAE     R2     MAE     R2  error inputs  runs  up  no");
        foreach (PeriodScore year in PeriodScore.PerYear(result))
            WriteLine(output, year);
        if (PeriodScore.Since(judgedFrom, result) is not { } all)
            return;
        output.WriteLine(new string('-', 92));
        WriteLine(output, all);
        output.WriteLine();
        output.WriteLine($"Over {all.Period} the managed model's mean error is {all.Managed.Mae:F2}, that is {Share(all.Managed, all.Frozen)} of frozen,");
        output.WriteLine($"{Share(all.Managed, all.Naive)} of naive and {Share(all.Managed, all.Blind)} of blind, which was retrained {result.BlindRuns} times by the calendar.");
        if (PeriodScore.BlindAsOften(judgedFrom, result) is { } asOften)
            output.WriteLine($"Retrained by the calendar exactly as often as managed, {result.BlindAsOften!.Runs} times, blind reaches {asOften.Mae:F2}: managed is {Share(all.Managed, asOften)} of it.");
    }

    private static void WriteLine(TextWriter output, PeriodScore p) =>
        output.WriteLine(
            $"{p.Period,-9} {Pair(p.Frozen)} {Pair(p.Naive)} {Pair(p.Blind)} {Pair(p.Managed)} {p.ErrorAlarmDays,6} {p.FeatureAlarmDays,6} {p.Runs,5} {p.Promotions,3} {p.Rejections,3}");

    private static string Pair(Score score) => $"{score.Mae,6:F2} {score.R2,6:F3} ";

    private static string Share(Score of, Score whole) => $"{100 * of.Mae / whole.Mae:F0} %";
}
