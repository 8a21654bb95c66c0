namespace Mlops.Tuning.Tests;

public sealed class StudyImportanceTests
{
    private SqliteFile _file = null!;
    private Studies _studies = null!;

    [SetUp]
    public void Open()
    {
        _file = new SqliteFile();
        _studies = new Studies(_file.Database);
    }

    [TearDown]
    public async Task Close()
    {
        await _studies.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Test]
    public async Task What_decides_comes_first_and_lies_in_its_interval([Values] ImportanceMethod method)
    {
        Study study = await RunAsync(60);

        IReadOnlyList<ParameterImportance> importances = await study.GetImportancesAsync(new() { Method = method });

        Assert.That(importances.Select(static found => found.Parameter), Is.EquivalentTo(new[] { "x", "y", "kind", "only" }));
        Assert.That(importances[0].Parameter, Is.EqualTo("x"));
        Assert.That(importances.Where(static found => found.Low > found.Importance || found.High < found.Importance), Is.Empty);
        Assert.That(importances.Sum(static found => found.Importance), method == ImportanceMethod.PedAnova ? Is.EqualTo(1).Within(1e-12) : Is.LessThanOrEqualTo(1.05));
    }

    [Test]
    public async Task A_parameter_that_some_trials_lack_is_measured_among_those_that_have_it()
    {
        Study study = await RunAsync(60);
        int having = 0;
        await foreach (TrialRecord trial in study.GetTrialsAsync())
        {
            having += trial.Parameters.ContainsKey("only") ? 1 : 0;
        }

        ParameterImportance divergence = (await study.GetImportancesAsync()).Single(static found => found.Parameter == "only");
        ParameterImportance variance = (await study.GetImportancesAsync(new() { Method = ImportanceMethod.Fanova })).Single(static found => found.Parameter == "only");

        Assert.That(having, Is.InRange(1, 59));
        Assert.That((divergence.Trials, divergence.Importance > 0), Is.EqualTo((having, true)));
        Assert.That((variance.Trials, variance.Importance), Is.EqualTo((having, 0)));
    }

    [Test]
    public async Task The_same_trials_give_the_same_intervals()
    {
        Study study = await RunAsync(30);

        IReadOnlyList<ParameterImportance> first = await study.GetImportancesAsync();

        Assert.That(await study.GetImportancesAsync(), Is.EqualTo(first));
    }

    [Test]
    public async Task Fewer_than_three_trials_say_nothing()
    {
        Study study = await RunAsync(2);

        Assert.That(await study.GetImportancesAsync(), Is.Empty);
    }

    [Test]
    public async Task Options_out_of_range_are_refused()
    {
        Study study = await RunAsync(3);

        await Assert.ThatAsync(() => study.GetImportancesAsync(new() { Objective = 1 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        await Assert.ThatAsync(() => study.GetImportancesAsync(new() { Quantile = double.NaN }), Throws.TypeOf<ArgumentOutOfRangeException>());
        await Assert.ThatAsync(() => study.GetImportancesAsync(new() { Resamples = 19 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    /// <summary>By hand: minimise the first, maximise the second, reference (10, 0): (2, 3) and (5, 6) cover 8 * 3 and 5 * 3 more; (6, 5) is beaten.</summary>
    [Test]
    public async Task The_hypervolume_is_taken_in_the_directions_of_the_study()
    {
        Study study = await _studies.OpenAsync("two", [Direction.Minimize, Direction.Maximize]);
        foreach (double[] values in new double[][] { [2, 3], [5, 6], [6, 5], [11, 9] })
        {
            await study.TellAsync(await study.AskAsync(), values);
        }

        Assert.That(await study.GetHypervolumeAsync([10, 0]), Is.EqualTo(39).Within(1e-12));
        Assert.That((await study.GetParetoFrontAsync()).Select(static trial => trial.Number), Is.EqualTo(new[] { 0, 1, 3 }));
        await Assert.ThatAsync(() => study.GetHypervolumeAsync([10]), Throws.ArgumentException);
        await Assert.ThatAsync(() => study.GetHypervolumeAsync([10, double.NaN]), Throws.ArgumentException);
    }

    private async Task<Study> RunAsync(int trials)
    {
        Study study = await _studies.OpenAsync("one", Direction.Minimize, new() { Sampler = new RandomSampler(), Seed = 3 });
        await study.OptimizeAsync(
            static (trial, _) =>
            {
                double x = trial.SuggestDouble("x", -1, 1);
                double y = trial.SuggestDouble("y", 1e-3, 1, log: true);
                string kind = trial.SuggestCategorical("kind", "a", "b");
                return Task.FromResult((10 * x * x) + (0.1 * y) + (kind == "a" ? 0 : 0.1 * trial.SuggestInt("only", 1, 9)));
            },
            new() { TotalTrials = trials });
        return study;
    }
}
