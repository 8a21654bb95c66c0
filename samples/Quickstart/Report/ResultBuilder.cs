using Microsoft.Extensions.DependencyInjection;

namespace Quickstart;

/// <summary>Puts the log beside the lines that need no log: naive, and retrained by the calendar.</summary>
public static class ResultBuilder
{
    public static async Task<ReplayResult> BuildAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        RideHistory history = services.GetRequiredService<RideHistory>();
        Hyperparameters parameters = services.GetRequiredService<RidershipModels>().Hyperparameters;
        ReplayedDay[] log = [.. (await services.GetRequiredService<ReplayLog>().ReadAsync(cancellationToken)).Where(static day => day.End is not null)];
        IReadOnlyList<TrainingRow> rows = history.Rows(new FeatureMap(parameters.Harmonics));
        int first = history.Past.Count;
        CandidateDecision[] decisions = [.. log.SelectMany(static day => day.End!.Decisions)];

        int[] interval = [.. Enumerable.Range(0, log.Length).Where(static day => BlindSchedule.IsDue(day, RetrainPolicy.BlindIntervalDays))];
        double[] blind = Blind(rows, first, log.Length, interval, parameters);
        int runs = decisions.Count(static decision => decision.Origin != CandidateOrigin.Pushed);
        var asOften = new BlindLine(runs, Blind(rows, first, log.Length, BlindSchedule.Evenly(runs, log.Length), parameters));
        ReplayDay[] days =
        [
            .. log.Select((day, i) => new ReplayDay(
                day.Date, history.Get(day.Date).Ridership, day.Frozen!.Value, history.Get(day.Date).LagClarkLake, blind[i], day.Prediction!.Value,
                day.Version!.Value, day.End!.ErrorAlarm, day.End.InputAlarm)),
        ];
        return new ReplayResult(parameters, days, decisions, [.. log.SelectMany(static day => day.End!.Windows)], interval.Length, asOften);
    }

    /// <summary>A model that is fitted again at the end of each due day, on what the managed one would have been fitted on.</summary>
    private static double[] Blind(IReadOnlyList<TrainingRow> rows, int first, int days, IReadOnlyList<int> due, Hyperparameters parameters)
    {
        var dueDays = due.ToHashSet();
        LinearModel model = RidershipTrainer.Fit([.. rows.Take(first)], parameters);
        double[] predictions = new double[days];
        for (int day = 0; day < days; day++)
        {
            int today = first + day;
            predictions[day] = (float)model.Predict(rows[today].Features);
            if (dueDays.Contains(day))
                model = RidershipTrainer.Fit([.. rows.Take(today).TakeLast(RetrainPolicy.TrainingDays)], parameters);
        }

        return predictions;
    }
}
