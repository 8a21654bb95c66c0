using Mlops.Storage;

namespace Mlops.Tuning.Tests;

public sealed class ReadmeTests
{
    [Test]
    public async Task The_first_example_prints_what_the_README_shows()
    {
        await using var file = new SqliteFile();
        Database database = file.Database;
        await using var studies = new Studies(database);
        Study study = await studies.OpenAsync("parabola", Direction.Minimize);

        await study.OptimizeAsync(
            (trial, cancellationToken) =>
            {
                double x = trial.SuggestDouble("x", -10, 10);
                int n = trial.SuggestInt("n", 1, 8);
                return Task.FromResult(Math.Pow(x - 2, 2) + n);
            },
            new() { TotalTrials = 200, Parallelism = 2 });

        TrialRecord best = (await study.FindBestAsync())!;
        string printed = FormattableString.Invariant(
            $"trial {best.Number}: {best.Value:F3} at x = {best.Get<double>("x"):F3}, n = {best.Get<int>("n")}");

        string readme = await File.ReadAllTextAsync(Path.Combine(TestContext.CurrentContext.TestDirectory, "README.md"));
        Assert.That(readme, Does.Contain($"```\n{printed}\n```"));
    }
}
