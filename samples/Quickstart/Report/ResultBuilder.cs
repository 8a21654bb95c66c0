namespace Quickstart;

/// <summary>Puts the log beside the lines that need no log: naive, and retrained by the calendar.</summary>
public sealed class ResultBuilder(RideHistory history, ReplayLog log, RidershipModels models)
{
    public async Task<ReplayResult> BuildAsync(CancellationToken cancellationToken)
    {
        ReplayedDay[] replayed = [.. (await log.ReadAsync(cancellationToken)).Where(static day => day.End is not null)];
        TrainingRow[] rows = models.Features.RowsOf(history.Rides);
        CandidateDecision[] decisions = [.. replayed.SelectMany(static day => day.End!.Decisions)];

        int[] interval = [.. Enumerable.Range(0, replayed.Length).Where(static day => BlindSchedule.IsDue(day, RetrainPolicy.BlindIntervalDays))];
        double[] blind = Blind(rows, replayed.Length, interval);
        int runs = decisions.Count(static decision => decision.Origin != CandidateOrigin.Pushed);
        var asOften = new BlindLine(runs, Blind(rows, replayed.Length, BlindSchedule.Evenly(runs, replayed.Length)));
        ReplayDay[] days =
        [
            .. replayed.Select((day, i) => new ReplayDay(
                day.Date, history.Get(day.Date).Ridership, day.Frozen!.Value, history.Get(day.Date).LagClarkLake, blind[i], day.Prediction!.Value,
                day.Version!.Value, day.End!.ErrorAlarm, day.End.InputAlarm)),
        ];
        return new ReplayResult(models.Hyperparameters, days, decisions, [.. replayed.SelectMany(static day => day.End!.Windows)], interval.Length, asOften);
    }

    /// <summary>A model that is fitted again at the end of each due day, on what the managed one would have been fitted on.</summary>
    private double[] Blind(TrainingRow[] rows, int days, IReadOnlyList<int> due)
    {
        int first = history.Past.Count;
        var dueDays = due.ToHashSet();
        LinearModel model = models.Fit(rows[..first]);
        double[] predictions = new double[days];
        for (int day = 0; day < days; day++)
        {
            int today = first + day;
            predictions[day] = (float)model.Predict(rows[today].Features);
            if (dueDays.Contains(day))
                model = models.Fit(rows[Math.Max(0, today - RetrainPolicy.TrainingDays)..today]);
        }

        return predictions;
    }
}
