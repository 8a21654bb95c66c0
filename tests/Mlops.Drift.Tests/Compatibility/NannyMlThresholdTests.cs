namespace Mlops.Drift.Tests;

/// <summary>Where NannyML alerts.</summary>
internal sealed class NannyMlThresholdTests
{
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("n").Categorical("c"));

    [TestCase(NannyMlMethod.JensenShannon, false, false)]
    [TestCase(NannyMlMethod.Hellinger, false, false)]
    [TestCase(NannyMlMethod.KolmogorovSmirnov, false, true)]
    [TestCase(NannyMlMethod.Wasserstein, true, true)]
    public void Only_two_methods_take_their_bounds_from_the_reference(NannyMlMethod method, bool hasLower, bool isMeasured)
    {
        NannyMlReport report = Compare(Rides(1, 1_000), Rides(2, 500), new NannyMlOptions { NumericMethod = method });
        double[] own = [.. Numbers(report.ReferenceFigures).Select(static f => f.Value!.Value)];
        double mean = own.Average(), deviation = Math.Sqrt(own.Average(v => (v - mean) * (v - mean)));

        foreach (NannyMlFigure figure in Numbers(report.Figures).Concat(Numbers(report.ReferenceFigures)))
        {
            Assert.That(figure.LowerThreshold, hasLower ? Is.EqualTo(double.Max(0, mean - (3 * deviation))).Within(1e-12) : Is.Null);
            Assert.That(figure.UpperThreshold, isMeasured ? Is.EqualTo(mean + (3 * deviation)).Within(1e-12) : Is.EqualTo(0.1));
        }

        Assert.That(report.Figures.Where(static f => f.Column == "c").Select(static f => (f.LowerThreshold, f.UpperThreshold)), Is.All.EqualTo(((double?)null, (double?)0.1)));
    }

    [Test]
    public void A_value_at_the_bound_is_no_alert()
    {
        DriftBatch x = Rides(1, 1_000), y = Rides(2, 500);
        foreach (NannyMlFigure figure in Numbers(Compare(x, y, new NannyMlOptions { NumericMethod = NannyMlMethod.Wasserstein }).Figures))
        {
            double value = figure.Value!.Value;
            Assert.That(Alerts(NannyMlThreshold.Constant(null, value)), Is.False);
            Assert.That(Alerts(NannyMlThreshold.Constant(value, null)), Is.False);
            Assert.That(Alerts(NannyMlThreshold.Constant(null, double.BitDecrement(value))), Is.True);
            Assert.That(Alerts(NannyMlThreshold.Constant(double.BitIncrement(value), null)), Is.True);

            bool Alerts(NannyMlThreshold threshold) =>
                Numbers(Compare(x, y, new NannyMlOptions { NumericMethod = NannyMlMethod.Wasserstein, NumericThreshold = threshold }).Figures).ElementAt(figure.Chunk).IsAlert;
        }
    }

    [Test]
    public void Bounds_stay_where_figures_can_be()
    {
        // Ten deviations lie beyond both ends.
        NannyMlThreshold wide = NannyMlThreshold.StandardDeviations(10, 100);
        foreach (NannyMlMethod method in (NannyMlMethod[])[NannyMlMethod.KolmogorovSmirnov, NannyMlMethod.Wasserstein])
        {
            NannyMlFigure figure = Compare(Rides(1, 300), Rides(2, 300), new NannyMlOptions { NumericMethod = method, NumericThreshold = wide }).Figures[0];
            Assert.That(figure.LowerThreshold, Is.Zero);
            Assert.That(figure.UpperThreshold, method == NannyMlMethod.KolmogorovSmirnov ? Is.EqualTo(1) : Is.GreaterThan(1));
        }

        NannyMlFigure constant = Compare(Rides(1, 300), Rides(2, 300), new NannyMlOptions { NumericThreshold = NannyMlThreshold.Constant(-1, 2) }).Figures[0];
        Assert.That((constant.LowerThreshold, constant.UpperThreshold), Is.EqualTo(((double?)0, (double?)2)));
    }

    [Test]
    public void A_chunk_of_the_reference_without_values_leaves_no_bounds_by_deviations()
    {
        DriftBatch reference = Rides(1, 1_000, missing: 100);
        NannyMlReport deviations = Compare(reference, Rides(2, 500), new NannyMlOptions { NumericMethod = NannyMlMethod.KolmogorovSmirnov });
        Assert.That(Numbers(deviations.ReferenceFigures).First().Value, Is.Null);
        Assert.That(Numbers(deviations.Figures).Select(static f => (f.UpperThreshold, f.IsAlert)), Is.All.EqualTo(((double?)null, false)));
        Assert.That(Numbers(Compare(reference, Rides(2, 500), null).Figures).Select(static f => f.UpperThreshold), Is.All.EqualTo(0.1));
    }

    [Test]
    public void Chi_squared_has_no_bounds_whatever_is_set()
    {
        NannyMlReport report = Compare(
            Rides(1, 1_000), Rides(2, 500), new NannyMlOptions { CategoricalMethod = NannyMlMethod.ChiSquare, CategoricalThreshold = NannyMlThreshold.Constant(null, 0) });
        foreach (NannyMlFigure figure in report.Figures.Where(static f => f.Column == "c"))
            Assert.That((figure.LowerThreshold, figure.UpperThreshold, figure.IsAlert), Is.EqualTo(((double?)null, (double?)null, figure.PValue < 0.05)));
    }

    [Test]
    public void The_reference_is_cut_by_the_same_options()
    {
        NannyMlReport report = Compare(Rides(1, 105), Rides(2, 62), new NannyMlOptions { ChunkRows = 50 });
        Assert.That(Numbers(report.ReferenceFigures).Select(static f => (f.Chunk, f.FirstRow, f.Rows)), Is.EqualTo(new[] { (0, 0, 50), (1, 50, 50), (2, 100, 5) }));
        Assert.That(Numbers(report.Figures).Select(static f => (f.Chunk, f.FirstRow, f.Rows)), Is.EqualTo(new[] { (0, 0, 50), (1, 50, 12) }));
    }

    [Test]
    public void Bad_bounds_are_refused()
    {
        Assert.That(static () => NannyMlThreshold.Constant(1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => NannyMlThreshold.Constant(double.NaN, null), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => NannyMlThreshold.Constant(null, double.PositiveInfinity), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => NannyMlThreshold.StandardDeviations(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => NannyMlThreshold.StandardDeviations(1, double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static NannyMlReport Compare(DriftBatch x, DriftBatch y, NannyMlOptions? options) => NannyMlReport.Compare(x, y, options);

    private static IEnumerable<NannyMlFigure> Numbers(IEnumerable<NannyMlFigure> figures) => figures.Where(static figure => figure.Column == "n");

    private static DriftBatch Rides(int seed, int rows, int missing = 0)
    {
        double[] values = [.. new Draws(seed).Rides(rows).Select(static ride => ride.Distance)];
        string?[] texts = [.. values.Select(static value => value > 3 ? "far" : "near")];
        values.AsSpan(0, missing).Fill(DriftSchema.Missing);
        return new DriftBatch(Schema).Numeric("n", values).Categorical("c", texts);
    }
}
