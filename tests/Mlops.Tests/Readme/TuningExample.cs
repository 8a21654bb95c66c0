// readme: begin
using Mlops.Storage.Sqlite;
using Mlops.Tuning;
// readme: end

namespace Mlops.Tests.Readme.Tuning;

/// <summary>The first example of Mlops.Tuning.</summary>
[TestFixture]
public sealed class TuningExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        await using var database = new SqliteDatabase("Data Source=tuning.db");
        await using var studies = new Studies(database);
        Study study = await studies.OpenAsync("parabola", Direction.Minimize);

        await study.OptimizeAsync(
            trial =>
            {
                double x = trial.SuggestDouble("x", -10, 10);
                int n = trial.SuggestInt("n", 1, 8);
                return Math.Pow(x - 2, 2) + n;
            },
            new() { TotalTrials = 200 });

        TrialRecord best = await study.GetBestAsync();
        Console.WriteLine($"trial {best.Number}: {best.Value:F3} at x = {best.Get<double>("x"):F3}, n = {best.Get<int>("n")}");
        // readme: end

        AssertShownIn("src/Mlops.Tuning/README.md");
    }
}
