namespace Quickstart;

/// <summary>Fits the ridership model and says how large its errors are on days that it has not seen.</summary>
public static class RidershipTrainer
{
    private const int Blocks = 10;
    private const int BlockDays = 14;

    /// <summary>Ridge with exponentially fading row weights; the newest row has weight 1.</summary>
    /// <param name="rows">In date order, at least one.</param>
    public static LinearModel Fit(IReadOnlyList<TrainingRow> rows, Hyperparameters parameters)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count, nameof(rows));
        return Fit(rows, rows[^1].Date, parameters);
    }

    /// <summary>Absolute errors on the validation rows of one fold, in date order.</summary>
    public static double[] FoldErrors(IReadOnlyList<TrainingRow> rows, TimeFold fold, Hyperparameters parameters)
    {
        LinearModel model = Fit([.. rows.Take(fold.Split)], parameters);
        return AbsoluteErrors(model, rows.Skip(fold.Split).Take(fold.End - fold.Split));
    }

    public static double[] AbsoluteErrors(LinearModel model, IEnumerable<TrainingRow> rows) =>
        [.. rows.Select(row => Math.Abs(row.Target - model.Predict(row.Features)))];

    /// <summary>
    /// Absolute out-of-sample errors of the newest <paramref name="days"/> rows: fortnights are dealt to ten groups, and each
    /// group is predicted by a model of the other nine. Unlike training residuals they are not flattered by the fit, and unlike a
    /// short hold-out they average over the year's seasons; so they are the baseline that live errors are judged against.
    /// </summary>
    public static double[] CrossValidatedErrors(IReadOnlyList<TrainingRow> rows, Hyperparameters parameters, int days)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Count, Blocks * BlockDays, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        double[] errors = new double[rows.Count];
        for (int block = 0; block < Blocks; block++)
        {
            LinearModel model = Fit([.. rows.Where((_, i) => BlockOf(i) != block)], rows[^1].Date, parameters);
            for (int i = 0; i < rows.Count; i++)
            {
                if (BlockOf(i) == block)
                    errors[i] = Math.Abs(rows[i].Target - model.Predict(rows[i].Features));
            }
        }

        return errors[Math.Max(0, errors.Length - days)..];
    }

    private static int BlockOf(int row) => row / BlockDays % Blocks;

    private static LinearModel Fit(IReadOnlyList<TrainingRow> rows, DateOnly newest, Hyperparameters parameters) =>
        RidgeRegression.Fit(
            [.. rows.Select(row => row.Features)],
            [.. rows.Select(row => row.Target)],
            parameters.Lambda,
            [.. rows.Select(row => Math.Pow(0.5, (newest.DayNumber - row.Date.DayNumber) / parameters.HalfLifeDays))]);
}
