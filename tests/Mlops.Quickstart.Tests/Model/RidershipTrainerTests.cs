namespace Quickstart.Tests;

/// <summary>No error is flattered by the day that it is an error of: labels that a model must not know are changed, and nothing else moves.</summary>
public sealed class RidershipTrainerTests
{
    private static readonly Hyperparameters Parameters = new(0.01, 3, 400);

    private TrainingRow[] _rows = [];

    [OneTimeSetUp]
    public void ReadRows() => _rows = new FeatureMap(Parameters.Harmonics).RowsOf(RideCsv.Read(ShortData.Full).Take(400));

    [Test]
    public void A_fold_knows_only_the_rows_before_it()
    {
        foreach (TimeFold fold in TimeFolds.Expanding(_rows.Length, 3, 91))
        {
            double[] errors = RidershipTrainer.FoldErrors(_rows, fold, Parameters);
            LinearModel model = RidershipTrainer.Fit(_rows[..fold.Split], Parameters);

            Assert.That(errors, Is.EqualTo(RidershipTrainer.AbsoluteErrors(model, _rows[fold.Split..fold.End])));
            Assert.That(RidershipTrainer.FoldErrors(_rows[..fold.End], fold, Parameters), Is.EqualTo(errors));

            TrainingRow[] moved = [.. _rows.Select((row, i) => i < fold.Split ? row : row with { Target = model.Predict(row.Features) - 100 })];
            Assert.That(RidershipTrainer.FoldErrors(moved, fold, Parameters), Has.All.EqualTo(100).Within(1e-9));
        }
    }

    [Test]
    public void A_cross_validated_error_is_of_a_model_that_has_not_seen_its_fortnight()
    {
        const int Changed = 205;
        const int Fortnight = Changed / 14 * 14;
        double[] before = RidershipTrainer.CrossValidatedErrors(_rows, Parameters, _rows.Length);
        TrainingRow[] rows = [.. _rows];
        rows[Changed] = rows[Changed] with { Target = rows[Changed].Target + 1000 };

        double[] after = RidershipTrainer.CrossValidatedErrors(rows, Parameters, rows.Length);

        Assert.That(Math.Abs(after[Changed] - 1000), Is.EqualTo(before[Changed]).Within(1e-9));
        Assert.That(
            after.Index().Where(static day => day.Index / 14 == Fortnight / 14 && day.Index != Changed).Select(static day => day.Item),
            Is.EqualTo(before.Index().Where(static day => day.Index / 14 == Fortnight / 14 && day.Index != Changed).Select(static day => day.Item)));
        Assert.That(after[Fortnight - 1], Is.Not.EqualTo(before[Fortnight - 1]), "the neighbours' models have seen it");
    }

    [Test]
    public void The_newest_errors_are_those_asked_for() =>
        Assert.That(
            RidershipTrainer.CrossValidatedErrors(_rows, Parameters, 30),
            Is.EqualTo(RidershipTrainer.CrossValidatedErrors(_rows, Parameters, _rows.Length)[^30..]));
}
