using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The models of a <see cref="LossEstimator"/>: of the losses, of their squared residuals, and of resampled rows.</summary>
internal sealed record LossFits(IFittedModel Model, IFittedModel Scatter, IFittedModel[] Resampled, double[] Residuals)
{
    // Windows often shift to where the reference thins out: a quantile bin of 1/64 of it would be one value there.
    private static readonly BoostedTreesOptions OfLosses = new() { Bins = 250 };

    public static LossFits Of(double[] rows, int width, double[] losses, LossEstimatorOptions options)
    {
        Learner learner = options.Learner ?? (static (x, columns, y) => BoostedTrees.Fit(x, columns, y, OfLosses));
        DrawnNumbers random = new(options.Seed);
        int n = losses.Length;
        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        double[] residuals = new double[n];
        for (int k = 0; k < options.Folds; k++)
        {
            IFittedModel others = Teach(learner, rows, width, losses, [.. order.Where((_, place) => place % options.Folds != k)]);
            for (int place = k; place < n; place += options.Folds)
                residuals[order[place]] = losses[order[place]] - others.Predict(rows.AsSpan(order[place] * width, width));
        }

        IFittedModel[] resampled = new IFittedModel[options.Resamples];
        int[] drawn = new int[n];
        for (int fit = 0; fit < resampled.Length; fit++)
        {
            for (int i = 0; i < n; i++)
                drawn[i] = (int)(random.Next() * n);
            resampled[fit] = Teach(learner, rows, width, losses, drawn);
        }

        return new LossFits(learner(rows, width, losses), learner(rows, width, Array.ConvertAll(residuals, static r => r * r)), resampled, residuals);
    }

    private static IFittedModel Teach(Learner learner, double[] rows, int width, double[] losses, int[] taught)
    {
        double[] features = new double[taught.Length * width];
        for (int i = 0; i < taught.Length; i++)
            rows.AsSpan(taught[i] * width, width).CopyTo(features.AsSpan(i * width));
        return learner(features, width, Array.ConvertAll(taught, i => losses[i]));
    }
}
