using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Tells the window's rows from the reference's, each row by a model that was not taught on it. Not thread-safe.</summary>
internal sealed class DomainClassifier
{
    private readonly IFittedModel[] _models;
    private readonly int[][] _own;
    private readonly double[] _rows;
    private readonly double[] _labels;
    private readonly int _width;

    // One fold's scores at a time, with room for the largest.
    private readonly double[] _keys;
    private readonly double[] _positive;
    private readonly int[] _other;

    private DomainClassifier(IFittedModel[] models, int[] fold, double[] rows, double[] labels, int width)
    {
        _models = models;
        _own = [.. Enumerable.Range(0, models.Length).Select(k => Enumerable.Range(0, fold.Length).Where(i => fold[i] == k).ToArray())];
        int most = _own.Max(static own => own.Length);
        (_keys, _positive, _other) = (new double[most], new double[most], new int[most]);
        _rows = rows;
        _labels = labels;
        _width = width;
        Scores = new double[labels.Length];
        for (int i = 0; i < Scores.Length; i++)
            Scores[i] = Score(models[fold[i]], rows.AsSpan(i * width, width));
    }

    /// <summary>The probability that a row is the window's, by row: the reference's first.</summary>
    public double[] Scores { get; }

    public static DomainClassifier Fit(double[] reference, double[] window, int width, DensityRatioOptions options)
    {
        int n = reference.Length / width, m = window.Length / width;
        double[] rows = [.. reference, .. window], labels = new double[n + m];
        labels.AsSpan(n).Fill(1);
        int[] fold = new int[n + m];
        DrawnNumbers random = new(options.Seed);
        Deal(fold.AsSpan(0, n), options.Folds, random);
        Deal(fold.AsSpan(n), options.Folds, random);
        Learner learner = options.Learner ?? (static (x, columns, y) => LogisticRegression.Fit(x, columns, y));
        IFittedModel[] models = new IFittedModel[options.Folds];
        for (int k = 0; k < models.Length; k++)
        {
            int[] taught = [.. Enumerable.Range(0, n + m).Where(i => fold[i] != k)];
            double[] features = new double[taught.Length * width];
            for (int i = 0; i < taught.Length; i++)
                rows.AsSpan(taught[i] * width, width).CopyTo(features.AsSpan(i * width));
            models[k] = learner(features, width, Array.ConvertAll(taught, i => labels[i]));
        }

        return new DomainClassifier(models, fold, rows, labels, width);
    }

    /// <summary>The area under the curve on the rows of one fold.</summary>
    public double AreaOf(int fold)
    {
        int[] own = _own[fold];
        for (int i = 0; i < own.Length; i++)
            _keys[i] = Scores[own[i]];
        return AreaOfKeys(own);
    }

    /// <summary>The same when some features of a row are those of another row of the fold, drawn without replacement.</summary>
    public double AreaWithout(int fold, int start, int end, DrawnNumbers random)
    {
        int[] own = _own[fold];
        Span<int> other = _other.AsSpan(0, own.Length);
        own.CopyTo(other);
        random.Shuffle(other);
        double[] row = new double[_width];
        for (int i = 0; i < own.Length; i++)
        {
            _rows.AsSpan(own[i] * _width, _width).CopyTo(row);
            _rows.AsSpan((other[i] * _width) + start, end - start).CopyTo(row.AsSpan(start));
            _keys[i] = Score(_models[fold], row);
        }

        return AreaOfKeys(own);
    }

    /// <summary>The mean over the folds.</summary>
    public double Area() => Enumerable.Range(0, _models.Length).Average(AreaOf);

    private double AreaOfKeys(int[] own)
    {
        for (int i = 0; i < own.Length; i++)
            _positive[i] = _labels[own[i]];
        Span<double> keys = _keys.AsSpan(0, own.Length), positive = _positive.AsSpan(0, own.Length);
        keys.Sort(positive);
        return RocArea.Of(keys, positive) ?? 0.5;
    }

    // A learner of the caller's own may leave the unit interval, as a linear one does.
    private static double Score(IFittedModel model, ReadOnlySpan<double> row)
    {
        double score = model.Predict(row);
        return double.IsNaN(score) ? throw new InvalidOperationException("The learner's model predicts NaN for a finite row; it must give a probability.") : Math.Clamp(score, 0, 1);
    }

    /// <summary>Equal shares in random order.</summary>
    private static void Deal(Span<int> fold, int folds, DrawnNumbers random)
    {
        for (int i = 0; i < fold.Length; i++)
            fold[i] = i % folds;
        random.Shuffle(fold);
    }
}
